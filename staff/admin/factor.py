"""How does a member of staff set up and show their second factor? QR code, code, recovery codes."""

from __future__ import annotations

import io

import segno
from flask import Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core import clock, sessions
from core.access import allow, current_actor, forget_actor
from core.db import transaction
from core.factor import RECENT, must_be_fresh
from core.pages import again
from core.roles import STAFF_ROLES
from staff import service
from staff.admin.door import blueprint, keep, me, next_page
from staff.service import factor as factors


@blueprint.get("/factor")
@allow("staff")
def factor() -> ResponseReturnValue:
    """Step up: the code, before what has power; whoever has no authenticator sets one up first."""
    if not factors.has(me()):
        return redirect(url_for(".factor_setup", next=next_page()))
    return _ask_page({})


@blueprint.post("/factor")
@allow("staff")
def show_factor() -> ResponseReturnValue:
    again(_ask_page)
    with transaction():
        factors.show(me(), request.form.get("code", ""))
    session["second_factor_at"] = clock.now().isoformat()
    sessions.rotate()
    forget_actor()
    return redirect(next_page(), 303)


@blueprint.get("/factor/setup")
@allow("staff")
def factor_setup() -> ResponseReturnValue:
    _fresh_to_replace()
    return _setup_page({})


@blueprint.post("/factor/setup")
@allow("staff")
def begin_factor() -> ResponseReturnValue:
    _fresh_to_replace()
    with transaction():
        factors.begin(me())
    return redirect(url_for(".factor_setup", step=2, next=next_page()), 303)


@blueprint.get("/factor/picture.svg")
@allow("staff")
def factor_picture() -> Response:
    """The QR code of the secret being set up."""
    _fresh_to_replace()
    _, address = factors.pending(me())
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=5, border=4, light="white", xmldecl=False)
    return Response(drawn.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@blueprint.post("/factor/confirm")
@allow("staff")
def confirm_factor() -> ResponseReturnValue:
    """The authenticator counts. Its recovery codes are in this answer and nowhere else: so no redirect."""
    again(_setup_page)
    _fresh_to_replace()
    with transaction():
        fresh = factors.confirm(
            me(), request.form.get("password", ""), request.form.get("code", ""), current_actor()
        )
        sessions.revoke_all("staff", me(), but=session.row_id)  # type: ignore[attr-defined]
    keep(service.standing(me()))
    session["second_factor_at"] = clock.now().isoformat()
    sessions.rotate()
    forget_actor()
    return _codes_page(fresh, is_first=True)


@blueprint.post("/factor/codes")
@allow("staff")
def new_codes() -> ResponseReturnValue:
    """Ten new recovery codes; shown in this answer only."""
    must_be_fresh(RECENT)
    with transaction():
        fresh = factors.new_codes(me(), current_actor())
    return _codes_page(fresh, is_first=False)


def _fresh_to_replace() -> None:
    """The first authenticator needs the password only; a second one the first, just now."""
    if factors.has(me()):
        must_be_fresh(RECENT)


def _ask_page(errors: dict[str, str]) -> str:
    waiting = [STAFF_ROLES[role] for role in STAFF_ROLES if role in current_actor().waiting]
    return render_template(
        "staff/factor.html", errors=errors, waiting=waiting, next=next_page(), left=factors.codes_left(me())
    )


def _setup_page(errors: dict[str, str]) -> str:
    secret = ""
    if errors or request.args.get("step") == "2":
        secret, _ = factors.pending(me())
    groups = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    waiting = [STAFF_ROLES[role] for role in STAFF_ROLES if role in current_actor().waiting]
    return render_template(
        "staff/factor_setup.html", errors=errors, secret=groups, waiting=waiting, next=next_page()
    )


def _codes_page(fresh: list[str], is_first: bool) -> str:
    return render_template("staff/recovery_codes.html", codes=fresh, is_first=is_first, next=next_page())
