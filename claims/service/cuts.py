"""Which lines of a figure did reviewers lower, and what is left of it? Never more than was computed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy import delete, select

from claims.models import AwardCut
from core.db import db
from core.money import shown_yuan
from plans import service as plans
from plans.service import Award, Line, Memory, Plan

LOWERED = "审核核减：由 {was} 元调低到 {now} 元"


def of_claim(claim_id: uuid.UUID) -> list[AwardCut]:
    """The cuts that hold for a claim, oldest first."""
    return list(
        db.session.scalars(select(AwardCut).where(AwardCut.claim_id == claim_id).order_by(AwardCut.id))
    )


def reasons(claim_id: uuid.UUID) -> dict[str, str]:
    """Benefit → why its line was lowered, for everybody who reads the worked lines."""
    return {cut.benefit: cut.note or "" for cut in of_claim(claim_id)}


def forget(claim_id: uuid.UUID) -> None:
    """The claim comes anew: what was lowered was another figure."""
    db.session.execute(delete(AwardCut).where(AwardCut.claim_id == claim_id))


def lowered(award: Award, plan: Plan, before: Memory, limits: Mapping[str, int]) -> Award:
    """`award` with its lines at most at `limits` (benefit → fen), saying so; caps remember the lower sums."""
    found = plans.limited(award, plan, limits)
    if found is award:
        return award
    lines = tuple(_line(was, now) for was, now in zip(award.lines, found.lines, strict=True))
    return found._replace(lines=lines, memory_after=before.plus(found.usage))


def _line(was: Line, now: Line) -> Line:
    if was.amount_fen == now.amount_fen:
        return now
    said = LOWERED.format(was=shown_yuan(was.amount_fen), now=shown_yuan(now.amount_fen))
    return now._replace(steps=(*now.steps, said))
