"""Which lines of a figure did reviewers lower, and what is left of it? Never more than was computed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy import delete, select

from claims.models import AwardCut
from core.db import db
from core.money import shown_yuan
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
    """`award` with its lines at most at `limits` (benefit → fen); caps remember the lower sums."""
    lines = tuple(_line(line, limits.get(line.benefit)) for line in award.lines)
    if lines == award.lines:
        return award
    saved = {
        line.benefit: was.amount_fen - line.amount_fen for was, line in zip(award.lines, lines, strict=True)
    }
    used = {
        code: one._replace(paid_fen=one.paid_fen - saved.get(code, 0))
        for code, one in award.usage.used.items()
    }
    under_cap = sum(fen for code, fen in saved.items() if plan.by_code[code].is_in_plan_cap)
    usage = Memory(used, award.usage.total_fen - under_cap)
    total = sum(line.amount_fen for line in lines)
    return award._replace(lines=lines, total_fen=total, usage=usage, memory_after=before.plus(usage))


def _line(line: Line, limit: int | None) -> Line:
    if limit is None or limit >= line.amount_fen:
        return line
    said = LOWERED.format(was=shown_yuan(line.amount_fen), now=shown_yuan(limit))
    return line._replace(steps=(*line.steps, said), amount_fen=limit)
