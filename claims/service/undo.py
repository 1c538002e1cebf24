"""May a decision be taken back? By whoever took it, for thirty seconds, when nobody has acted on it since."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import exists, select

from claims.models import Claim
from claims.queries.work import acting_for
from claims.rules import PASSES, REFUSES, RETURNS, UNDO_SECONDS, WORKFLOW, undo_of
from claims.service import holds
from claims.service.moving import hold, move, unsay
from claims.service.review import one_at_a_time
from core import clock, context
from core.access import Actor
from core.db import db
from core.errors import Conflict
from core.history import Transition, timeline, who_was_first

LEVEL_OF = {action: level for table in (PASSES, RETURNS, REFUSES) for level, action in table.items()}
TOO_LATE = "超过 30 秒，不能撤销了。请在办理记录里核对，需要时联系下一级审核人员或财务人员。"
TOLD = "申请人已经看到这次的处理结果，不能撤销了。"
NEXT_ONE = "这位申请人的另一份申请已经按这次的结果办理，不能撤销了。"


def undo(claim: Claim, by: Actor, seen: int) -> None:
    """撤销: back to where it waited, as a row of its history; what was going to be told is not told."""
    by = acting_for(claim, by)
    one_at_a_time(claim)
    hold(claim)
    last = next(reversed(timeline(claim.id)), None)
    if last is None or claim.version != seen or last.actor_id != by.id or last.action not in LEVEL_OF:
        raise Conflict(who_was_first(claim))
    if clock.now() - last.at > dt.timedelta(seconds=UNDO_SECONDS):
        raise Conflict(TOO_LATE)
    if _was_built_on(claim, last):
        raise Conflict(NEXT_ONE)
    row = WORKFLOW.move(last.action, last.from_state)
    if row and row.tells and not unsay(claim, last.action):
        raise Conflict(TOLD)
    move(claim, undo_of(last.action), by, seen=seen, **_as_before(claim, last))
    holds.hold(claim, by)


def _was_built_on(claim: Claim, last: Transition) -> bool:
    """Caps remember decided claims: was another one of the person decided after this?"""
    later = exists().where(
        Claim.employee_id == claim.employee_id, Claim.id != claim.id, Claim.decided_at >= last.at
    )
    return claim.decided_at is not None and bool(db.session.scalar(select(later)))


def _as_before(claim: Claim, last: Transition) -> dict[str, Any]:
    """The columns that the decision wrote, as they were."""
    passed_earlier = last.from_state in context.scheme().review.levels[1:] and claim.award
    changes: dict[str, Any] = {
        "award_fen": claim.award["total_fen"] if passed_earlier and claim.award else None,
        "decided_at": None,
        "approval_bi": None,
        "return_items": [],
        "refusal_code": "",
        "second_reviewer_id": None,
    }
    if last.from_state == "first_review":
        changes["first_reviewer_id"] = None
    return changes
