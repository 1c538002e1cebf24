"""How are access tokens and jsapi tickets given out? /cgi-bin/token, stable_token, ticket/getticket."""

from __future__ import annotations

from flask import Response, request

from sandbox.state import World, world
from sandbox.wechat_api.gate import WeChatError, answer, api, call, ok, sent_json
from sandbox.wechat_tokens import Token

DAILY_TOKENS = 2_000
DAILY_STABLE = 500_000


def check_account(here: World, app_id: str, secret: str) -> None:
    if not app_id:
        raise WeChatError(41002)
    if app_id != here.settings.wechat_app_id:
        raise WeChatError(40013)
    if not secret:
        raise WeChatError(41004)
    if secret != here.settings.wechat_app_secret:
        raise WeChatError(40125)


@api.get("/cgi-bin/token")
def token() -> Response:
    here = world()
    if request.args.get("grant_type") != "client_credential":
        raise WeChatError(40002)
    check_account(here, request.args.get("appid", ""), request.args.get("secret", ""))
    if here.count("token") > DAILY_TOKENS:
        raise WeChatError(45009)
    with here.lock:
        return _given(here, here.tokens.issue("plain"))


@api.post("/cgi-bin/stable_token")
def stable_token() -> Response:
    here, body = world(), sent_json()
    if body.get("grant_type") != "client_credential":
        raise WeChatError(40002)
    check_account(here, str(body.get("appid", "")), str(body.get("secret", "")))
    if here.count("stable_token") > DAILY_STABLE:
        raise WeChatError(45009)
    with here.lock:
        found = here.tokens.forced() if body.get("force_refresh") is True else here.tokens.stable()
        if isinstance(found, int):
            raise WeChatError(found)
        return _given(here, found)


def _given(here: World, found: Token) -> Response:
    return answer({"access_token": found.value, "expires_in": here.tokens.left(found)})


@call("/cgi-bin/ticket/getticket", ("GET",))
def get_ticket(here: World) -> Response:
    with here.lock:
        ticket = here.tokens.jsapi_ticket()
        return ok(ticket=ticket.value, expires_in=here.tokens.left(ticket))


@call("/cgi-bin/getcallbackip", ("GET",))
def callback_addresses(here: World) -> Response:
    return answer({"ip_list": ["127.0.0.1"]})


@call("/cgi-bin/get_api_domain_ip", ("GET",))
def api_addresses(here: World) -> Response:
    return answer({"ip_list": ["127.0.0.1"]})


@call("/cgi-bin/callback/check")
def callback_check(here: World) -> Response:
    sent_json()
    dns = [{"ip": "127.0.0.1", "real_operator": "DEFAULT"}]
    return answer({"dns": dns, "ping": [{"ip": "127.0.0.1", "package_loss": "0%", "time": "0.050ms"}]})


@api.post("/cgi-bin/clear_quota")
def clear_quota() -> Response:
    here = world()
    if sent_json().get("appid") != here.settings.wechat_app_id:
        raise WeChatError(40013)
    with here.lock:
        here.counts.clear()
    return ok()
