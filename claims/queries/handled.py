"""How do somebody's claims stand in 我的办件?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from claims.models import Claim
from claims.queries.own import kind_words, state_words
from claims.queries.record import label_of
from claims.queries.work import levels_of, scope
from claims.rules import REVIEWS
from core.access import Actor
from core.db import db
from core.fields import mask_name
from core.handled import REVIEW, Case, Door
from employee import service as employees

WAITS = {
    "returned": "等申请人修改后重新提交",
    "approved": "等财务打款",
    "paying": "等银行的结果",
    "pay_failed": "等申请人改正收款账户",
}


def _look(ids: Iterable[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Case]:
    columns = (Claim.id, Claim.number, Claim.kind, Claim.state, Claim.employee_id, Claim.first_reviewer_id)
    rows = db.session.execute(select(*columns).where(Claim.id.in_(list(ids)), scope(actor))).all()
    people = employees.cards([row.employee_id for row in rows])
    mine = levels_of(actor)
    return {
        row.id: Case(
            row.number,
            f"{mask_name(people[row.employee_id].name)} {kind_words(row.kind)}",
            state_words(row.state),
            _to_do(row.state, row.state in mine and row.first_reviewer_id != actor.id),
            f"/admin/claims/{row.number}",
        )
        for row in rows
    }


def _to_do(state: str, is_mine: bool) -> str:
    if state in REVIEWS:
        return REVIEW if is_mine else f"等{state_words(state).removeprefix('待')}"
    return WAITS.get(state, "")


DOOR = Door("claim", "补助申请", _look, label_of)
