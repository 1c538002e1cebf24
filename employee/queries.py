"""Who is on a union's roster? The list, one person, and the searches; always within the asker's unions."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, literal, or_, select, true

from core import clock, keyset
from core.db import db
from core.errors import Missing
from core.names import comparison_key
from employee.models import Binding, Employee
from plans import queries as plans
from union import queries as unions

PAGE = 20
# Names are sealed: looking for a part of one means opening every name of the union.
MOST_SCANNED = 5000
MOST_FOUND = 20

Places = Select[uuid.UUID] | None
# The row itself, for the rooms above that write through `employee.service`.
Held = Employee


class Line(NamedTuple):
    """One person of the list, opened; the page masks what its reader may not see."""

    id: uuid.UUID
    union_id: uuid.UUID
    union_name: str
    name: str
    id_type: str
    id_number: str
    phone: str
    is_active: bool
    left_on: dt.date | None
    is_covered: bool


class TooManyToScan(Exception):
    """The union has more people than are opened for a part of a name."""


def roster(
    union_id: uuid.UUID,
    *,
    is_active: bool = True,
    is_covered: bool | None = None,
    before: str = "",
    after: str = "",
) -> keyset.Turn:
    """One page of a union's people in the order they came in. Rows are `Line`s."""
    query = _lines().where(Employee.union_id == union_id, Employee.is_active.is_(is_active))
    if is_covered is not None:
        has = plans.covers(Employee.id, clock.today())
        query = query.where(has if is_covered else ~has)
    found = keyset.turn(query, (Employee.id,), PAGE, before=before, after=after)
    return found._replace(rows=[_line(row) for row in found.rows])


def choosing(
    union_id: uuid.UUID,
    is_in: Callable[[Any], ColumnElement[bool]],
    *,
    wanted: bool | None = None,
    before: str = "",
    after: str = "",
    size: int = PAGE,
) -> keyset.Turn:
    """One page of a union's active people; `is_covered` of each says whether `is_in` (a condition on the
    person's id) holds, `wanted` keeps only those for whom it does or does not."""
    query = _lines(is_in(Employee.id)).where(Employee.id.in_(active_in(union_id)))
    if wanted is not None:
        query = query.where(is_in(Employee.id) if wanted else ~is_in(Employee.id))
    found = keyset.turn(query, (Employee.id,), size, before=before, after=after)
    return found._replace(rows=[_line(row) for row in found.rows])


def active_in(union_id: uuid.UUID) -> Select[uuid.UUID]:
    """The ids of everybody who works at a union's place now, to put into another query."""
    return select(Employee.id).where(Employee.union_id == union_id, Employee.is_active, ~Employee.is_deceased)


def people(ids: Iterable[uuid.UUID], places: Places) -> list[Line]:
    """These people, as far as they are within `places`."""
    query = _lines().where(Employee.id.in_(list(ids)), _within(places)).order_by(Employee.id)
    return [_line(row) for row in db.session.execute(query)]


def person(employee_id: uuid.UUID, places: Places) -> Employee:
    """The person, if within `places`. Raises `Missing`: absent and hidden look alike."""
    row = db.session.scalar(select(Employee).where(Employee.id == employee_id, _within(places)))
    if row is None:
        raise Missing
    return row


def with_number(numbers: Iterable[str], phone: str, places: Places) -> list[uuid.UUID]:
    """Who has exactly one of these certificate numbers or this phone, within `places` (by blind index)."""
    by_number = [Employee.id_number.matches(one) for one in numbers]  # type: ignore[attr-defined]
    same = or_(Employee.phone.matches(phone), *by_number)  # type: ignore[attr-defined]
    query = select(Employee.id).where(same, _within(places)).order_by(Employee.id)
    return list(db.session.scalars(query.limit(MOST_FOUND)))


def with_name(part: str, union_id: uuid.UUID) -> list[uuid.UUID]:
    """Whose name holds `part`, among one union's people. Raises `TooManyToScan`."""
    return named_within(part, select(literal(union_id)))


def named_within(part: str, places: Places) -> list[uuid.UUID]:
    """Whose name holds `part`, among the people of these unions. Raises `TooManyToScan`."""
    query = select(Employee.id, Employee.name_ct).where(_within(places))  # type: ignore[attr-defined]
    rows = db.session.execute(query.order_by(Employee.id).limit(MOST_SCANNED + 1)).all()
    if len(rows) > MOST_SCANNED:
        raise TooManyToScan
    wanted = comparison_key(part)
    return [row.id for row in rows if wanted in comparison_key(Employee.name.of(row) or "")]  # type: ignore[attr-defined]


def heads(union_id: uuid.UUID) -> tuple[int, int]:
    """How many people a union has now, and how many of them are covered today."""
    has = plans.covers(Employee.id, clock.today())
    row = db.session.execute(
        select(func.count(), func.count().filter(has)).where(
            Employee.union_id == union_id, Employee.is_active
        )
    ).one()
    return int(row[0]), int(row[1])


def joined_since(moment: dt.datetime, places: Places) -> ScalarSelect[int]:
    """How many people came onto these unions' rosters since `moment`: a count for another query's columns.

    Ids are in the order of time, so the newest rows are the end of an index.
    """
    first = uuid.UUID(int=(int(moment.timestamp() * 1000) << 80) | (0x7 << 76) | (0b10 << 62))
    return _people_count(Employee.id >= first, Employee.is_active.is_(True), _within(places))


def left_since(day: dt.date, places: Places) -> ScalarSelect[int]:
    """How many people left these unions on `day` or later."""
    return _people_count(Employee.left_on >= day, ~Employee.is_active, _within(places))


def _people_count(*rules: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(Employee).where(*rules).scalar_subquery()


def sharing(phone: str) -> int:
    """How many people on any roster have this phone on file."""
    query = select(func.count()).where(Employee.phone.matches(phone), Employee.is_active)  # type: ignore[attr-defined]
    return int(db.session.scalar(query) or 0)


def is_bound(employee_id: uuid.UUID) -> bool:
    """Does a WeChat speak for this person?"""
    query = select(Binding.id).where(Binding.employee_id == employee_id, Binding.ended_at.is_(None))
    return db.session.scalar(query.limit(1)) is not None


def elsewhere(number: str, name: str) -> str:
    """The union in which somebody with exactly this number and this name is a member; "" when nobody is.

    Said only to who knows both, as the roster does it.
    """
    query = select(
        Employee.id,
        Employee.name_ct,
        unions.name_of(Employee.union_id).label("union_name"),  # type: ignore[attr-defined]
    ).where(Employee.id_number.matches(number), Employee.is_active)  # type: ignore[attr-defined]
    row = db.session.execute(query).first()
    is_known = row is not None and comparison_key(Employee.name.of(row) or "") == comparison_key(name)  # type: ignore[attr-defined]
    return str(row.union_name) if row is not None and is_known else ""


class Named(NamedTuple):
    """Who somebody is, opened; masked wherever the reader may not see it whole."""

    name: str
    id_type: str
    id_number: str


def named(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Named]:
    """Several people with one statement and two seals each: for long lists."""
    wanted = set(ids)
    columns: Any = (Employee.id, Employee.name_ct, Employee.id_type, Employee.id_number_ct)  # type: ignore[attr-defined]
    rows = db.session.execute(select(*columns).where(Employee.id.in_(wanted))) if wanted else ()
    return {
        row.id: Named(Employee.name.of(row) or "", row.id_type, Employee.id_number.of(row) or "")  # type: ignore[attr-defined]
        for row in rows
    }


class Reached(NamedTuple):
    """Somebody with a certificate number that a table names: who, where, and may they be told of it?"""

    id: uuid.UUID
    union_id: uuid.UUID
    is_deceased: bool


def by_number(indexes: Iterable[bytes]) -> dict[bytes, Reached]:
    """The people with these certificate numbers (`employee.service.bulk.number_index`), opening nothing."""
    wanted = list(indexes)
    columns: Any = (Employee.id_number_bi, Employee.id, Employee.union_id, Employee.is_deceased)  # type: ignore[attr-defined]
    rows = db.session.execute(select(*columns).where(columns[0].in_(wanted))) if wanted else ()
    return {bytes(row[0]): Reached(*row[1:]) for row in rows}


def hears_hints(employee_id: Any) -> ColumnElement[bool]:
    """Does the person a column names take hints (never the dead)? To put into another query."""
    rows = select(Employee.id).where(
        Employee.id == employee_id, Employee.wants_hints, Employee.is_deceased.is_(False)
    )
    return rows.exists()


PERSON_ORDER = (Employee.id,)
PERSON_UNION = Employee.union_id


def without_cover(plan_code: str, *within: ColumnElement[bool]) -> Select[Any]:
    """People at work who are not enrolled in a period, as columns, to be ordered by `PERSON_ORDER`."""
    query: Any = select(
        Employee.id,
        Employee.id.label("employee_id"),
        Employee.union_id,
        literal(plan_code).label("plan_code"),
    )
    return query.where(Employee.is_active, ~plans.holds(Employee.id, plan_code), *within)


def head_counts() -> Select[Any]:
    """(union_id, people) at work in every union: for the figures, not for a page."""
    query: Any = select(Employee.union_id, func.count().label("people"))
    return query.where(Employee.is_active).group_by(Employee.union_id)


def _within(places: Places) -> ColumnElement[bool]:
    return true() if places is None else Employee.union_id.in_(places)


def _lines(is_covered: ColumnElement[bool] | None = None) -> Select[Any]:
    """Columns only: a page of people opens three seals a row and nothing else."""
    if is_covered is None:
        is_covered = plans.covers(Employee.id, clock.today())
    query: Any = select(
        Employee.id,
        Employee.union_id,
        unions.name_of(Employee.union_id).label("union_name"),
        Employee.name_ct,  # type: ignore[attr-defined]
        Employee.id_type,
        Employee.id_number_ct,  # type: ignore[attr-defined]
        Employee.phone_ct,  # type: ignore[attr-defined]
        Employee.is_active,
        Employee.left_on,
        is_covered.label("is_covered"),
    )
    return query


def _line(row: Any) -> Line:
    return Line(
        row.id,
        row.union_id,
        row.union_name,
        Employee.name.of(row) or "",  # type: ignore[attr-defined]
        row.id_type,
        Employee.id_number.of(row) or "",  # type: ignore[attr-defined]
        Employee.phone.of(row) or "",  # type: ignore[attr-defined]
        row.is_active,
        row.left_on,
        row.is_covered,
    )
