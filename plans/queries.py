"""Who is covered by which plan, from when to when?"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from core import clock
from core.copies import Copy, facts
from core.db import db
from plans.models import Coverage
from plans.rules import Cover, Standing, standing
from plans.service import all_plans, plan_or_none
from union import queries as unions


@dataclass(frozen=True)
class CoverageLine:
    """One line of 参保记录."""

    id: uuid.UUID
    employee_id: uuid.UUID
    union_id: uuid.UUID
    union_name: str  # only in lists
    plan_code: str
    plan_name: str
    starts_on: dt.date
    ends_on: dt.date
    is_first_time: bool

    @property
    def is_current(self) -> bool:
        return self.starts_on <= clock.today() <= self.ends_on

    @property
    def standing(self) -> Standing:
        """保障中, 等待期, 已结束 or not begun yet, as of today."""
        return standing(plan_or_none(self.plan_code), self.cover, clock.today())

    @property
    def cover(self) -> Cover:
        """What the award engine wants to know of it."""
        return Cover(self.starts_on, self.ends_on, self.is_first_time)


def coverages_of(employee_id: uuid.UUID) -> list[CoverageLine]:
    """A person's 参保记录, the newest first."""
    query = (
        select(Coverage, unions.name_of(Coverage.union_id))
        .where(Coverage.employee_id == employee_id)
        .order_by(Coverage.starts_on.desc(), Coverage.id.desc())
    )
    return [_line(row, name or "") for row, name in db.session.execute(query)]


def export_of(employee_id: uuid.UUID) -> list[Copy]:
    """The person's cover, for the copy they may ask for."""
    labels = {"plan_name": "保障计划", "union_name": "参保单位", "starts_on": "开始", "ends_on": "结束"}
    return [Copy("职工参保", [facts(line, labels) for line in coverages_of(employee_id)])]


def own_coverage(coverage_id: uuid.UUID, employee_id: uuid.UUID) -> CoverageLine | None:
    """One line of a person's own 参保记录."""
    query = select(Coverage).where(Coverage.id == coverage_id, Coverage.employee_id == employee_id)
    row = db.session.scalars(query).first()
    return _line(row) if row else None


def coverage_on(employee_id: uuid.UUID, on: dt.date) -> CoverageLine | None:
    """The cover a person has on one day."""
    query = select(Coverage).where(
        Coverage.employee_id == employee_id, Coverage.starts_on <= on, Coverage.ends_on >= on
    )
    row = db.session.scalars(query.order_by(Coverage.starts_on).limit(1)).first()
    return _line(row) if row else None


def covers(employee_id: Any, on: dt.date) -> ColumnElement[bool]:
    """Is the person a column names covered on one day? A condition to put into another query."""
    rows = select(Coverage.id).where(
        Coverage.employee_id == employee_id, Coverage.starts_on <= on, Coverage.ends_on >= on
    )
    return rows.exists()


def covered_in(employee_id: Any, plan_code: str) -> ColumnElement[bool]:
    """Is the person a column names covered in one plan's period? A condition to put into another query."""
    rows = select(Coverage.id).where(Coverage.employee_id == employee_id, Coverage.plan_code == plan_code)
    return rows.exists()


def unions_covering(ids: Iterable[uuid.UUID], plan_code: str) -> dict[uuid.UUID, uuid.UUID]:
    """person → the union that enrolled them in one plan's period, of those who are covered there."""
    query = select(Coverage.employee_id, Coverage.union_id).where(
        Coverage.plan_code == plan_code, Coverage.employee_id.in_(list(ids))
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def heads_in(union_id: uuid.UUID, plan_code: str) -> int:
    """How many people a union has enrolled in one plan's period."""
    query = select(func.count()).where(Coverage.union_id == union_id, Coverage.plan_code == plan_code)
    return int(db.session.scalar(query) or 0)


def coverage_in(employee_id: uuid.UUID, plan_code: str) -> CoverageLine | None:
    """The cover a person has in one plan's period."""
    query = select(Coverage).where(Coverage.employee_id == employee_id, Coverage.plan_code == plan_code)
    row = db.session.scalars(query).first()
    return _line(row) if row else None


def covers_in(plan_code: str, employee_ids: list[uuid.UUID]) -> dict[uuid.UUID, Cover]:
    """The cover that each of some people has in one plan's period. One statement."""
    query = select(Coverage).where(Coverage.plan_code == plan_code, Coverage.employee_id.in_(employee_ids))
    rows = db.session.scalars(query)
    return {row.employee_id: Cover(row.starts_on, row.ends_on, row.is_first_time) for row in rows}


def count_covered(plan_code: str) -> int:
    """How many people joined one plan's period."""
    query = select(func.count()).select_from(Coverage).where(Coverage.plan_code == plan_code)
    return int(db.session.scalar(query) or 0)


def holds(employee_id: Any, plan_code: str) -> ColumnElement[bool]:
    """Does the person a column names have cover in one plan's period? To put into another query."""
    rows = select(Coverage.id).where(Coverage.employee_id == employee_id, Coverage.plan_code == plan_code)
    return rows.exists()


# In this order lists of cover are read: what begins last, and what came last, first.
COVER_ORDER = (Coverage.starts_on, Coverage.id)
COVER_UNION = Coverage.union_id


def covered(
    *within: ColumnElement[bool],
    plan_code: str = "",
    first_time: bool | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    people: tuple[uuid.UUID, ...] = (),
) -> Select[Any]:
    """参保记录 of many people as columns, to be ordered by `COVER_ORDER`; the days are its begin."""
    query: Any = select(
        Coverage.id, Coverage.employee_id, Coverage.union_id, Coverage.plan_code, Coverage.starts_on,
        Coverage.ends_on, Coverage.is_first_time,
    ).where(*within)  # fmt: skip
    if people:
        query = query.where(Coverage.employee_id.in_(people))
    if plan_code:
        query = query.where(Coverage.plan_code == plan_code)
    if first_time is not None:
        query = query.where(Coverage.is_first_time.is_(first_time))
    if since:
        query = query.where(Coverage.starts_on >= since)
    return query.where(Coverage.starts_on <= until) if until else query


def cover_counts() -> Select[Any]:
    """(union_id, plan_code, covered) for every union and period: for the figures, not for a page."""
    query: Any = select(Coverage.union_id, Coverage.plan_code, func.count().label("covered"))
    return query.group_by(Coverage.union_id, Coverage.plan_code)


def covers_of(people: list[uuid.UUID]) -> dict[uuid.UUID, list[CoverageLine]]:
    """The 参保记录 of several people, in one statement."""
    found: dict[uuid.UUID, list[CoverageLine]] = {}
    for row in db.session.scalars(select(Coverage).where(Coverage.employee_id.in_(people))):
        found.setdefault(row.employee_id, []).append(_line(row))
    return found


def _line(row: Coverage, union_name: str = "") -> CoverageLine:
    names = {plan.code: plan.name for plan in all_plans()}
    return CoverageLine(
        row.id,
        row.employee_id,
        row.union_id,
        union_name,
        row.plan_code,
        names.get(row.plan_code, row.plan_code),
        row.starts_on,
        row.ends_on,
        row.is_first_time,
    )
