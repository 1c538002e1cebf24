"""找回绑定: how does somebody ask who lost the phone on file? The same answer to everybody."""

from __future__ import annotations

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core import clock, context
from core.access import allow, current_actor
from core.db import transaction
from core.files.keeping import picture_of
from core.identifiers import ID_TYPES
from core.once import new_op, once
from core.pages import again, wants_json
from employee import rules, service
from employee.forms import read_help_form
from employee.views.door import blueprint


@blueprint.get("/bind/help")
@allow("follower")
def bind_help() -> ResponseReturnValue:
    told = service.told(session["openid"])
    return _page({}, told=told)


@blueprint.post("/bind/help/code")
@allow("follower")
def bind_help_code() -> ResponseReturnValue:
    """获取, to the new phone."""
    again(_page)
    with transaction():
        words = service.request_help_code(
            request.form.get("phone", ""), session["openid"], request.remote_addr or ""
        )
    if wants_json():
        return {"message": words, "seconds": rules.RESEND_SECONDS}
    return _page({}, sent=words)


@blueprint.post("/bind/help")
@allow("follower")
def bind_help_now() -> ResponseReturnValue:
    again(_page)
    openid = session["openid"]
    upload = request.files.get("photo")
    form = read_help_form(request.form, clock.today(), has_photo=bool(upload and upload.filename))
    service.count_help(form.asked, openid, request.remote_addr or "")
    # Decoded before the code is used up: a photo that cannot be read costs no second SMS.
    picture = picture_of(upload.stream, "photo")  # type: ignore[union-attr]
    done = url_for(".bind_help_done")
    with transaction():
        once(request.form.get("op", ""), current_actor(), done)
        service.ask_rebind(form.asked, form.reason, picture, form.code, openid)
    return redirect(done, 303)


@blueprint.get("/bind/help/done")
@allow("follower")
def bind_help_done() -> ResponseReturnValue:
    return render_template("employee/help_done.html", text=rules.HELP_SENT, note=rules.HELP_LATER)


def _page(errors: dict[str, str], sent: str = "", told: service.Told | None = None) -> str:
    if errors and "photo" not in errors and request.files.get("photo"):
        errors = {**errors, "photo": rules.PHOTO_AGAIN}
    return render_template(
        "employee/help.html",
        errors=errors,
        values=request.form,
        told=told,
        op=new_op(),
        sent=sent,
        seconds=rules.RESEND_SECONDS if sent else 0,
        id_types=list(ID_TYPES.items()),
        reasons=list(rules.HELP_REASONS.items()),
        days=context.scheme().promises["review_days"],
        operator=context.scheme().brand.operator,
    )
