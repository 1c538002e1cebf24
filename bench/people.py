"""Who is on the stage? Fictional insured people with claims, made as the tests make them."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import insert, select

from claims.models import Claim
from core import clock
from core.db import db, transaction, uuid7
from core.history import Transition
from employee.models import Employee
from tests.world import World
from union.models import Union

UNION = "测试基准工会委员会"


def insured() -> tuple[Employee, str]:
    """A bound person and the openid."""
    world = World()
    union = db.session.scalar(select(Union).where(Union.name == UNION)) or world.union(UNION)
    person = world.employee(union)
    world.cover(person)
    return person, world.bind(person).openid


def with_claims(person: Employee, count: int, state: str = "first_review") -> str:
    """`count` claims with three lines of history each; gives the number of the newest."""
    first = _claim(person, state)
    with transaction():
        db.session.add(first)
        db.session.flush()
        rows = [first.id]
        if count > 1:
            rows += _copies(first, count - 1)
        db.session.execute(
            insert(Transition.__table__), [line for row in rows for line in _history(row, state)]
        )
    newest = select(Claim.number).where(Claim.employee_id == person.id).order_by(Claim.id.desc()).limit(1)
    return str(db.session.scalar(newest))


def _claim(person: Employee, state: str) -> Claim:
    row = Claim(
        number=f"BZ{uuid.uuid4().int % 10**18:018d}",
        kind="hospital",
        employee_id=person.id,
        union_id=person.union_id,
        filed_by_kind="employee",
        filed_by_id=person.id,
        state=state,
        step=3,
        admitted_on=dt.date(2026, 3, 1),
        discharged_on=dt.date(2026, 3, 9),
        total_fen=960_000,
        pooled_fen=670_000,
        self_paid_fen=240_000,
        submitted_at=clock.now(),
        payee_bank="示例银行",
    )
    row.hospital, row.diagnosis, row.receipt = "示例市第一人民医院", "示例诊断", "45060126-0000000001"
    row.payee_name, row.payee_card = person.name, "6217000000000000111"
    return row


def _copies(claim: Claim, count: int) -> list[uuid.UUID]:
    """Rows like it; what is sealed is left out, because a seal names its row."""
    table = Claim.__table__
    kept = db.session.execute(select(table).where(table.c.id == claim.id)).mappings().one()
    plain = {name: value for name, value in kept.items() if not name.endswith(("_ct", "_bi"))}
    rows = [plain | {"id": uuid7(), "number": f"{claim.number}-{n}"[-32:]} for n in range(count)]
    db.session.execute(insert(table), rows)
    return [row["id"] for row in rows]


def _history(claim_id: uuid.UUID, state: str) -> list[dict[str, object]]:
    line = {"workflow": "claim", "object_id": claim_id, "actor_kind": "employee", "actor_label": "申请人",
            "meta": {}, "at": clock.now()}  # fmt: skip
    moves = (("create", "", "draft"), ("submit_to_first_review", "draft", "first_review"))
    lines = [line | {"id": uuid7(), "action": a, "from_state": f, "to_state": t} for a, f, t in moves]
    if state != "first_review":
        lines.append(line | {"id": uuid7(), "action": "return_first", "from_state": "first_review",
                             "to_state": state})  # fmt: skip
    return lines
