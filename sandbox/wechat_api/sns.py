"""Who is behind an OAuth code? /sns/*: JSON that calls itself text/plain."""

from __future__ import annotations

from flask import Response, request

from sandbox.state import World, world
from sandbox.wechat_api.gate import WeChatError, api, plain
from sandbox.wechat_api.token import check_account
from sandbox.wechat_tokens import UserToken


@api.get("/sns/oauth2/access_token")
def exchange() -> Response:
    here, given = world(), request.args
    check_account(here, given.get("appid", ""), given.get("secret", ""))
    if given.get("grant_type") != "authorization_code":
        raise WeChatError(40002)
    with here.lock:
        code = here.tokens.spend(given.get("code", ""))
        if isinstance(code, int):
            raise WeChatError(code)
        return plain(_shown(here, here.tokens.user_token(code)))


@api.get("/sns/oauth2/refresh_token")
def refresh() -> Response:
    here, given = world(), request.args
    if given.get("appid") != here.settings.wechat_app_id:
        raise WeChatError(40013)
    with here.lock:
        token = here.tokens.refreshed(given.get("refresh_token", ""))
        if isinstance(token, int):
            raise WeChatError(token)
        return plain(_shown(here, token))


def _shown(here: World, token: UserToken) -> dict:
    body = {
        "access_token": token.value,
        "expires_in": round(token.expires_at - here.clock.now()),
        "refresh_token": token.refresh,
        "openid": token.openid,
        "scope": token.scope,
    }
    if token.is_snapshot:
        return body | {"is_snapshotuser": 1}
    person = here.people.get(token.openid)
    if token.scope == "snsapi_userinfo" and person is not None:
        body["unionid"] = person.unionid
    return body


def _asked(here: World) -> UserToken:
    token = here.tokens.user_tokens.get(request.args.get("access_token", ""))
    if token is None:
        raise WeChatError(40001)
    if here.clock.now() >= token.expires_at:
        raise WeChatError(42001)
    if token.openid != request.args.get("openid", ""):
        raise WeChatError(40003)
    return token


@api.get("/sns/userinfo")
def user_info() -> Response:
    here = world()
    token = _asked(here)
    person = here.people.get(token.openid)
    if token.scope != "snsapi_userinfo" or token.is_snapshot or person is None:
        raise WeChatError(48001)
    return plain(
        {
            "openid": person.openid,
            "nickname": person.nickname,
            "sex": 0,
            "language": "",
            "city": "",
            "province": "",
            "country": "",
            "headimgurl": "https://thirdwx.qlogo.cn/mmopen/vi_32/sandbox/132",
            "privilege": [],
            "unionid": person.unionid,
        }
    )


@api.get("/sns/auth")
def check() -> Response:
    _asked(world())
    return plain({"errcode": 0, "errmsg": "ok"})
