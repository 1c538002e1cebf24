"""Do long lists read an index, whatever their length (B3)? Real plans, over rows enough for the planner."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from bench import rows
from claims.queries import own, work
from core import audit
from core.access import SYSTEM
from core.db import db as database
from core.db import transaction
from core.roles import FIRST_REVIEWER
from employee import queries as employees
from employee.models import Employee
from notify import queries as notify
from notify import service as messages
from tests.office import Office, actor
from tests.world import World
from workbench import mine, trail

ROWS = 8000
RARE = ROWS // 40


@contextmanager
def plans() -> Iterator[list[str]]:
    """The plans of the SELECTs meanwhile, as PostgreSQL makes them of itself."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        seen.append((statement, given))

    found: list[str] = []
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    cursor = database.session.connection().connection.cursor()
    for statement, given in seen:
        if statement.startswith("SELECT"):
            found.append(
                "\n".join(row[0] for row in cursor.execute(f"EXPLAIN {statement}", given).fetchall())
            )


@pytest.fixture
def fill(app: Flask, db: Any) -> Callable[..., None]:
    """`fill(table, **sql)`: thousands of copies of the table's one row, and what autovacuum does then."""

    def many(table: str, **differ: str) -> None:
        url = app.config["SQLALCHEMY_DATABASE_URI"].replace("postgresql+psycopg://", "postgresql://", 1)
        database.session.remove()
        rows.copies(url, table, ROWS, **differ)

    return many


def no_reading_of(table: str, found: list[str]) -> None:
    assert found
    for plan in found:
        assert f"Seq Scan on {table}" not in plan, plan


def uses(index: str, found: list[str]) -> None:
    assert any(index in plan for plan in found), "\n\n".join(found)


def test_a_roster_is_read_by_its_union(fill: Callable[..., None], world: World) -> None:
    union = world.union().id
    world.employee(world.union("别处工会"))
    fill(
        "employee", id=rows.id_of(), id_number_bi=rows.bytes_of("a"), phone_bi=rows.bytes_of("b"),
        union_id=f"CASE WHEN n % 200 = 0 THEN '{union}'::uuid ELSE {rows.id_of('n % 50')} END",
    )  # fmt: skip
    _readable(union)
    with plans() as found:
        assert len(employees.roster(union).rows) == employees.PAGE
        employees.with_number("450100196801010009", "13800000001", None)
    no_reading_of("employee", found)
    uses("ix_employee_roster", found[:1])


def test_claims_are_read_by_their_order_their_member_and_their_state(
    fill: Callable[..., None], office: Office
) -> None:
    office.rows(1, office.world.union())
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    person = uuid.UUID(rows_id(7))
    fill(
        "claim", id=rows.id_of(), number="'BZ' || n", union_id=rows.id_of("n % 400"),
        employee_id=rows.id_of("n % 500"),
        state=f"CASE WHEN n % {RARE} = 0 THEN 'first_review' ELSE 'paid' END",
        submitted_at="timestamptz '2026-01-01' + n * interval '1 minute'", receipt_bi=rows.bytes_of("r"),
    )  # fmt: skip
    with plans() as found:
        own.for_employee(person)
    uses("ix_claim_employee", found)
    with plans() as found:
        work.counts(by)
        database.session.execute(work._lines(by, None).order_by(work.Claim.id.desc()).limit(21)).all()
        work.recently_done(by)
        mine.page(by)
    no_reading_of("claim", found)


def test_steps_are_read_by_who_did_them(fill: Callable[..., None], office: Office) -> None:
    me = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    office.file(passed_by=office.world.staff(FIRST_REVIEWER))
    fill(
        "transition", id=rows.id_of(), object_id=rows.id_of(), actor_id=rows.id_of("n % 40"),
        at="timestamptz '2026-01-01' + n * interval '1 minute'",
    )  # fmt: skip
    with plans() as found:
        mine.page(me)
        work.recently_done(me)
    no_reading_of("transition", found)
    uses("ix_transition_actor", found)


def test_the_audit_is_read_by_who_and_what(fill: Callable[..., None]) -> None:
    with transaction():
        audit.record("claim.reveal", "claim", "x", SYSTEM)
    fill(
        "audit_entry", seq="n", at="timestamptz '2026-01-01' + n * interval '1 minute'",
        actor_label=f"CASE WHEN n % {RARE} = 0 THEN '示例员工' ELSE '别人' || n % 30 END",
        action=f"CASE WHEN n % {RARE} = 1 THEN 'staff.grant' ELSE 'claim.approve' END",
        object_kind="'employee'", object_id="'x' || n",
    )  # fmt: skip
    for given, index in (
        ({}, "pk_audit_entry"),
        ({"who": "示例员工"}, "ix_audit_entry_actor"),
        ({"action": "staff.grant"}, "ix_audit_entry_action"),
        ({"object": "x17"}, "ix_audit_entry_object_id"),
    ):
        with plans() as found:
            trail.page(dict.fromkeys(trail.NAMES, "") | given)
        no_reading_of("audit_entry", found)
        uses(index, found)


def test_messages_are_read_by_kind_and_owner(fill: Callable[..., None], world: World) -> None:
    person = world.insured()
    with transaction():
        messages.send(
            "claim_submitted", employee=person.id, about=("claim", person.id, "BZ1"),
            values={"number": "BZ1"}, dedupe="plans",
        )  # fmt: skip
    fill(
        "inbox_message", id=rows.id_of(), dedupe_key="'x' || n", owner_id=rows.id_of("n % 500"),
    )  # fmt: skip
    with plans() as found:
        notify.inbox(uuid.UUID(int=1))
        notify.unread_count(uuid.UUID(int=1))
    no_reading_of("inbox_message", found)
    fill(
        "outbox_message", id=rows.id_of(), dedupe_key="'x' || n", owner_id=rows.id_of("n % 500"),
        kind=f"CASE WHEN n % {RARE} = 1 THEN 'test_message' ELSE 'claim_paid' END",
        created_at="timestamptz '2026-01-01' + n * interval '1 minute'",
    )  # fmt: skip
    with plans() as found:
        notify.sent(kind="rebind_asked")
    no_reading_of("outbox_message", found)
    uses("ix_outbox_kind", found)


def rows_id(n: int) -> str:
    return str(uuid.UUID(f"{n:012x}70008000000000000000"))


def _readable(union_id: uuid.UUID) -> None:
    """Seals name their row, so copies cannot be opened: the people of the page get seals of their own."""
    query = select(Employee).where(Employee.union_id == union_id).order_by(Employee.id).limit(30)
    with transaction():
        for person in database.session.scalars(query):
            person.name, person.id_number, person.phone = "张示例", f"X{person.id.hex[:16]}", None
