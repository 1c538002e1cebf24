"""What does an employee see first? Home (E1) gathers from all features; an SMS leads to `/s/<kind>` (E15)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from claims import queries as claims
from content import queries as content
from core.access import allow, current_actor
from core.context import scheme, settings
from core.errors import Missing
from employee import service as employee

blueprint = Blueprint("portal", __name__)

LANDINGS = {
    "claims": "/h5/claims",
    "changes": "/h5/changes",
    "enrolments": "/admin/enrolments",
    "bind": "/h5/me",
}
ARTICLES_ON_HOME = 5


@blueprint.get("/")
@allow("guest")
def front_door() -> ResponseReturnValue:
    return redirect(url_for(".home"))


@blueprint.get("/h5/")
@allow("guest")
def home() -> ResponseReturnValue:
    actor = current_actor()
    person = employee.card(actor.id) if actor.kind == "employee" and actor.id else None
    return render_template(
        "portal/home.html",
        person=person,
        todo=claims.need_action(person.id) if person else [],
        articles=content.newest("article", ARTICLES_ON_HOME),
    )


@blueprint.get("/s/<kind>")
@allow("guest")
def landing(kind: str) -> ResponseReturnValue:
    """Inside WeChat straight to what needs the person; elsewhere how to get there. Changes nothing, ever."""
    if kind not in LANDINGS:
        raise Missing
    target = LANDINGS[kind]
    if current_actor().kind == "employee" or in_wechat() or target.startswith("/admin/"):
        return redirect(target)
    return render_template("portal/landing.html", account=scheme().brand.account, target=target)


def in_wechat() -> bool:
    """Only chooses words, never rights. Outside production the sandbox's phone (a frame) counts as WeChat."""
    if "MicroMessenger" in request.user_agent.string:
        return True
    return not settings().is_production and request.headers.get("Sec-Fetch-Dest") == "iframe"
