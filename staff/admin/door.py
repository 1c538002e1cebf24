"""Who is at the door of the staff side? The blueprint and what the sign-in pages share."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from dataclasses import asdict
from typing import Any

from flask import Blueprint, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from core import clock, context, sessions
from core.access import Actor, current_actor, forget_actor
from core.db import transaction
from core.errors import Missing, Refused
from core.pages import own_page
from core.roles import GUEST, POWERFUL, STAFF_ROLES
from staff import service
from staff.rules import signing_in as rules
from staff.service import devices
from staff.service.completing import Vouched

blueprint = Blueprint("staff_sign_in", __name__, url_prefix="/admin")

HOME = "/admin/"
NEWCOMER_SECONDS = 15 * 60
OWED_PAGES = {"factor": "staff_sign_in.factor", "password": "staff_sign_in.password"}


def actor() -> Actor | None:
    """Who is signed in; without the roles that wait for a second factor, or for a new password."""
    staff_id = session.get("staff_id")
    found = service.actor_of(uuid.UUID(staff_id), session.get("epoch", 0)) if staff_id else None
    if found is None:
        return None
    if session.get("password_until", "~") < clock.now().isoformat():
        return found.without(found.roles - {GUEST}, "password")
    return found if session.get("second_factor_at") else found.without(POWERFUL, "factor")


def me() -> uuid.UUID:
    """The signed-in member of staff."""
    found = current_actor().id
    if found is None:
        raise Missing
    return found


def holder() -> str:
    """This browser's own mark, so that a code serves only where it was asked for."""
    if "holder" not in session:
        session["holder"] = secrets.token_urlsafe(16)
    return str(session["holder"])


def next_page() -> str:
    return own_page(request.values.get("next", ""), HOME, otherwise=HOME)


def waiting() -> list[str]:
    """Rights that wait for the second factor, in words; said above every page but those that ask for it."""
    held = current_actor().waiting if current_actor().owes == "factor" else frozenset()
    is_asking = request.path.startswith("/admin/factor")
    return [STAFF_ROLES[role] for role in STAFF_ROLES if role in held and not is_asking]


def page_before() -> str:
    """The page a form was sent from, to come back to."""
    before = "/" + (request.referrer or "").removeprefix(request.host_url).lstrip("/\\")
    return own_page(before, HOME, otherwise=HOME)


def device() -> str:
    """The token of this browser, if it has one."""
    return request.cookies.get(_device_cookie(), "")


def enter(who: service.SignedIn, to: str) -> ResponseReturnValue:
    """A session of their own, a browser that is known from now on, and the page they wanted."""
    with transaction():
        token = devices.remember(device(), who.staff_id)
    session.clear()
    session["staff_id"] = str(who.staff_id)
    keep(who)
    if who.shown_factor:
        session["second_factor_at"] = clock.now().isoformat()
    sessions.rotate()
    forget_actor()
    owes = current_actor().owes if current_actor().waiting else ""
    to = url_for(OWED_PAGES[owes], next=to) if owes else to
    answer = redirect(to, 303)
    answer.set_cookie(
        _device_cookie(), token, max_age=int(devices.LIFE.total_seconds()), httponly=True,
        samesite="Lax", secure=_is_secure(),
    )  # fmt: skip
    return answer


def keep(who: service.SignedIn) -> None:
    """What the session has to know of the account, also after a change that ended all others."""
    session["epoch"] = who.epoch
    session.pop("password_until", None)
    if who.password_until:
        session["password_until"] = who.password_until.isoformat()


def stay(to: str) -> ResponseReturnValue:
    """After a change that ended every session: this one goes on, under a new token."""
    keep(service.standing(me()))
    sessions.rotate()
    forget_actor()
    return redirect(to, 303)


def welcome_newcomer(vouched: Vouched, to: str) -> ResponseReturnValue:
    """Remember for a quarter of an hour, sealed, what is known of somebody who has no account yet."""
    facts = {**asdict(vouched), "staff_id": str(vouched.staff_id or "")}
    sealed = context.keyring().seal(json.dumps(facts).encode(), b"staff.newcomer")
    session["newcomer"] = {"at": clock.now().timestamp(), "is": base64.b64encode(sealed).decode()}
    session["newcomer_next"] = to
    sessions.rotate()
    return redirect(url_for("staff_sign_in.complete"), 303)


def newcomer() -> Vouched:
    """Who is filling in the form. Raises `Refused` when that was too long ago."""
    kept: dict[str, Any] = session.get("newcomer") or {}
    if not kept or clock.now().timestamp() - kept["at"] > NEWCOMER_SECONDS:
        raise Refused(rules.TOO_LATE)
    facts = json.loads(context.keyring().open(base64.b64decode(kept["is"]), b"staff.newcomer"))
    facts["staff_id"] = uuid.UUID(facts["staff_id"]) if facts["staff_id"] else None
    return Vouched(**facts)


def _is_secure() -> bool:
    return bool(current_app.session_interface.is_secure)  # type: ignore[attr-defined]


def _device_cookie() -> str:
    return "__Host-huzhu-device" if _is_secure() else "huzhu-device"
