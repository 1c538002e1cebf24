"""What does a member of staff see and change of their own account? Password, phone, e-mail, sessions."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core import audit, sessions
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Missing
from core.pages import again, wants_json
from core.roles import SIGNED_IN, STAFF_ROLES
from staff import service
from staff.admin.door import blueprint, holder, me, next_page, stay
from staff.rules import passwords
from staff.rules import signing_in as rules
from staff.service import contacts, reminding
from staff.service.hashing import policy


@blueprint.get("/me")
@allow("staff")
def account() -> ResponseReturnValue:
    actor = current_actor()
    held = actor.roles | actor.waiting
    return render_template(
        "staff/me.html",
        actor=actor,
        roles=[STAFF_ROLES[role] for role in STAFF_ROLES if role in held],
        card=service.own_card(me()),
        has_wechat=reminding.tied(me()) is not None,
        sessions=sessions.of_owner("staff", me()),
        mine=session.row_id,  # type: ignore[attr-defined]
    )


@blueprint.post("/me/sessions/end")
@allow("staff")
def end_sessions() -> ResponseReturnValue:
    """End every other session of mine."""
    mine: uuid.UUID = session.row_id  # type: ignore[attr-defined]
    with transaction():
        ended = sessions.revoke_all("staff", me(), but=mine)
        audit.record("staff.end_sessions", "staff", me(), current_actor(), ended=ended)
    flash(f"已退出其他 {ended} 处登录。")
    return redirect(url_for(".account"), 303)


@blueprint.post("/me/sessions/<uuid:session_id>/end")
@allow("staff")
def end_session(session_id: uuid.UUID) -> ResponseReturnValue:
    """End one session of mine."""
    with transaction():
        if not sessions.revoke_one("staff", me(), session_id):
            raise Missing
        audit.record("staff.end_sessions", "staff", me(), current_actor(), ended=1)
    flash("已退出这一处登录。")
    return redirect(url_for(".account"), 303)


@blueprint.get("/password")
@allow(SIGNED_IN)
def password() -> ResponseReturnValue:
    return _password_page({})


@blueprint.post("/password")
@allow(SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """修改密码 (XM-10); every other session ends, this one goes on."""
    again(_password_page)
    given = request.form
    with transaction():
        service.change_password(
            me(), given.get("old", ""), given.get("password", ""), given.get("again", ""), current_actor()
        )
        sessions.revoke_all("staff", me(), but=session.row_id)  # type: ignore[attr-defined]
    flash("密码已修改，其他地方的登录都已退出。")
    return stay(next_page() if "next" in given else url_for(".account"))


@blueprint.get("/me/phone")
@allow("staff")
def phone() -> ResponseReturnValue:
    return _phone_page({})


@blueprint.post("/me/phone/code")
@allow("staff")
def phone_code() -> ResponseReturnValue:
    """A code to the new phone (XM-09)."""
    again(_phone_page)
    with transaction():
        words = contacts.request_phone_code(
            me(), request.form.get("phone", ""), holder(), request.remote_addr or ""
        )
    if wants_json():
        return {"message": words, "seconds": rules.RESEND_SECONDS}
    return _phone_page({}, words)


@blueprint.post("/me/phone")
@allow("staff")
def change_phone() -> ResponseReturnValue:
    again(_phone_page)
    given = request.form
    with transaction():
        contacts.change_phone(
            me(), given.get("phone", ""), given.get("code", ""), given.get("password", ""), holder(),
            current_actor(),
        )  # fmt: skip
        sessions.revoke_all("staff", me(), but=session.row_id)  # type: ignore[attr-defined]
    flash("手机号码已修改，原来的号码会收到一条通知。")
    return stay(url_for(".account"))


@blueprint.get("/me/email")
@allow("staff")
def email() -> ResponseReturnValue:
    return _email_page({})


@blueprint.post("/me/email")
@allow("staff")
def change_email() -> ResponseReturnValue:
    again(_email_page)
    with transaction():
        has_left = contacts.change_email(me(), request.form.get("email", ""), current_actor())
    flash("确认邮件已发出，请在 24 小时内打开邮件里的链接。" if has_left else "邮箱已保存。")
    return redirect(url_for(".account"), 303)


@blueprint.get("/email/confirm")
@allow("guest")
def confirm_email() -> str:
    """The mail's link; a preview that opens it confirms nothing."""
    token = request.args.get("token", "")
    return render_template("staff/confirm_email.html", token=token, errors={}, bare=True)


@blueprint.post("/email/confirm")
@allow("guest")
def confirm_email_now() -> ResponseReturnValue:
    token = request.form.get("token", "")
    again(lambda errors: render_template("staff/confirm_email.html", token="", errors=errors, bare=True))
    with transaction():
        contacts.confirm_email(token)
    flash("邮箱已确认，以后可以用它登录和找回密码。")
    return redirect(url_for(".account"), 303)


def _password_page(errors: dict[str, str]) -> str:
    return render_template(
        "staff/password.html",
        errors=errors,
        hint=passwords.in_words(policy()),
        days=policy().max_age_days,
        is_due=current_actor().owes == "password",
        next=request.values.get("next", ""),
        bare=current_actor().owes == "password",
    )


def _phone_page(errors: dict[str, str], sent: str = "") -> str:
    return render_template(
        "staff/phone.html",
        errors=errors,
        values=request.form,
        card=service.own_card(me()),
        sent=sent,
        seconds=rules.RESEND_SECONDS if sent else 0,
    )


def _email_page(errors: dict[str, str]) -> str:
    card = service.own_card(me())
    return render_template("staff/email.html", errors=errors, values=request.form, card=card)
