"""B15: how long does 一键选择全部未参保职工 take for 20,000 people? Beside a peer that asks about each."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import delete, insert, select

from bench.figures import Goal, Line
from bench.stage import Size, Stage
from core.access import Actor
from core.db import db, transaction, uuid7
from core.roles import GUEST, OPERATOR, STAFF
from employee.models import Employee
from enrolment.models import Enrolment, Participant
from enrolment.queries.people import taken
from enrolment.service import people
from tests.world import World

PEOPLE, PEER = 20_000, 1_000
SECONDS, TIMES = 3.0, 20.0


def run(stage: Stage, size: Size) -> list[Line]:
    with stage.app.app_context():
        row, by = _draft(min(PEOPLE, size.people))
        ours, other = [], []
        for _ in range(size.rounds):
            ours.append(_timed(lambda: people.add_all(row, by), row))
            other.append(_timed(lambda: _one_by_one(row), row))
        count = min(PEOPLE, size.people)
        each, theirs = [count / one for one in ours], [min(PEER, count) / one for one in other]
        db.session.remove()
    return [
        Line("B15", f"choosing all {count:,} people of a union", "s", ours, [], "",
             Goal(most=SECONDS, is_absolute=True, unit="s")),
        Line("B15", "choosing people", "people/s", each, theirs, "a question and a row each, people/s",
             Goal(least=TIMES)),
    ]  # fmt: skip


def _draft(count: int) -> tuple[Enrolment, Actor]:
    """A union with so many people, all alike but for the number that tells them apart."""
    world = World()
    union = world.union("测试基准参保工会")
    one = world.employee(union)
    table: Any = Employee.__table__
    kept = dict(db.session.execute(select(table).where(table.c.id == one.id)).mappings().one())
    rows = [{**kept, "id": uuid7(), "id_number_bi": n.to_bytes(16, "big")} for n in range(count - 1)]
    staff = world.staff(OPERATOR, union=union)
    with transaction():
        db.session.execute(insert(table), rows)
        row = Enrolment(
            number="CBFW2026110001", union_id=union.id, union_name=union.name, plan_code="GX-2027",
            plan_version="1", filed_by_id=staff.id, filed_by_label=staff.name, state="draft", version=0,
        )  # fmt: skip
        db.session.add(row)
    return row, Actor(
        "staff", staff.id, staff.name, frozenset({GUEST, STAFF, OPERATOR}), grants=((OPERATOR, union.id),)
    )


def _timed(call: Any, row: Enrolment) -> float:
    """Seconds of the action with its commit; then everybody leaves again."""
    began = time.perf_counter()
    with transaction():
        call()
    took = time.perf_counter() - began
    with transaction():
        db.session.execute(delete(Participant).where(Participant.enrolment_id == row.id))
        row.participant_count = 0
    return took


def _one_by_one(row: Enrolment) -> None:
    """For each person: are they taken? then one more object."""
    is_taken = taken(row.plan_code)
    query = select(Employee.id).where(Employee.union_id == row.union_id).limit(PEER)
    for employee_id in list(db.session.scalars(query)):
        found = db.session.scalar(
            select(Employee.id).where(Employee.id == employee_id, is_taken(Employee.id))
        )
        if found is None:
            db.session.add(Participant(enrolment_id=row.id, employee_id=employee_id, plan_code=row.plan_code))
            db.session.flush()
    row.participant_count = PEER
