"""Who is this newcomer? 信息完善 after the first sign-in by SMS (XM-03) or by the provider (XM-07, XM-08)."""

from __future__ import annotations

import secrets

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core.access import allow
from core.context import scheme
from core.db import transaction
from core.errors import Refused
from core.fields import mask_id, mask_phone
from core.pages import again, wants_json
from staff.admin.door import HOME, blueprint, enter, holder, newcomer, welcome_newcomer
from staff.admin.sign_in import login_page
from staff.rules import passwords
from staff.rules import signing_in as rules
from staff.service import codes, completing, oidc
from staff.service.completing import Given
from staff.service.hashing import policy

JOURNEY = "oidc"


@blueprint.get("/complete")
@allow("guest")
def complete() -> ResponseReturnValue:
    return _form({}) if "newcomer" in session else redirect(url_for(".login"))


@blueprint.post("/complete")
@allow("guest")
def complete_now() -> ResponseReturnValue:
    vouched = newcomer()
    again(_form)
    with transaction():
        who = completing.complete(vouched, _given(), holder())
    return enter(who, session.get("newcomer_next", HOME))


@blueprint.post("/complete/code")
@allow("guest")
def complete_code() -> ResponseReturnValue:
    """发送验证码 for whoever came without a phone."""
    newcomer()
    again(_form)
    phone = codes.tidy_phone(request.form.get("phone", ""))
    with transaction():
        codes.send(codes.NEW_PHONE, phone, holder(), request.remote_addr or "")
    words = rules.CODE_SENT_TO.format(phone=mask_phone(phone))
    if wants_json():
        return {"message": words, "seconds": rules.RESEND_SECONDS}
    return _form({}, words)


@blueprint.get("/oidc/start")
@allow("guest")
def oidc_start() -> ResponseReturnValue:
    """Off to the provider; state, nonce and verifier wait in this browser's session."""
    again(login_page)
    if not oidc.is_offered():
        return redirect(url_for(".login"))
    journey = oidc.begin()
    session[JOURNEY] = [journey.state, journey.nonce, journey.verifier]
    return redirect(journey.url)


@blueprint.get("/oidc/callback")
@allow("guest")
def oidc_callback() -> ResponseReturnValue:
    """Back from the provider. Every journey is used once."""
    again(login_page)
    state, nonce, verifier = session.pop(JOURNEY, None) or ("", "", "")
    if not state or not secrets.compare_digest(state, request.args.get("state", "")):
        raise oidc.stale()
    if "error" in request.args or not request.args.get("code"):
        raise oidc.cancelled()
    vouched = oidc.finish(request.args["code"], oidc.Journey("", state, nonce, verifier))
    with transaction():
        who = oidc.person_of(vouched)
    return enter(who, HOME) if who else welcome_newcomer(vouched, HOME)


def _given() -> Given:
    names = ("name", "id_number", "email", "password", "again", "phone", "code")
    return Given(**{name: request.form.get(name, "")[:200] for name in names})


def _form(errors: dict[str, str], sent: str = "") -> ResponseReturnValue:
    try:
        vouched = newcomer()
    except Refused as late:
        return login_page({"": late.text})
    provider = scheme().identity_provider
    return render_template(
        "staff/complete.html",
        errors=errors,
        values=request.form or {"email": vouched.email},
        by_provider=bool(vouched.subject),
        name=vouched.name,
        number=mask_id(vouched.id_number),
        phone=mask_phone(vouched.phone),
        no_email=rules.PROVIDER_NO_EMAIL.format(provider=provider)
        if vouched.subject and not vouched.email
        else "",
        lead=rules.COMPLETE,
        id_hint=rules.ID_HINT,
        password_hint=passwords.in_words(policy()),
        sent=sent,
        seconds=rules.RESEND_SECONDS if sent else 0,
        bare=True,
    )
