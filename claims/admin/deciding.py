"""同意, 退回, 不予补助: each on a page of its own that says what will happen, then on to the next claim."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from claims.admin import showing, undoing
from claims.admin.door import REVIEWERS, blueprint, claim_of, me, path_of, seen
from claims.models import Claim
from claims.queries import state_words
from claims.rules import ITEMS, PARTS_OF, PASSES, PLACES, REFUSES, RETURNS, WORKFLOW, refusals
from claims.service import figures, holds, marks, reasons, review, suspicions
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Conflict
from core.history import who_was_first
from core.pages import again, join_reasons

Errors = dict[str, str]
Page = Callable[[Claim, Errors], str]


@blueprint.get("/<number>/approve")
@allow(*REVIEWERS)
def approve(number: str) -> ResponseReturnValue:
    return _ask(number, PASSES, _approve_page)


@blueprint.post("/<number>/approve")
@allow(*REVIEWERS)
def approve_now(number: str) -> ResponseReturnValue:
    _again(number, _approve_page)
    with transaction():
        claim = claim_of(number)
        review.approve(claim, me(), seen(), request.form.get("note", ""))
    return _next(claim, f"已同意 {number}")


@blueprint.get("/<number>/return")
@allow(*REVIEWERS)
def send_back(number: str) -> ResponseReturnValue:
    return _ask(number, RETURNS, _return_page)


@blueprint.post("/<number>/return")
@allow(*REVIEWERS)
def send_back_now(number: str) -> ResponseReturnValue:
    _again(number, _return_page)
    given = request.form
    note = join_reasons(given.get("note", "")[:600], given.getlist("note_pick")[:20])
    with transaction():
        claim = claim_of(number)
        spots = marks.read(claim, *(given.getlist(f"mark_{name}") for name in ("document", "place", "note")))
        review.return_to_filer(claim, me(), seen(), note, given.getlist("items"), spots)
    return _next(claim, f"已退回 {number}")


@blueprint.get("/<number>/refuse")
@allow(*REVIEWERS)
def refuse(number: str) -> ResponseReturnValue:
    return _ask(number, REFUSES, _refuse_page)


@blueprint.post("/<number>/refuse")
@allow(*REVIEWERS)
def refuse_now(number: str) -> ResponseReturnValue:
    _again(number, _refuse_page)
    code, note = request.form.get("refusal_code", ""), request.form.get("note", "")[:600]
    with transaction():
        claim = claim_of(number)
        review.refuse(claim, me(), seen(), code, note)
    return _next(claim, f"已作出不予补助 {number}")


def _ask(number: str, actions: dict[str, str], page: Page) -> ResponseReturnValue:
    """The page that asks, while the claim still waits for somebody like me."""
    claim = claim_of(number)
    if claim.state not in actions:
        raise Conflict(who_was_first(claim))
    review.may_take(claim, me())
    if said := holds.words(holds.holder(claim.id), me()):
        return showing.page(claim, {"": said}), 409
    return page(claim, {})


def _again(number: str, page: Page) -> None:
    """After a refusal: the same page with what was typed, or the claim as it is now when it moved on."""

    def shown(errors: Errors) -> str:
        claim = claim_of(number)
        if claim.version != seen() or "" in errors:
            return showing.page(claim, errors)
        return page(claim, errors)

    again(shown)


def _next(claim: Claim, said: str) -> ResponseReturnValue:
    """On to the next claim that waits for me, or back to an empty desk; both offer to take it back."""
    undoing.offer(claim, said)
    with transaction():
        following = holds.take_next(current_actor()) or holds.in_hand(current_actor())
    if following is None:
        flash("没有更多等您审核的申请了。")
        return redirect(url_for("workbench.home"), 303)
    flash("已为您打开下一件。")
    return redirect(path_of(following), 303)


def _approve_page(claim: Claim, errors: Errors) -> str:
    move = WORKFLOW.move(PASSES[claim.state], claim.state)
    award = figures.estimate(claim)
    return render_template(
        "claims_admin/approve.html",
        errors=errors,
        values=request.form,
        **showing.facts(claim),
        goes_to=state_words(move.target) if move else "",
        award=award,
        bad=[check for check in suspicions.for_reviewer(claim) if check.level == "bad"],
    )


def _return_page(claim: Claim, errors: Errors) -> str:
    wanted = {paper.code for paper in figures.papers_of(claim)} | set(PARTS_OF[claim.kind])
    return render_template(
        "claims_admin/return.html",
        errors=errors,
        values={"note": request.form.get("note", ""), "items": request.form.getlist("items")},
        spots=_typed_spots(),
        places=[(key, place.words) for key, place in PLACES.items()],
        areas={key: ",".join(map(str, place.area)) for key, place in PLACES.items()},
        **showing.facts(claim),
        reasons=[row.text for row in reasons.reasons()],
        may_refuse=claim.state in REFUSES,
        items=[(code, words) for code, words in ITEMS.items() if code in wanted],
    )


def _typed_spots() -> list[dict[str, str]]:
    """The rows for places in photos as they were typed, filled up to three."""
    rows = zip(
        *(request.form.getlist(f"mark_{name}") for name in ("document", "place", "note")), strict=False
    )
    typed = [dict(zip(("document", "place", "note"), row, strict=True)) for row in rows if row[0]]
    return [*typed[: marks.MOST], *[{}] * max(0, 3 - len(typed))]


def _refuse_page(claim: Claim, errors: Errors) -> str:
    return render_template(
        "claims_admin/refuse.html",
        errors=errors,
        values=request.form,
        **showing.facts(claim),
        refusals=[(reason.code, reason.words) for reason in refusals(claim.kind)],
    )
