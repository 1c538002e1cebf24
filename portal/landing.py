"""Where does the link in an SMS lead (E15)? One constant address a kind, the same for everybody.

Inside WeChat straight to what needs the person. Outside: how to get there, or a code to the phone on file and
then progress to read; a payment that bounced can be put right after one more proof. Looking changes nothing:
phone makers fetch links ahead.
"""

from __future__ import annotations

import secrets
import uuid

import segno
from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from changes import queries as changes
from claims import queries as claims
from core import codes
from core.access import allow, current_actor
from core.context import scheme, settings
from core.db import transaction
from core.errors import Missing, Refused
from core.pages import again, wants_json
from employee import service as employee
from portal import visits

blueprint = Blueprint("landing", __name__, url_prefix="/s")

# kind → the list of it; `changes` also has progress of its own.
LISTS = {
    "claims": "/h5/claims",
    "changes": "/h5/changes",
    "coverage": "/h5/coverage",
    "enrolments": "/admin/",
    "bind": "/h5/me",
}
URGENT = ("returned", "pay_failed")
OVER = f"查看时间已过（{visits.MINUTES} 分钟），请重新获取验证码。"
WRONG_TAIL = "证件号码后 4 位不对，请对照证件核对"
PROVED = "核对通过，现在可以修改收款账户。"


@blueprint.get("/<kind>")
@allow("guest")
def show(kind: str) -> ResponseReturnValue:
    """In WeChat on to the page; elsewhere the way there. Names nobody, changes nothing."""
    listed, actor = _list_of(kind), current_actor()
    if listed.startswith("/admin/"):
        return redirect(listed)
    if actor.kind == "employee" and actor.id:
        return redirect(_what_needs(kind, actor.id))
    if visits.in_wechat():
        entry = "employee.bind" if actor.kind == "follower" else "wechat_oauth.start"
        return redirect(url_for(entry, next=url_for(".show", kind=kind)))
    return _landing_page(kind, {})


@blueprint.post("/<kind>/code")
@allow("guest")
def send_code(kind: str) -> ResponseReturnValue:
    """获取: a code to the phone on file, for somebody without WeChat."""
    _list_of(kind)
    again(lambda errors: _landing_page(kind, errors))
    holder = session.setdefault("visit_holder", secrets.token_hex(16))
    with transaction():
        words = employee.request_visit_code(request.form.get("phone", ""), holder, request.remote_addr or "")
    if wants_json():
        return {"message": words, "seconds": employee.RESEND_SECONDS}
    return _landing_page(kind, {}, sent=words)


@blueprint.post("/<kind>")
@allow("guest")
def enter(kind: str) -> ResponseReturnValue:
    """查看进度 with the code."""
    _list_of(kind)
    again(lambda errors: _landing_page(kind, errors))
    code = codes.tidy(request.form.get("code", ""))
    person = employee.visitor(request.form.get("phone", ""), code, session.get("visit_holder", ""))
    visits.begin(person)
    return redirect(url_for(".progress", kind=kind), 303)


@blueprint.get("/<kind>/progress")
@allow("guest")
def progress(kind: str) -> ResponseReturnValue:
    """Read-only, for a quarter of an hour: where each application is and what is asked; no name, no sum."""
    _list_of(kind)
    person = visits.person()
    if person is None:
        return _over(kind)
    feature = changes if kind == "changes" else claims
    return render_template(
        "portal/progress.html",
        kind=kind,
        lines=feature.status_lines(person),
        todo=[one for one in feature.need_action(person) if kind == "changes" or one.state in URGENT],
        account=scheme().brand.account,
    )


@blueprint.get("/claims/account/<number>")
@allow("guest")
def account(number: str) -> ResponseReturnValue:
    """To the account page of a payment that bounced; first one more proof (the end of the certificate)."""
    person = visits.person()
    if person is None:
        return _over("claims")
    if visits.has_proved():
        return redirect(f"/h5/claims/{_bounced(number, person)}/payee", 303)
    return _proof_page(_bounced(number, person), {})


@blueprint.post("/claims/account/<number>")
@allow("guest")
def prove(number: str) -> ResponseReturnValue:
    """Few tries, each in the audit trail, also the wrong ones."""
    person = visits.person()
    if person is None:
        return _over("claims")
    number = _bounced(number, person)
    again(lambda errors: _proof_page(number, errors))
    with transaction():
        is_right = employee.prove(person, request.form.get("tail", ""))
    if not is_right:
        raise Refused(WRONG_TAIL, "tail")
    visits.prove()
    flash(PROVED)
    return redirect(f"/h5/claims/{number}/payee", 303)


def _list_of(kind: str) -> str:
    if kind not in LISTS:
        raise Missing
    return LISTS[kind]


def _what_needs(kind: str, person: uuid.UUID) -> str:
    """The one thing that waits for this person, else the list."""
    todo = []
    if kind == "claims":
        todo = [one.path for one in claims.need_action(person) if one.state in URGENT]
    elif kind == "changes":
        todo = [one.path for one in changes.need_action(person)]
    return todo[0] if len(todo) == 1 else _list_of(kind)


def _bounced(number: str, person: uuid.UUID) -> str:
    """The number, if a payment of this person's application bounced. Raises `Missing`."""
    todo = claims.need_action(person)
    if not any(one.number == number and one.state == "pay_failed" for one in todo):
        raise Missing(claims.NOT_YOURS)
    return number


def _over(kind: str) -> ResponseReturnValue:
    return redirect(url_for(".show", kind=kind, over=1), 303)


def _proof_page(number: str, errors: dict[str, str]) -> str:
    return render_template("portal/proof.html", number=number, errors=errors, values={})


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
        over=OVER if "over" in request.args else "",
        seconds=employee.RESEND_SECONDS if sent else 0,
        code_picture="" if is_phone else segno.make(address, error="m").svg_data_uri(scale=5, border=2),
    )
