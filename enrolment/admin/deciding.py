"""同意 and 退回 of the two reviews: each on a page of its own, then on to the next enrolment."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.db import transaction
from core.errors import Conflict
from core.history import who_was_first
from core.pages import again, join_reasons
from enrolment import rules
from enrolment.admin import showing
from enrolment.admin.door import REVIEWERS, Errors, blueprint, enrolment_of, me, path_of, seen
from enrolment.models import Enrolment
from enrolment.queries import listing
from enrolment.rules.words import RETURN_REASONS
from enrolment.service import checks, review


@blueprint.get("/<number>/approve")
@allow(*REVIEWERS)
def approve(number: str) -> str:
    return _approve_page(_waiting(number), {})


@blueprint.post("/<number>/approve")
@allow(*REVIEWERS)
def approve_now(number: str) -> ResponseReturnValue:
    again(lambda errors: _again(number, _approve_page, errors))
    with transaction():
        review.approve(enrolment_of(number), me(), seen(), request.form.get("note", "")[:600])
    return _next(f"已同意 {number}")


@blueprint.get("/<number>/return")
@allow(*REVIEWERS)
def send_back(number: str) -> str:
    return _return_page(_waiting(number), {})


@blueprint.post("/<number>/return")
@allow(*REVIEWERS)
def send_back_now(number: str) -> ResponseReturnValue:
    again(lambda errors: _again(number, _return_page, errors))
    note = join_reasons(request.form.get("note", "")[:600], request.form.getlist("note_pick")[:20])
    with transaction():
        review.send_back(enrolment_of(number), me(), seen(), note)
    return _next(f"已退回 {number}")


def _waiting(number: str) -> Enrolment:
    """The enrolment, while it still waits for somebody like me."""
    enrolment = enrolment_of(number)
    review.may_take(enrolment, me())
    return enrolment


def _next(said: str) -> ResponseReturnValue:
    """On to the next one that waits for me, or back to the list."""
    following = listing.next_for(current_actor())
    flash(f"{said}，已为您打开下一件。" if following else f"{said}。没有更多等您审核的参保申请了。", "good")
    return redirect(path_of(following) if following else url_for(".index"), 303)


def _again(number: str, page: Any, errors: Errors) -> str:
    """After a refusal: the same page with what was typed, or the enrolment as it is now when it moved on."""
    enrolment = enrolment_of(number)
    is_late = enrolment.version != seen() or "" in errors
    shown: str = showing.page(enrolment, errors) if is_late else page(enrolment, errors)
    return shown


def _approve_page(enrolment: Enrolment, errors: Errors) -> str:
    if enrolment.state not in rules.PASSES:
        raise Conflict(who_was_first(enrolment))
    move = rules.WORKFLOW.move(rules.PASSES[enrolment.state], enrolment.state)
    return render_template(
        "enrolment/approve.html",
        errors=errors,
        values=request.form,
        **showing.facts(enrolment),
        goes_to=listing.state_words(move.target) if move else "",
        is_last=enrolment.state == rules.SECOND,
        fee_fen=review.fee_of(enrolment),
        findings=[one for one in checks.run(enrolment) if one.level != "ok"],
    )


def _return_page(enrolment: Enrolment, errors: Errors) -> str:
    return render_template(
        "enrolment/return.html",
        errors=errors,
        values={"note": request.form.get("note", "")},
        **showing.facts(enrolment),
        reasons=list(RETURN_REASONS),
    )
