"""Who asks to bind (E2), also when another WeChat speaks for them?"""

from __future__ import annotations

import uuid

from flask import make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core import clock, sessions
from core.access import allow, current_actor, forget_actor
from core.context import scheme
from core.db import transaction
from core.errors import Conflict
from core.identifiers import ID_TYPES
from core.pages import again, keep_size, own_page, wants_json
from employee import rules, service
from employee.forms import read_bind_form
from employee.service.binding import MoveNeeded
from employee.views.door import PAGES, blueprint
from plans import queries as plans

MOVE = "binding_move"
MOVE_MINUTES = 5


@blueprint.get("/bind")
@allow("follower")
def bind() -> ResponseReturnValue:
    actor = current_actor()
    if actor.kind == "employee" and actor.id:
        return render_template("employee/bound.html", person=service.card(actor.id), id_types=ID_TYPES)
    session["bind_next"] = own_page(request.args.get("next", ""), *PAGES)
    return _bind_page({})


@blueprint.post("/bind")
@allow("follower")
def bind_now() -> ResponseReturnValue:
    again(_bind_page)
    form = read_bind_form(request.form, clock.today())
    openid = session["openid"]
    with transaction():
        outcome = service.bind(form.asked, form.code, openid, request.remote_addr or "")
    if isinstance(outcome, MoveNeeded):
        session[MOVE] = {"employee": str(outcome.employee_id), "at": clock.now().timestamp()}
        return redirect(url_for(".move"), 303)
    return _signed_in(outcome.employee_id)


@blueprint.post("/bind/code")
@allow("follower")
def bind_code() -> ResponseReturnValue:
    """获取: by script (JSON) or as a plain form post, which shows the page again."""
    again(_bind_page)
    with transaction():
        words = service.request_code(
            request.form.get("phone", ""), session["openid"], request.remote_addr or ""
        )
    if wants_json():
        return {"message": words, "seconds": rules.RESEND_SECONDS}
    return _bind_page({}, sent=words)


@blueprint.get("/bind/move")
@allow("follower")
def move() -> ResponseReturnValue:
    """改绑: another WeChat speaks for this person; say so and ask."""
    _moving()
    return render_template("employee/move.html")


@blueprint.post("/bind/move")
@allow("follower")
def move_now() -> ResponseReturnValue:
    employee_id = _moving()
    with transaction():
        outcome = service.confirm_move(employee_id, session["openid"])
    return _signed_in(outcome.employee_id)


@blueprint.get("/bind/done")
@allow("employee")
def bind_done() -> ResponseReturnValue:
    actor = current_actor()
    assert actor.id  # noqa: S101 - the access rule says employee
    following = own_page(str(session.get("bind_next", "")), *PAGES) or url_for(".me")
    return render_template(
        "employee/bind_done.html",
        person=service.card(actor.id),
        coverages=plans.coverages_of(actor.id),
        following=following,
    )


def _bind_page(errors: dict[str, str], sent: str = "") -> str:
    not_found = errors.get("") == rules.NOT_FOUND
    return render_template(
        "employee/bind.html",
        errors=errors,
        values=request.form,
        sent=sent,
        seconds=rules.RESEND_SECONDS if sent else 0,
        id_types=list(ID_TYPES.items()),
        hint=rules.NOT_FOUND_HINT if not_found else "",
        consent=rules.consent("identity").text.format(operator=scheme().brand.operator),
    )


def _signed_in(employee_id: uuid.UUID) -> ResponseReturnValue:
    session.pop(MOVE, None)
    session["employee_id"] = str(employee_id)
    sessions.rotate()
    forget_actor()
    response = make_response(redirect(url_for("employee.bind_done"), 303))
    # A new phone shows the size that was chosen on the old one.
    if "big" not in request.cookies and service.wishes(employee_id).big:
        keep_size(response, True)
    return response


def _moving() -> uuid.UUID:
    """The person whose code was right a moment ago. Raises `Conflict` when that was too long ago."""
    wanted = session.get(MOVE)
    if not wanted or clock.now().timestamp() - wanted["at"] > MOVE_MINUTES * 60:
        raise Conflict("确认时间已过，请重新填写绑定信息。")
    return uuid.UUID(wanted["employee"])
