"""Who signs in to work, and with which sessions? Pages A1 (password and code) and 我的账号."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core import audit, clock, sessions
from core.access import allow, current_actor, forget_actor
from core.db import transaction
from core.pages import again, own_page
from core.roles import STAFF_ROLES
from staff import service
from staff.rules import passwords as rules

blueprint = Blueprint("staff_sign_in", __name__, url_prefix="/admin")

HOME = "/admin/"


@blueprint.get("/login")
@allow("guest")
def login() -> ResponseReturnValue:
    if current_actor().kind == "staff":
        return redirect("/admin/")
    return _login_page({})


@blueprint.post("/login")
@allow("guest")
def login_now() -> ResponseReturnValue:
    again(_login_page)
    with transaction():
        who = service.sign_in(
            request.form.get("account", ""),
            request.form.get("password", ""),
            request.form.get("code", ""),
            request.remote_addr or "",
        )
    session.clear()
    session["staff_id"] = str(who.staff_id)
    session["epoch"] = who.epoch
    session["second_factor_at"] = clock.now().isoformat()
    sessions.rotate()
    forget_actor()
    return redirect(own_page(request.form.get("next", ""), HOME, otherwise=HOME), 303)


@blueprint.post("/logout")
@allow("guest")
def logout() -> ResponseReturnValue:
    actor = current_actor()
    if actor.kind == "staff":
        with transaction():
            audit.record("staff.sign_out", "staff", actor.id, actor)
    sessions.end()
    return redirect(url_for(".login"), 303)


@blueprint.get("/me")
@allow("staff")
def me() -> ResponseReturnValue:
    actor = current_actor()
    assert actor.id  # noqa: S101 - the access rule says staff
    roles = [STAFF_ROLES[role] for role in STAFF_ROLES if role in actor.roles]
    mine = session.row_id  # type: ignore[attr-defined]
    return render_template(
        "staff/me.html", actor=actor, roles=roles, sessions=sessions.of_owner("staff", actor.id), mine=mine
    )


@blueprint.post("/me/sessions/end")
@allow("staff")
def end_sessions() -> ResponseReturnValue:
    """End every other session of mine, or the one named."""
    actor = current_actor()
    assert actor.id  # noqa: S101 - the access rule says staff
    mine: uuid.UUID = session.row_id  # type: ignore[attr-defined]
    with transaction():
        ended = sessions.revoke_all("staff", actor.id, but=mine)
        audit.record("staff.end_sessions", "staff", actor.id, actor, ended=ended)
    flash(f"已退出其他 {ended} 处登录。")
    return redirect(url_for(".me"), 303)


def _login_page(errors: dict[str, str]) -> str:
    return render_template(
        "staff/login.html",
        errors=errors,
        values=request.form,
        next=own_page(request.values.get("next", ""), HOME, otherwise=HOME),
        hint=rules.SECOND_FACTOR,
        bare=True,
    )
