"""How does a person put right what came back? A returned application, or a payment that bounced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.models import Claim
from claims.rules import ITEMS, PART_OF
from claims.service import checks, cuts, figures, filing
from claims.service.moving import hold, move, owning
from core.access import Actor
from core.errors import Conflict, Invalid
from core.history import STALE

# The checks that matter when only the account changes.
_ACCOUNT_PAPERS = ("bank_card", "explanation", "payee_id_front", "payee_id_back", "payee_bank_card")
_ABOUT_ACCOUNT = ("payee_name", "card", *(f"paper_{code}" for code in _ACCOUNT_PAPERS))


def unchanged_items(claim: Claim) -> list[str]:
    """What the reviewer pointed at and nobody has touched since, as people call it (E12)."""
    return [ITEMS.get(item, item) for item in claim.return_items if item not in claim.changed_parts]


def resubmit(claim: Claim, by: Actor, *, seen: int | None = None) -> bool:
    """Hand a returned application in again (GX-26), at the first level. False when it was done before."""
    owner = owning(claim, by)
    hold(claim)
    if claim.state != "returned" and seen is not None and claim.version > seen:
        return False
    cuts.forget(claim.id)
    filing.enter_review(
        claim,
        owner,
        seen=seen,
        meta={"changed": list(claim.changed_parts)},
        return_items=[],
        changed_parts=[],
        first_reviewer_id=None,
        second_reviewer_id=None,
        award_fen=None,
        approval_bi=None,
        decided_at=None,
    )
    return True


def fix_payee(claim: Claim, values: Mapping[str, Any], by: Actor, *, seen: int | None = None) -> None:
    """After a bounce: only the account may change, and it goes back to finance, not to review (GX-29)."""
    owner = owning(claim, by)
    hold(claim)
    if claim.state != "pay_failed" or any(PART_OF[name] != "payee" for name in values):
        raise Conflict(STALE)
    filing.apply(claim, values)
    stops = {
        check.code: check.text
        for check in checks.run(claim)
        if check.blocking and check.code in _ABOUT_ACCOUNT
    }
    if stops:
        raise Invalid(stops)
    mark = figures.approval_mark(claim)
    move(claim, "fix_payee", owner, seen=seen, bounce_code="", approval_bi=mark, changed_parts=[])
