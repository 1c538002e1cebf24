"""How do somebody's enrolments stand in 我的办件? (XM-68)"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from core.access import Actor
from core.db import db
from core.handled import REVIEW, Case, Door, by_table
from enrolment.models import Enrolment
from enrolment.queries.listing import levels_of, scope, state_words, to_do
from enrolment.rules import KEEPERS, REVIEWS, STEPS, WORKFLOW, step_of


def _look(ids: Iterable[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Case]:
    query = select(Enrolment).where(Enrolment.id.in_(list(ids)), scope(actor))
    return {
        row.id: Case(
            row.number,
            f"{row.union_name}，{row.participant_count:,} 人",
            state_words(row.state),
            _to_do(row, actor),
            f"/admin/enrolments/{row.number}",
        )
        for row in db.session.scalars(query)
    }


def _to_do(row: Enrolment, actor: Actor) -> str:
    """The next step for whoever reads: reviewers hear what waits for them, operators where it is."""
    if row.state in REVIEWS:
        is_mine = row.state in levels_of(actor) and actor.id not in (row.first_reviewer_id, row.filed_by_id)
        return REVIEW if is_mine else to_do(row.state, True)
    said = to_do(row.state, row.submitted_at is not None)
    if not said or not actor.has(*KEEPERS):
        return said
    return f"第 {step_of(row.state)} 步，共 {len(STEPS)} 步：{said}"


DOOR = Door("enrolment", "工会参保", _look, by_table(WORKFLOW, "新建"))
