"""How do somebody's 会籍变更 stand in 我的办件?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from core.access import Actor
from core.db import db
from core.fields import mask_name
from core.handled import REVIEW, Case, Door, by_table
from employee import service as employees
from membership.models import MembershipTransfer
from membership.queries.listing import answered_by, scope
from membership.rules import REFUSED, WAITING, WORKFLOW
from staff import queries as people
from union import queries as unions

_T = MembershipTransfer


def _look(ids: Iterable[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Case]:
    answers = answered_by(actor).label("answers")
    columns: tuple[Any, ...] = (
        _T.id, _T.state, _T.employee_id, _T.staff_id, unions.name_of(_T.to_union_id).label("to"), answers
    )  # fmt: skip
    rows = db.session.execute(select(*columns).where(_T.id.in_(list(ids)), scope(actor))).all()
    persons = employees.cards([row.employee_id for row in rows if row.employee_id])
    staffers = people.cards(row.staff_id for row in rows if row.staff_id)
    found = {}
    for row in rows:
        name = persons[row.employee_id].name if row.employee_id else staffers[row.staff_id].name
        words = f"{mask_name(name)} 转到“{row.to}”"
        at = f"/admin/transfers/{row.id}"
        found[row.id] = Case("", words, WORKFLOW.label(row.state), _to_do(row.state, row.answers), at)
    return found


def _to_do(state: str, is_mine: bool) -> str:
    if state == WAITING:
        return REVIEW if is_mine else "等工会审核"
    return "看不通过的原因" if state == REFUSED else ""


DOOR = Door("membership", "会籍变更", _look, by_table(WORKFLOW, "提出"))
