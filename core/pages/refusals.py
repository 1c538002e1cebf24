"""Which page does a person see when something is refused or fails? One handler for everything."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from core.access import in_admin
from core.errors import Invalid, Refused, SignInNeeded, TooMany
from core.pages.returning import GONE, Shown, keep_after_the_end, keep_form, register_returning

SIGNED_OUT = "登录已过期，请重新打开公众号菜单进入。您填的内容已存为草稿。"


@dataclass(frozen=True)
class Words:
    title: str
    text: str
    action_label: str = "回首页"


_MISSING = Words("没有找到", "没有找到这个页面。可能链接不完整，或内容已下架。")
_NO_RIGHT = "您没有办理这项业务的权限。如需办理，请联系本单位工会主席或上级工会开通“医疗互助”权限。"
_FAILED = "系统出了问题，我们已记录。您刚才填写的内容{saved}保存。请过几分钟再试，或拨打服务电话。"
ERROR_WORDS: dict[int, Words] = {
    400: Words("没有提交成功", "这次提交不完整，没有保存。请返回上一页，核对后再提交一次。"),
    401: Words("登录已过期", SIGNED_OUT),
    403: Words("没有权限", _NO_RIGHT),
    404: _MISSING,
    405: _MISSING,
    409: Words("内容有更新", "这条记录刚刚被修改过，已为您显示最新内容，请核对后再操作。", "查看最新内容"),
    410: Words("链接已过期", "这个链接已过期。请从公众号进入“补助申请”查看。"),
    413: Words("照片太大", "照片太大（超过 10 MB），请重新拍一张或压缩后再传。", "返回重传"),
    415: Words("文件不能用", "这个文件不是照片，请上传 JPG 或 PNG。", "返回重传"),
    422: Words(
        "有内容需要改正", "有内容需要改正，还没有提交。请返回上一页，按提示改正后再提交。", "返回修改"
    ),
    429: Words("操作太频繁", "操作太频繁，请等一分钟再试。您填写的内容不受影响。", "再试一次"),
    500: Words("系统出了问题", _FAILED),
    503: Words("系统维护中", "系统维护到 {until}，维护后可继续办理，草稿不会丢失。", "再试一次"),
}
# After these it helps to go back to the page the form was on.
_GO_BACK = (400, 409, 413, 415, 422, 429)


def error_page(
    status: int,
    text: str = "",
    *,
    title: str = "",
    look: str = "",
    action_url: str = "",
    action_label: str = "",
    reference: str = "",
    saved: bool = False,
    until: str = "今天晚些时候",
) -> str:
    """The page for a refusal or a failure, in the look of the side it happened on; asks no database."""
    words = ERROR_WORDS.get(status) or ERROR_WORDS[500 if status >= 500 else 400]
    look = look or ("admin" if in_admin() else "h5")
    return render_template(
        "errors/error.html",
        title=title or words.title,
        text=text or words.text.format(saved="已" if saved else "没有", until=until),
        action_url=action_url or _way_out(status, look),
        action_label=action_label or words.action_label,
        reference=reference,
        look=look,
        bare=True,
    )


def _way_out(status: int, look: str) -> str:
    """The page before when it was ours (a path only: nothing foreign can be put in), else the home page."""
    if status == 503:
        return request.path
    before = (request.referrer or "").removeprefix(request.host_url)
    if status in _GO_BACK and before and "://" not in before:
        return "/" + before.lstrip("/\\")
    return "/admin/" if look == "admin" else "/h5/"


def _signed_out(is_kept: bool = False) -> str:
    """Staff have no 公众号 menu to come in by."""
    if is_kept:
        return "登录已过期，请重新登录。" if in_admin() else "登录已过期，请重新进入。"
    return "登录已过期，请重新登录后再操作。" if in_admin() else SIGNED_OUT


def wants_json() -> bool:
    """Our own scripts send this header; a browser that navigates never does."""
    return request.headers.get("X-Requested-With") == "fetch"


def again(page: Callable[[dict[str, str]], ResponseReturnValue]) -> None:
    """At the start of a POST view: page({field: words}) is what a refusal shows instead of an error page.

    Used with 409, 413, 415, 422 and 429; the page gets `errors` and shows what was typed.
    """
    if g.get("only_show"):
        raise Shown(page)
    g.again = page


def register_refusals(app: Flask, *, sign_in: Callable[[str, str], str]) -> None:
    """Turn every exception into an answer.

    `sign_in(kind, back)` is where follower, employee or staff sign in, and come back to `back`.
    """

    @app.errorhandler(Refused)
    def _refused(error: Refused) -> ResponseReturnValue:
        return _answer(error)

    @app.errorhandler(SignInNeeded)
    def _sign_in(error: SignInNeeded) -> ResponseReturnValue:
        if wants_json():
            back = keep_form(session)[0] if in_admin() else ""
            return jsonify(error=error.text or _signed_out(), url=sign_in(error.kind, back)), 401
        if request.method != "GET":
            # A redirect here could end at WeChat's host, and browsers stop a form's redirect there unseen.
            back, words = keep_form(session)
            label = "继续" if error.text else "重新进入"
            title = "再确认一次身份" if error.text else ""
            text = (error.text or _signed_out(bool(words))) + words
            return error_page(
                401, text, title=title, action_url=sign_in(error.kind, back), action_label=label
            ), 401
        return redirect(sign_in(error.kind, ""), 303)

    register_returning(app, _sign_in, _gone)

    @app.errorhandler(CSRFError)
    def _expired(_error: CSRFError) -> ResponseReturnValue:
        if wants_json():
            return _plain(400, _signed_out())
        back, words = keep_after_the_end()
        way = sign_in("staff" if in_admin() else "follower", back)
        text = _signed_out(bool(words)) + words
        return error_page(401, text, action_url=way, action_label="重新进入"), 400

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400:
            return error.get_response()  # type: ignore[return-value]
        return _plain(status)

    @app.errorhandler(Exception)
    def _failed(error: Exception) -> ResponseReturnValue:
        reference = uuid.uuid4().hex[:8].upper()
        app.logger.error("unhandled %s", reference, exc_info=error)
        return _plain(500, reference=reference)


def _gone(form: str) -> ResponseReturnValue:
    return error_page(410, GONE, title="内容没有保留", action_url=form, action_label="重新填写"), 410


def _answer(error: Refused) -> ResponseReturnValue:
    location = getattr(error, "location", "")
    if error.status == 303 and location and not wants_json():
        return redirect(location, 303)
    status = 409 if error.status == 303 else error.status
    if wants_json():
        return _with(jsonify(_as_json(error)), status, error)
    page = g.pop("again", None)
    if page and status in (409, 413, 415, 422, 429):
        return _with(page(_as_errors(error)), status, error)
    return _with(error_page(status, error.text), status, error)


def _as_errors(error: Refused) -> dict[str, str]:
    return error.errors if isinstance(error, Invalid) else {error.field or "": error.text}


def _as_json(error: Refused) -> dict[str, Any]:
    said: dict[str, Any] = {"error": error.text, "field": error.field}
    if isinstance(error, Invalid):
        said["errors"] = error.errors
    if isinstance(error, TooMany):
        said["seconds"] = error.seconds
    return said


def _with(body: ResponseReturnValue, status: int, error: Refused) -> Response:
    response = make_response(body)
    response.status_code = status
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _plain(status: int, text: str = "", reference: str = "") -> ResponseReturnValue:
    if wants_json():
        words = ERROR_WORDS.get(status) or ERROR_WORDS[500]
        return jsonify(error=text or words.text.format(saved="没有", until="今天晚些时候")), status
    return error_page(status, text, reference=reference), status
