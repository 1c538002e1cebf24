"""How do somebody's changes of personal data stand in 我的办件?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from changes.models import ChangeRequest
from changes.queries.own import state_words
from changes.queries.work import levels_of, scope
from changes.rules import REVIEWS, WORKFLOW
from core.access import Actor
from core.db import db
from core.fields import mask_name
from core.handled import REVIEW, Case, Door, by_table
from employee import service as employees


def _look(ids: Iterable[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Case]:
    columns = (
        ChangeRequest.id, ChangeRequest.number, ChangeRequest.state, ChangeRequest.employee_id,
        ChangeRequest.first_reviewer_id,
    )  # fmt: skip
    rows = db.session.execute(select(*columns).where(ChangeRequest.id.in_(list(ids)), scope(actor))).all()
    people = employees.cards([row.employee_id for row in rows])
    mine = levels_of(actor)
    return {
        row.id: Case(
            row.number,
            mask_name(people[row.employee_id].name),
            state_words(row.state),
            _to_do(row.state, row.state in mine and row.first_reviewer_id != actor.id),
            f"/admin/changes/{row.number}",
        )
        for row in rows
    }


def _to_do(state: str, is_mine: bool) -> str:
    if state in REVIEWS:
        return REVIEW if is_mine else f"等{state_words(state).removeprefix('待')}"
    return "等申请人修改后重新提交" if state == "draft" else ""


DOOR = Door("change", "信息变更", _look, by_table(WORKFLOW, "提交"))
