"""Where does a person read the rules, take a copy of their data, or leave? Pages of E17."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core import sessions
from core.access import allow, current_actor
from core.context import scheme
from core.db import transaction
from core.errors import Missing
from core.pages import again, wants_json
from employee import service as employees
from portal.rights import rules, service

blueprint = Blueprint("rights", __name__, url_prefix="/h5")


@blueprint.get("/privacy")
@allow("guest")
def privacy() -> ResponseReturnValue:
    """个人信息处理规则, with the version people agreed to."""
    brand = scheme().brand
    return render_template(
        "rights/privacy.html",
        brand=brand,
        purposes=[(one.title, one.text.format(operator=brand.operator)) for one in employees.CONSENTS],
        kept=rules.KEPT,
        is_person=current_actor().kind == "employee",
    )


@blueprint.get("/me/export")
@allow("employee")
def export() -> ResponseReturnValue:
    return _export_page({})


@blueprint.post("/me/export")
@allow("employee")
def ask_export() -> ResponseReturnValue:
    again(_export_page)
    with transaction():
        service.ask_export(current_actor())
    flash(rules.EXPORT_SENT)
    return redirect(url_for(".export"), 303)


@blueprint.post("/me/export/code")
@allow("employee")
def export_code() -> ResponseReturnValue:
    again(_export_page)
    words = _code(service.EXPORT_CODE)
    return _sent(words) if wants_json() else _export_page({}, words)


@blueprint.post("/me/export/<uuid:export_id>")
@allow("employee")
def open_export(export_id: uuid.UUID) -> ResponseReturnValue:
    again(_export_page)
    with transaction():
        service.open_export(export_id, request.form.get("code", ""), current_actor())
    session["export"] = str(export_id)
    return redirect(url_for(".read_export", export_id=export_id), 303)


@blueprint.get("/me/export/<uuid:export_id>")
@allow("employee")
def read_export(export_id: uuid.UUID) -> ResponseReturnValue:
    """In the browser that gave the code, for a quarter of an hour; it runs nothing and is cached nowhere."""
    service.own_export(export_id, current_actor())
    if session.get("export") != str(export_id):
        raise Missing
    response = Response(service.read_export(export_id, current_actor()), mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
    )
    return response


@blueprint.get("/me/leave")
@allow("employee")
def leave() -> ResponseReturnValue:
    return _leave_page({})


@blueprint.post("/me/leave/code")
@allow("employee")
def leave_code() -> ResponseReturnValue:
    again(_leave_page)
    words = _code(service.LEAVE_CODE)
    return _sent(words) if wants_json() else _leave_page({}, words)


@blueprint.post("/me/leave")
@allow("employee")
def leave_now() -> ResponseReturnValue:
    again(_leave_page)
    kind = request.form.get("kind", "")
    with transaction():
        effects = service.leave(kind, request.form.get("code", ""), current_actor())
    if kind == rules.ACCOUNT:
        openid = session.get("openid")
        session.clear()
        session["openid"] = openid
        sessions.rotate()
    session["left"] = {"kind": kind, "effects": effects}
    return redirect(url_for(".left"), 303)


@blueprint.get("/left")
@allow("follower")
def left() -> ResponseReturnValue:
    """What was done, once, for the browser that did it."""
    done = session.get("left")
    if not done:
        raise Missing
    return render_template(
        "rights/left.html", **done, title=rules.CHOICES[done["kind"]][0], stays=rules.STAYS
    )


def _code(purpose: str) -> str:
    with transaction():
        return employees.request_own_code(purpose, current_actor(), request.remote_addr or "")


def _sent(words: str) -> ResponseReturnValue:
    return {"message": words, "seconds": employees.RESEND_SECONDS}


def _export_page(errors: dict[str, str], sent: str = "") -> str:
    employee_id = _me()
    return render_template(
        "rights/export.html",
        errors=errors,
        values=request.form,
        latest=service.latest_export(employee_id),
        labels=rules.EXPORT.labels,
        phone=employees.own_phone(employee_id),
        sent=sent,
        seconds=employees.RESEND_SECONDS if sent else 0,
    )


def _leave_page(errors: dict[str, str], sent: str = "") -> str:
    employee_id = _me()
    return render_template(
        "rights/leave.html",
        errors=errors,
        values=request.form,
        choices=[(key, *words) for key, words in rules.CHOICES.items()],
        claims=service.foreseen(employee_id),
        stays=rules.STAYS,
        phone=employees.own_phone(employee_id),
        sent=sent,
        seconds=employees.RESEND_SECONDS if sent else 0,
    )


def _me() -> uuid.UUID:
    actor = current_actor()
    if actor.id is None:
        raise Missing
    return actor.id
