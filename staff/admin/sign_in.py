"""Who signs in to work? Page A1: 短信登录, 密码登录, and the ways out."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core import audit, clock, sessions
from core.access import allow, current_actor
from core.context import scheme
from core.db import transaction
from core.errors import Refused
from core.pages import again, wants_json
from staff import service
from staff.admin.door import (
    HOME,
    NEWCOMER_SECONDS,
    blueprint,
    device,
    enter,
    holder,
    next_page,
    welcome_newcomer,
)
from staff.rules import signing_in as rules
from staff.service import oidc
from staff.service.completing import Vouched

STEP = "second_step"


@blueprint.get("/login")
@allow("guest")
def login() -> ResponseReturnValue:
    if current_actor().kind == "staff":
        return redirect(HOME)
    return login_page({})


@blueprint.post("/login")
@allow("guest")
def login_now() -> ResponseReturnValue:
    """密码登录: certificate number or phone, password, code."""
    again(login_page)
    given = request.form
    with transaction():
        who = service.sign_in(
            given.get("account", ""),
            given.get("password", ""),
            given.get("code", ""),
            request.remote_addr or "",
            device=device(),
            holder=holder(),
        )
    if isinstance(who, service.SignedIn):
        return enter(who, next_page())
    session[STEP] = {"staff": str(who.staff_id), "phone": who.phone, "at": clock.now().timestamp()}
    return redirect(url_for(".second_step", next=next_page()), 303)


@blueprint.get("/login/second")
@allow("guest")
def second_step() -> ResponseReturnValue:
    """The password was right; this browser is new, so a code went to the phone."""
    return _second_page({}) if STEP in session else redirect(url_for(".login"))


@blueprint.post("/login/second")
@allow("guest")
def second_step_now() -> ResponseReturnValue:
    again(_second_page)
    step = session.get(STEP)
    if not step or clock.now().timestamp() - step["at"] > NEWCOMER_SECONDS:
        raise Refused(rules.TOO_LATE)
    with transaction():
        who = service.second_step(uuid.UUID(step["staff"]), request.form.get("code", ""), holder())
    return enter(who, next_page())


@blueprint.post("/login/code")
@allow("guest")
def send_code() -> ResponseReturnValue:
    """发送验证码: the answer is the same for every phone."""
    again(login_page)
    with transaction():
        words = service.request_code(
            request.form.get("phone", ""), holder(), request.remote_addr or "", device()
        )
    if wants_json():
        return {"message": words, "seconds": rules.RESEND_SECONDS}
    return login_page({}, sent=words)


@blueprint.post("/login/sms")
@allow("guest")
def login_by_sms() -> ResponseReturnValue:
    """短信登录 (XM-02); the first time on to 信息完善 (XM-03), later straight in (XM-04)."""
    again(login_page)
    with transaction():
        who = service.sign_in_by_code(request.form.get("phone", ""), request.form.get("code", ""), holder())
    if isinstance(who, service.SignedIn):
        return enter(who, next_page())
    return welcome_newcomer(Vouched(phone=who.phone, staff_id=who.staff_id), next_page())


@blueprint.post("/logout")
@allow("guest")
def logout() -> ResponseReturnValue:
    actor = current_actor()
    if actor.kind == "staff":
        with transaction():
            audit.record("staff.sign_out", "staff", actor.id, actor)
    sessions.end()
    return redirect(url_for(".login"), 303)


def login_page(errors: dict[str, str], sent: str = "") -> str:
    """Both ways are plain forms; which one is shown says the address, or the form that was sent."""
    by_sms = request.args.get("way") == "sms" or request.path.endswith(("/login/sms", "/login/code"))
    return render_template(
        "staff/login.html",
        errors=errors,
        values=request.form,
        by_sms=by_sms,
        next=next_page(),
        sent=sent,
        seconds=rules.RESEND_SECONDS if sent else 0,
        provider=scheme().identity_provider if oidc.is_offered() else "",
        bare=True,
    )


def _second_page(errors: dict[str, str]) -> str:
    phone = (session.get(STEP) or {}).get("phone", "")
    return render_template("staff/second_step.html", errors=errors, phone=phone, next=next_page(), bare=True)
