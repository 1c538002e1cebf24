"""How does a person agree to be recognised? open.weixin.qq.com/connect/oauth2/authorize."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.people import Person
from sandbox.state import World, world

open_host = Blueprint("wechat_open", __name__, url_prefix="/wechat/open")

COOKIE = "sandbox_person"
SIGNED_IN = "sandbox_signed_in"  # whom this browser's last sign-in was for
SCOPES = ("snsapi_base", "snsapi_userinfo")
ERRORS = {
    10003: "redirect_uri域名与后台配置不一致",
    10004: "此公众号被封禁",
    10005: "此公众号并没有这些scope的权限",
    10012: "appid 错误",
    10015: "state 不合规",
}


class Refused(Exception):
    """The authorize page shows an error with this number and goes nowhere."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@open_host.errorhandler(Refused)
def show_refusal(error: Refused) -> str:
    return render_template("authorize_error.html", number=error.number, words=ERRORS[error.number])


@open_host.get("/connect/oauth2/authorize")
def authorize() -> Response:
    here = world()
    check_request(here)
    person = current_person(here)
    if person is None:
        people = sorted(here.people.values(), key=lambda p: p.openid)
        return make_response(render_template("authorize_chooser.html", people=people, query=request.args))
    if request.args["scope"] == "snsapi_userinfo" and not person.is_snapshot:
        return remembered(make_response(render_template("authorize_consent.html", person=person)), person)
    return remembered(_sent_back(here, person), person)


@open_host.post("/connect/oauth2/authorize")
def consent() -> Response:
    here = world()
    check_request(here)
    person = current_person(here)
    if person is None:
        return redirect(request.url)
    if request.form.get("answer") != "allow":
        return make_response(render_template("authorize_error.html", number=0, words="已取消授权"))
    return remembered(_sent_back(here, person), person)


def check_request(here: World) -> None:
    given = request.args
    if given.get("appid") != here.settings.wechat_app_id:
        raise Refused(10012)
    if given.get("scope") not in SCOPES or given.get("response_type") != "code":
        raise Refused(10005)
    if urlsplit(given.get("redirect_uri", "")).netloc != urlsplit(here.settings.public_url).netloc:
        raise Refused(10003)
    if not re.fullmatch(r"[A-Za-z0-9]{0,128}", given.get("state", "")):
        raise Refused(10015)


def current_person(here: World) -> Person | None:
    """`?as=zhang` wins over the cookie; both may name a key or an openid."""
    return here.person(request.args.get("as") or request.cookies.get(COOKIE, ""))


def remembered(response: Response, person: Person) -> Response:
    response.set_cookie(COOKIE, person.key, max_age=30 * 86400, samesite="Lax")
    return response


def _sent_back(here: World, person: Person) -> Response:
    scope = request.args["scope"]
    is_snapshot = person.is_snapshot and scope == "snsapi_userinfo"
    openid = person.virtual_openid if is_snapshot else person.openid
    with here.lock:
        code = here.tokens.new_code(openid, scope, is_snapshot)
    parts = urlsplit(request.args["redirect_uri"])
    added = urlencode({"code": code.value, "state": request.args.get("state", "")})
    query = f"{parts.query}&{added}" if parts.query else added
    back = redirect(urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")))
    back.set_cookie(SIGNED_IN, person.key, samesite="Lax")
    return back
