"""How does somebody get back what they typed, when a form met the door? On the form itself, never sent.

A POST that needs a second factor, a new password or a new sign-in is kept (`core.kept`). Its address with
`?kept=<token>` is where they come back to: the view runs as far as its own `again(page)`, and that
page is shown. What would write (`transaction`) stops before it begins, so that nothing can happen by itself.
"""

from __future__ import annotations

import hmac
import io
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, flash, g, make_response, redirect, request, session
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from core import context, kept, sessions
from core.access import check, current_actor
from core.db import OnlyShown, db, transaction
from core.errors import SignInNeeded
from core.kept import Kept
from core.pages.ways import own_page

ARGUMENT = "kept"
BACK_AGAIN = "已确认是您本人，还没有提交。您填的内容都在，请核对后再按一次按钮。"
PRESS_AGAIN = "已确认是您本人，还没有提交。请再操作一次。"
GONE = "刚才填的内容已经用过，或超过 30 分钟，没有保留。请重新填写。"
FILES = "文件没有保留，请重新选择。"
KEPT = "您填的内容已为您保留 30 分钟，之后会回到这里，核对后再提交一次。"
_EMPLOYEES = uuid.UUID("7d1b1c9a-52d5-4b9e-9e0f-6a2f6f8f4c11")


class Shown(Exception):
    """The view has said which page shows what was typed."""

    def __init__(self, page: Callable[[dict[str, str]], ResponseReturnValue]) -> None:
        super().__init__()
        self.page = page


def keep_form(data: Mapping[str, Any]) -> tuple[str, str]:
    """Keep this POST for the owner of a session's data: (where to come back to, words); ("", "") if not."""
    area, owner = sessions.area_of(request.path), _owner(data)
    if owner is None or request.method != "POST":
        return "", ""
    fields = [(name, value) for name, value in request.form.items(multi=True)]
    with transaction():
        token = kept.keep(area, owner, request.path, page_before(area), fields)
    if not token:
        return "", ""
    has_files = any(one.filename for one in request.files.values())
    return f"{request.path}?{urlencode({ARGUMENT: token})}", KEPT + (FILES if has_files else "")


def keep_after_the_end() -> tuple[str, str]:
    """The same when the session has run out: only a form that this very session was given is kept."""
    data = sessions.ended_data()
    signer = URLSafeTimedSerializer(context.settings().secret_key, salt="wtf-csrf-token")
    try:
        token = signer.loads(request.form.get("csrf_token", ""))
    except BadData:
        return "", ""
    return keep_form(data) if hmac.compare_digest(str(token), str(data.get("csrf_token", ""))) else ("", "")


def page_before(area: str) -> str:
    """The page a form was sent from, if it is one of ours."""
    home = "/admin/" if area == "staff" else "/h5/"
    before = "/" + (request.referrer or "").removeprefix(request.host_url).lstrip("/\\")
    return own_page(before, home, otherwise=home)


def way_back(token: str) -> str:
    """The address behind a token of this session's owner; "" when it is over."""
    owner = _owner(session)
    path = kept.path_of(token, sessions.area_of(request.path), owner) if owner else ""
    return f"{path}?{urlencode({ARGUMENT: token})}" if path else ""


def register_returning(
    app: Flask,
    answer: Callable[[SignInNeeded], ResponseReturnValue],
    gone: Callable[[str], ResponseReturnValue],
) -> None:
    """Show a kept form again. `answer`: for who must sign in after all; `gone`: for what is over."""

    @app.before_request
    def _show_again() -> ResponseReturnValue | None:
        token = request.args.get(ARGUMENT, "")
        if request.method != "GET" or not token:
            return None
        _must_be_signed_in()
        owner = _owner(session)
        with transaction():
            found = kept.take(token[:64], sessions.area_of(request.path), owner) if owner else None
        if found is None or found.path != request.path:
            return gone(_somewhere(request.path))
        with _as_sent(found) as view:
            try:
                return _page_of(view)
            except SignInNeeded as error:
                return answer(error)
            except (OnlyShown, HTTPException):
                pass
        flash(PRESS_AGAIN, "warn")
        return redirect(found.came_from or _somewhere(found.path), 303)


def _page_of(view: Callable[..., Any]) -> ResponseReturnValue:
    """The page on which the view shows what was typed. Raises `OnlyShown` when it has none."""
    check(getattr(view, "access", None), getattr(view, "everywhere", False))
    g.only_show = db.session.info["only_show"] = True
    try:
        view(**(request.view_args or {}))
    except Shown as shown:
        page = shown.page
    else:
        raise OnlyShown
    finally:
        g.only_show = db.session.info["only_show"] = False
    g.came_back = BACK_AGAIN
    return make_response(page({"came_back": ""}))  # shown as typed, with no words: nothing is wrong


@contextmanager
def _as_sent(found: Kept) -> Iterator[Callable[..., Any]]:
    """The present request as if it were the one that was kept; gives its view."""
    app, outer = current_app, request_ctx.request
    body = urlencode(found.fields).encode()
    environ = {key: value for key, value in outer.environ.items() if not key.startswith("werkzeug.")}
    environ |= {
        "PATH_INFO": found.path.encode().decode("latin-1"),
        "QUERY_STRING": "",
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    inner = app.request_class(environ)
    adapter = app.create_url_adapter(inner)
    assert adapter is not None  # noqa: S101 - there is a request
    inner.url_rule, inner.view_args = adapter.match(return_rule=True)  # type: ignore[assignment]
    request_ctx.request = inner
    try:
        yield app.view_functions[inner.url_rule.endpoint]  # type: ignore[union-attr]
    finally:
        request_ctx.request = outer


def _must_be_signed_in() -> None:
    actor = current_actor()
    if sessions.area_of(request.path) == "staff" and actor.kind != "staff":
        raise SignInNeeded("staff")
    if actor.kind == "guest":
        raise SignInNeeded("follower")


def _owner(data: Any) -> uuid.UUID | None:
    """Whose session it is. A WeChat is known by its openid, which stands nowhere in clear for it."""
    if staff := data.get("staff_id"):
        return uuid.UUID(staff)
    return uuid.uuid5(_EMPLOYEES, data["openid"]) if data.get("openid") else None


def _somewhere(path: str) -> str:
    """That page, if it can be opened; else the home page of its side."""
    home = "/admin/" if sessions.area_of(path) == "staff" else "/h5/"
    try:
        current_app.url_map.bind("localhost").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return home
    return path
