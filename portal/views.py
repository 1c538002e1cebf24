"""What does an employee see first? Home (E1) gathers from all features; an SMS leads to `/s/<kind>` (E15)."""

from __future__ import annotations

import secrets
import uuid

import segno
from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from changes import queries as changes
from claims import queries as claims
from content import queries as content
from core import clock, codes, sessions
from core.access import allow, current_actor
from core.context import scheme, settings
from core.db import transaction
from core.errors import Missing
from core.pages import again, wants_json
from employee import service as employee

blueprint = Blueprint("portal", __name__)

LANDINGS = {"claims": "/h5/claims", "changes": "/h5/changes", "enrolments": "/admin/", "bind": "/h5/me"}
ARTICLES_ON_HOME = 5
VISIT_MINUTES = 15


@blueprint.get("/")
@allow("guest")
def front_door() -> ResponseReturnValue:
    return redirect(url_for(".home"))


@blueprint.get("/h5/")
@allow("guest")
def home() -> ResponseReturnValue:
    actor = current_actor()
    person_id = actor.id if actor.kind == "employee" else None
    notices, articles = content.for_home(ARTICLES_ON_HOME)
    return render_template(
        "portal/home.html",
        person=employee.greeting(person_id) if person_id else None,
        todo=[*claims.need_action(person_id), *changes.need_action(person_id)] if person_id else [],
        notices=notices,
        articles=articles,
    )


@blueprint.get("/s/<kind>")
@allow("guest")
def landing(kind: str) -> ResponseReturnValue:
    """Inside WeChat straight to what needs the person; elsewhere how to get there. Changes nothing, ever."""
    target = _target(kind)
    if current_actor().kind == "employee" or in_wechat() or target.startswith("/admin/"):
        return redirect(target)
    return _landing_page(kind, {})


@blueprint.post("/s/<kind>/code")
@allow("guest")
def landing_code(kind: str) -> ResponseReturnValue:
    """获取: a code to the phone on file, for somebody without WeChat."""
    _target(kind)
    again(lambda errors: _landing_page(kind, errors))
    holder = session.setdefault("visit_holder", secrets.token_hex(16))
    with transaction():
        words = employee.request_visit_code(request.form.get("phone", ""), holder, request.remote_addr or "")
    if wants_json():
        return {"message": words, "seconds": employee.RESEND_SECONDS}
    return _landing_page(kind, {}, sent=words)


@blueprint.post("/s/<kind>")
@allow("guest")
def landing_enter(kind: str) -> ResponseReturnValue:
    _target(kind)
    again(lambda errors: _landing_page(kind, errors))
    code = codes.tidy(request.form.get("code", ""))
    person = employee.visitor(request.form.get("phone", ""), code, session.get("visit_holder", ""))
    session["visit"] = {"person": str(person), "at": clock.now().timestamp()}
    sessions.rotate()
    return redirect(url_for(".progress", kind=kind), 303)


@blueprint.get("/s/<kind>/progress")
@allow("guest")
def progress(kind: str) -> ResponseReturnValue:
    """Read-only, for fifteen minutes: where each application is and what is asked; no name, no sum."""
    _target(kind)
    visit = session.get("visit")
    if not visit or clock.now().timestamp() - visit["at"] > VISIT_MINUTES * 60:
        return redirect(url_for(".landing", kind=kind), 303)
    person = uuid.UUID(visit["person"])
    return render_template(
        "portal/progress.html",
        is_change=kind == "changes",
        lines=changes.status_lines(person) if kind == "changes" else claims.status_lines(person),
        todo=changes.need_action(person) if kind == "changes" else claims.need_action(person),
        account=scheme().brand.account,
    )


def in_wechat() -> bool:
    """Only chooses words, never rights. Outside production the sandbox's phone (a frame) counts as WeChat."""
    if "MicroMessenger" in request.user_agent.string:
        return True
    return not settings().is_production and request.headers.get("Sec-Fetch-Dest") == "iframe"


def _target(kind: str) -> str:
    if kind not in LANDINGS:
        raise Missing
    return LANDINGS[kind]


def _landing_page(kind: str, errors: dict[str, str], sent: str = "") -> str:
    """Names nobody: whoever found the phone sees only how to get on."""
    is_phone = any(mark in request.user_agent.string for mark in ("Mobile", "Android", "iPhone"))
    address = f"{settings().public_url}/s/{kind}"
    return render_template(
        "portal/landing.html",
        account=scheme().brand.account,
        kind=kind,
        errors=errors,
        values=request.form,
        sent=sent,
        seconds=employee.RESEND_SECONDS if sent else 0,
        code_picture="" if is_phone else segno.make(address, error="m").svg_data_uri(scale=5, border=2),
    )
