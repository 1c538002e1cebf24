"""What does a reviewer see of one claim (A3)? Documents beside what they prove, and whose turn it is."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from claims.admin.door import MAY_REVEAL, READERS, REVIEWERS, SEES_NAMES, blueprint, claim_of, me, path_of
from claims.models import Claim
from claims.queries import duplicates, kind_words, record, state_words, work
from claims.rules import REFUSES
from claims.service import automatic, behalf, cuts, figures, holds, revealing, review, suspicions
from claims.service.checks import Check
from core import clock
from core.access import allow, current_actor
from core.db import transaction
from employee import service as employees
from staff import service as staff


@blueprint.get("/<number>")
@allow(*READERS)
def show(number: str) -> str:
    return page(claim_of(number))


@blueprint.post("/<number>/hold")
@allow(*REVIEWERS)
def hold(number: str) -> ResponseReturnValue:
    """领取: say that I am on it."""
    with transaction():
        claim = claim_of(number)
        review.may_take(claim, me())
        holds.hold(claim, me())
        holds.must_be_free(claim, me())
    return redirect(path_of(claim), 303)


@blueprint.post("/<number>/take-over")
@allow(*REVIEWERS)
def take_over(number: str) -> ResponseReturnValue:
    """接手: somebody else is on it and cannot go on; it is written down."""
    with transaction():
        claim = claim_of(number)
        review.may_take(claim, me())
        holds.hold(claim, me(), take_over=True)
    return redirect(path_of(claim), 303)


@blueprint.post("/<number>/put-back")
@allow(*REVIEWERS)
def put_back(number: str) -> ResponseReturnValue:
    with transaction():
        claim = claim_of(number)
        holds.put_back(claim, me())
    flash(f"已放回待办 {claim.number}")
    return redirect(url_for("workbench.home"), 303)


def page(claim: Claim, errors: dict[str, str] | None = None) -> str:
    """The page in the state the claim has now; `errors` are what a refused action says."""
    actor = me()
    is_finance = not actor.has(*work.READERS)
    is_mine_to_decide = claim.state in work.levels_of(actor)
    found = figures.reckon(claim)
    pairs = [] if is_finance else duplicates.pairs_of(claim)
    return render_template(
        "claims_admin/show.html",
        errors=errors,
        **facts(claim),
        is_finance=is_finance,
        checks=_checks(claim, found, pairs),
        trigger=automatic.trigger_of(claim),
        gave=automatic.given_by(claim.id) if claim.state == "paid" else "",
        has_pairs=bool(pairs) and actor.has(*REVIEWERS),
        cut_reasons={} if is_finance else cuts.reasons(claim.id),
        award=_award(claim, found),
        is_decided=claim.decided_at is not None,
        events=record.events(claim),
        resent=record.resent(claim),
        may_reveal=actor.has(*MAY_REVEAL),
        reveal_fields=revealing.LABELS,
        reveal_reasons=list(revealing.REASONS.items()),
        may_decide=is_mine_to_decide,
        may_refuse=claim.state in REFUSES,
        why_not=review.why_not(claim, actor) if is_mine_to_decide else "",
        place=work.place(claim, current_actor()) if is_mine_to_decide and claim.submitted_at else None,
        can_take_filing=actor.has(*behalf.FILERS) and behalf.is_orphaned(claim),
        **_whose(claim),
    )


def _checks(claim: Claim, found: figures.Reckoning, pairs: list[duplicates.Pair]) -> list[Check]:
    """For those who review; of what was erased, or made by rule, there is nothing to check."""
    is_finance = not me().has(*work.READERS)
    if is_finance or claim.contents_erased_at or claim.is_automatic:
        return []
    return suspicions.for_reviewer(claim, found, pairs)


def _award(claim: Claim, found: figures.Reckoning) -> dict[str, Any]:
    """The figure with its lines; of an old one only the sum is left."""
    if claim.contents_erased_at:
        return {"total_fen": claim.award_fen or 0, "lines": [], "notes": []}
    return claim.award if claim.decided_at and claim.award else found.award.to_dict()


def facts(claim: Claim) -> dict[str, Any]:
    """What the claim's pages of this room all show: person, words, photos, addresses."""
    actor = me()
    papers, missing = record.papers(claim, only_cards=not actor.has(*work.READERS))
    return {
        "claim": claim,
        "at": path_of(claim),
        "who": employees.card(claim.employee_id),
        "sees_name": actor.has(*SEES_NAMES),
        "kind": kind_words(claim.kind),
        "state": state_words(claim.state),
        "filed_by": _filed_by(claim),
        "filing_url": f"/admin/claims/filings/{claim.number}" if _is_mine(claim) else "",
        "waited": clock.age(claim.submitted_at) if claim.submitted_at else "",
        "docs": [_picture(claim, paper) for paper in papers],
        "missing": [] if claim.photos_erased_at or claim.is_automatic else missing,
    }


def _is_mine(claim: Claim) -> bool:
    """Did the asker file it? They change it on the pages of their own."""
    return claim.filed_by_kind == "staff" and claim.filed_by_id == me().id


def _filed_by(claim: Claim) -> str:
    """由谁代办; empty for what the person filed on their phone."""
    if claim.filed_by_kind != "staff":
        return ""
    how = "代他人办理" if claim.is_by_agent else "本人在工会办理"
    return f"{how}，经办人 {staff.label(claim.filed_by_id)}"


def _picture(claim: Claim, paper: record.Paper) -> dict[str, str]:
    at = path_of(claim, f"documents/{paper.document.id}")
    return {
        "kind": paper.document.kind,
        "label": paper.label,
        "id": str(paper.document.id),
        "thumb_url": f"{at}/thumb",
        "preview_url": f"{at}/preview",
        "full_url": f"{at}/full",
    }


def _whose(claim: Claim) -> dict[str, Any]:
    found = holds.holder(claim.id)
    return {
        "held_words": holds.words(found, me()),
        "is_mine": found is not None and found.staff_id == me().id,
    }
