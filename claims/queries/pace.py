"""When will it probably be done? What most claims of the kind took from here on; else a promise."""

from __future__ import annotations

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


def typical() -> dict[str, str]:
    """State → words for the reviewers' list, of the kind most claims are; one statement."""
    rows = db.session.query(ClaimPace).filter(ClaimPace.cases >= ENOUGH).order_by(ClaimPace.cases)
    return {
        row.state: f"一半在 {max(1, row.median_days)} 个、多数在 {max(1, row.most_days)} 个工作日内办完"
        for row in rows
    }
