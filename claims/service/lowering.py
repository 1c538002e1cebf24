"""May a reviewer pay less than the plan computes? One line at a time, with a reason, never more."""

from __future__ import annotations

from sqlalchemy import delete

from claims.models import AwardCut, Claim
from claims.rules import REVIEWS
from claims.service import cuts, figures
from claims.service.review import guard
from core import audit
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.money import shown_yuan

TOO_MUCH = "核定金额不能超过系统计算的金额（{most} 元），只能调低"
AS_LOWERED = "核定金额不能超过前面审核已调低的金额（{most} 元）；如认为不妥，请退回并说明"
NO_WHY = "请写明调低的原因，申请人要看到"


def lower(claim: Claim, by: Actor, seen: int, benefit: str, amount_fen: int, why: str) -> None:
    """Lower one line of the figure; one's own cut may be put back up to what was computed."""
    by = guard(claim, by, dict.fromkeys(REVIEWS), seen)
    mine = next((cut for cut in cuts.of_claim(claim.id) if cut.benefit == benefit), None)
    computed = _computed(claim, benefit)
    if amount_fen > computed:
        raise Refused(TOO_MUCH.format(most=shown_yuan(computed)), "amount")
    if mine and mine.by_id != by.id and amount_fen > mine.amount_fen:
        raise Refused(AS_LOWERED.format(most=shown_yuan(mine.amount_fen)), "amount")
    if amount_fen < computed and not why.strip():
        raise Refused(NO_WHY, "why")
    db.session.execute(delete(AwardCut).where(AwardCut.claim_id == claim.id, AwardCut.benefit == benefit))
    if amount_fen < computed:
        assert by.id  # noqa: S101 - staff always have an id
        row = AwardCut(claim_id=claim.id, benefit=benefit, amount_fen=amount_fen, by_id=by.id)
        row.by_label, row.note = by.label, why.strip()[:300]
        db.session.add(row)
    db.session.flush()
    audit.record("claim.lower", "claim", claim.id, by, benefit=benefit)


def _computed(claim: Claim, benefit: str) -> int:
    line = next((one for one in figures.computed(claim).award.lines if one.benefit == benefit), None)
    if line is None:
        raise Refused("请选择要调低的项目", "benefit")
    return line.amount_fen
