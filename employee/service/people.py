"""Who is this person, for the features that stand above? Read-only answers, opened once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, Select, or_, select, text

from core import context
from core.access import Actor
from core.db import db
from core.errors import Missing
from core.roles import EMPLOYEE, FOLLOWER, GUEST
from employee.models import Binding, Employee
from notify.service import Recipient
from union import queries as unions


class Greeting(NamedTuple):
    """Whom a page greets."""

    name: str
    union_name: str
    counted: int = 0


class Spoken(NamedTuple):
    """Whom a WeChat speaks for."""

    id: uuid.UUID
    name: str
    counted: int | None


@dataclass(frozen=True)
class EmployeeCard:
    """What other features need of a person, in clear; show it masked unless the page may do otherwise."""

    id: uuid.UUID
    name: str
    id_type: str
    id_number: str
    phone: str
    sex: str
    born_on: dt.date | None
    insurance_type: str
    insurance_card: str
    union_id: uuid.UUID
    union_name: str
    is_deceased: bool
    is_active: bool
    left_on: dt.date | None


# Plain text, because every message and every signed-in page asks it.
_LIVE = (
    " FROM binding JOIN employee ON employee.id = binding.employee_id"
    " WHERE binding.ended_at IS NULL AND binding.openid = "
)
_ACTOR = text(f"SELECT employee.id, employee.union_id{_LIVE}:openid")  # noqa: S608 - constants of this module
_GREETING = (
    "SELECT employee.id, employee.name_ct, trade_union.name AS union_name, ({counted}) AS counted"
    " FROM employee JOIN trade_union ON trade_union.id = employee.union_id WHERE employee.id = :id"
)
_REACHED = text(
    "SELECT employee.id, employee.phone_ct, employee.wants_sms, employee.is_deceased, binding.openid"
    " FROM employee LEFT JOIN binding ON binding.employee_id = employee.id AND binding.ended_at IS NULL"
    " WHERE employee.id = ANY(:ids)"
)
# What another room may put in for the person in `speaker`.
PERSON = "employee.id"


def get(employee_id: uuid.UUID) -> Employee:
    """The row. Raises `Missing`."""
    row = db.session.get(Employee, employee_id)
    if row is None:
        raise Missing
    return row


def card(employee_id: uuid.UUID) -> EmployeeCard:
    """One person. Raises `Missing`."""
    found = cards([employee_id])
    if employee_id not in found:
        raise Missing
    return found[employee_id]


def greeting(employee_id: uuid.UUID, counted: str = "0") -> Greeting | None:
    """The name over the home page: one plain statement, one seal opened; `counted` as in `speaker`."""
    asked = text(_GREETING.format(counted=counted))
    row = db.session.connection().execute(asked, {"id": employee_id}).one_or_none()
    return Greeting(Employee.name.of(row) or "", row.union_name, row.counted) if row else None  # type: ignore[attr-defined]


def same_person(id_number: str, phone: str) -> Select[uuid.UUID]:
    """The ids of people with this certificate number or this phone, to put into another query."""
    return select(Employee.id).where(
        or_(Employee.id_number.matches(id_number), Employee.phone.matches(phone))  # type: ignore[attr-defined]
    )


def cards(ids: list[uuid.UUID]) -> dict[uuid.UUID, EmployeeCard]:
    """Several people with one statement."""
    query = select(Employee, unions.name_of(Employee.union_id)).where(Employee.id.in_(ids))
    return {person.id: _card(person, name) for person, name in db.session.execute(query)} if ids else {}


def _card(person: Employee, union_name: str) -> EmployeeCard:
    return EmployeeCard(
        id=person.id,
        name=person.name or "",
        id_type=person.id_type,
        id_number=person.id_number or "",
        phone=person.phone or "",
        sex=person.sex,
        born_on=person.born_on,
        insurance_type=person.insurance_type,
        insurance_card=person.insurance_card or "",
        union_id=person.union_id,
        union_name=union_name,
        is_deceased=person.is_deceased,
        is_active=person.is_active,
        left_on=person.left_on,
    )


def people_with_phone(phone: str) -> list[uuid.UUID]:
    """Who has this phone on file; several when a family shares one. The dead are not asked for."""
    query = select(Employee.id).where(
        Employee.phone.matches(phone),  # type: ignore[attr-defined]
        Employee.is_active,
        ~Employee.is_deceased,
    )
    return list(db.session.scalars(query.limit(3)))


def is_phone_of_the_dead(phone: str) -> bool:
    """Does this phone stand beside somebody who has died, and beside nobody else?"""
    query = select(Employee.is_deceased).where(Employee.phone.matches(phone))  # type: ignore[attr-defined]
    found = set(db.session.scalars(query.limit(50)))
    return found == {True}


def bound_person(openid: str) -> uuid.UUID | None:
    """The person this WeChat speaks for."""
    return db.session.scalar(
        select(Binding.employee_id).where(Binding.openid == openid, Binding.ended_at.is_(None))
    )


def bound_openids() -> Select[str]:
    """The openids bound now, to put into another query."""
    return select(Binding.openid).where(Binding.ended_at.is_(None))


def openid_with_phone(phone: str) -> str:
    """The WeChat that the one person with this phone is bound to; empty when there is none, or several."""
    people = people_with_phone(phone)
    if len(people) != 1:
        return ""
    query = select(Binding.openid).where(Binding.employee_id == people[0], Binding.ended_at.is_(None))
    return db.session.scalar(query) or ""


def speaker(counted: str = "") -> Callable[[Connection, str], Spoken | None]:
    """Who does this WeChat speak for? A question to ask of (connection, openid).

    `counted` is one more figure about `PERSON`, in SQL: the callback asks each time, so all in one statement,
    written as the driver reads it (no `%` in `counted`).
    """
    asked = f"SELECT employee.id, employee.name_ct, ({counted or 'NULL'}) AS counted{_LIVE}%(openid)s"  # noqa: S608 - constants

    def ask(connection: Connection, openid: str) -> Spoken | None:
        row = connection.exec_driver_sql(asked, {"openid": openid}).one_or_none()
        return Spoken(row.id, Employee.name.of(row) or "", row.counted) if row else None  # type: ignore[attr-defined]

    return ask


def actor_of(openid: str) -> Actor:
    """Who acts when this WeChat does: the bound person, else a follower. One statement."""
    row = db.session.connection().execute(_ACTOR, {"openid": openid}).one_or_none()
    if row is None:
        return Actor("follower", None, "访客", frozenset({GUEST, FOLLOWER}), openid=openid)
    roles = frozenset({GUEST, FOLLOWER, EMPLOYEE})
    return Actor("employee", row.id, "申请人", roles, row.union_id, openid)


def recipients_of(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Recipient]:
    """How to reach thousands, in one statement; only their phones are opened."""
    ring, place = context.keyring(), Employee.phone.place  # type: ignore[attr-defined]
    found = {}
    for row in db.session.connection().execute(_REACHED, {"ids": list(ids)}):
        phone = ring.open(bytes(row.phone_ct), f"{place}|{row.id}".encode()).decode() if row.phone_ct else ""
        found[row.id] = Recipient(phone, row.openid or "", row.wants_sms, row.is_deceased)
    return found


def recipient(employee_id: uuid.UUID) -> Recipient | None:
    """How to reach a person, or None when there is none."""
    query = (
        select(Employee, Binding.openid)
        .outerjoin(Binding, (Binding.employee_id == Employee.id) & Binding.ended_at.is_(None))
        .where(Employee.id == employee_id)
    )
    row = db.session.execute(query).one_or_none()
    if row is None:
        return None
    person, openid = row
    return Recipient(person.phone or "", openid or "", person.wants_sms, person.is_deceased)
