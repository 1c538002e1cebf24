"""Who is holding this phone? Silent sign-in (snsapi_base): off to WeChat, back with a code, on to the page.

The redirect address comes from the settings, never from the request; the page to land on is one of our own
routes, kept on our side; the session gets a new token when the answer is in.
"""

from __future__ import annotations

import re

from flask import Blueprint, current_app, redirect, request, session
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from core import context, sessions
from core.access import allow, forget_actor
from core.db import transaction
from core.errors import Refused
from core.pages import keep_size
from employee import service as employees
from wechat import client, faults, signin
from wechat.client import SignIn
from wechat.faults import WeChatError
from wechat.transport import Account

blueprint = Blueprint("wechat_oauth", __name__, url_prefix="/wechat")

HOME = "/h5/"
LANDINGS = ("/h5/", "/s/")
CALLBACK = "/wechat/oauth/callback"
BROWSER = "oauth_browser"
EXPIRED = "登录已过期，请重新打开公众号菜单进入。"
SNAPSHOT = "请点右下角“使用完整服务”后再操作"
AWAY = "微信登录暂时没有成功，请过几分钟再从公众号菜单进入。"


@blueprint.record_once
def _check_where_calls_go(state: BlueprintSetupState) -> None:
    """Refuse to start when calls would leave for WeChat although this is not production."""
    Account.of(state.app.extensions["huzhu"]["settings"])


@blueprint.get("/oauth")
@allow("guest")
def start() -> Response:
    """Off to WeChat, to come back to `next`."""
    return _off_to_wechat(landing(request.args.get("next", HOME)))


@blueprint.get("/oauth/callback")
@allow("guest")
def finish() -> Response:
    """Back from WeChat with a code."""
    code, state = request.args.get("code", ""), request.args.get("state", "")
    with transaction():
        pending = signin.use(state, session.get(BROWSER, ""))
    if pending is None:
        return _stray()
    person = _identify(code) if pending.is_live and code else None
    if person is None:
        return _once_more(pending)
    if person.is_snapshot:
        raise Refused(SNAPSHOT, status=403)
    _sign_in(person.openid)
    response = redirect(pending.next_path, 303)
    # A new phone shows the size that was chosen on the old one.
    if "big" not in request.cookies and employees.wants_big(person.openid):
        keep_size(response, True)
    return response


def landing(wanted: str) -> str:
    """The page of ours that `wanted` names, without query; the home page when it names none."""
    path = wanted.partition("?")[0]
    if not re.fullmatch(r"/[A-Za-z0-9/_-]{1,190}", path) or not path.startswith(LANDINGS) or "//" in path:
        return HOME
    try:
        current_app.url_map.bind("localhost").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return HOME
    return path


def _off_to_wechat(next_path: str, restarts: int = 0) -> Response:
    browser = session.setdefault(BROWSER, signin.secret())
    with transaction():
        state = signin.begin(browser, next_path, restarts)
    return redirect(client.authorize_url(f"{context.settings().public_url}{CALLBACK}", state), 302)


def _stray() -> Response:
    """A return nobody here began. Who is signed in just goes home; nobody is signed in by it."""
    if session.get("openid"):
        return redirect(HOME, 303)
    raise Refused(EXPIRED, status=401)


def _once_more(pending: signin.Pending) -> Response:
    """The code is used up (a double tap, the Back button) or the state is old: begin again, but only once."""
    if session.get("openid"):
        return redirect(pending.next_path, 303)
    if pending.may_restart:
        return _off_to_wechat(pending.next_path, pending.restarts + 1)
    raise Refused(EXPIRED, status=401)


def _identify(code: str) -> SignIn | None:
    """Whose code this is; None when it was used before or never was good."""
    try:
        return client.oauth_exchange(code)
    except WeChatError as error:
        if error.errcode in faults.CODE_USED:
            return None
    raise Refused(AWAY, status=503)


def _sign_in(openid: str) -> None:
    """The session now belongs to this openid: a new token, and nothing of whoever used it before."""
    if session.get("openid") != openid:
        session.clear()
    session["openid"] = openid
    session.pop(BROWSER, None)
    sessions.rotate()
    forget_actor()
