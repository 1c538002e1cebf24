"""When will it probably be done? What most claims of the kind took from here on; else a promise."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ScalarSelect, select

from claims.models import Claim, ClaimPace
from core import context
from core.db import db

ENOUGH = 30  # fewer say nothing about the next one, and something about the few
MOST = "多数申请在 {n} 个工作日内办完"
PROMISED = "审核一般需要 {n} 个工作日"


def likely_days(state: str, kind: str) -> int | None:
    """Working days within which four of five were done; None under thirty cases."""
    row = db.session.get(ClaimPace, (state, kind))
    return max(1, row.most_days) if row and row.cases >= ENOUGH else None


def likely_words(claim: Claim) -> str:
    """For the person who waits: measured, or what the scheme promises, or nothing."""
    if found := likely_days(claim.state, claim.kind):
        return MOST.format(n=found)
    promised = context.scheme().promises.get("review_days")
    return PROMISED.format(n=promised) if promised else ""


def of_state(column: Any) -> ScalarSelect[int]:
    """A figure of the present state of a claim, of the kind most claims are, for a query about claims."""
    known = select(column).where(ClaimPace.state == Claim.state, ClaimPace.cases >= ENOUGH)
    return known.order_by(ClaimPace.cases.desc()).limit(1).correlate(Claim).scalar_subquery()


def words(half: int | None, most: int | None) -> str:
    """For the reviewers' list."""
    return "" if half is None or most is None else f"一半 {max(1, half)}、多数 {max(1, most)} 个工作日内办完"
