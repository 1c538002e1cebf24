"""Who saw what is a person's own, and what do they read about it? One row a look, told to the person."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert

from core import clock, context
from core.access import Actor
from core.db import db, uuid7
from core.roles import EMPLOYEE, STAFF_ROLES
from employee.models import DataLook
from employee.rules import LOOKS
from union import queries as unions

PAGE = 20


@dataclass(frozen=True)
class Look:
    """One line of 谁看过我的资料: roles and unions, never the name of a colleague."""

    at: dt.datetime
    who: str
    what: str
    about: str


def note_looks(
    employee_ids: Iterable[uuid.UUID], what: str, by: Actor, *, about: str = "", once_a_day: bool = True
) -> None:
    """Keep that `by` saw `what` of these people. One cheap statement: leafing again that day adds none."""
    if what not in LOOKS:
        raise ValueError(what)
    role, union_id = _standing(by)
    now = clock.now()
    rows = []
    for employee_id in set(employee_ids):
        mark = f"{clock.today():%Y%m%d}" if once_a_day else uuid7().hex
        rows.append(
            {
                "id": uuid7(),
                "employee_id": employee_id,
                "by_id": by.id,
                "role": role,
                "union_id": union_id,
                "what": what,
                "about": about[:40],
                "at": now,
                "dedupe": f"{(by.id or employee_id).hex}:{employee_id.hex[-12:]}:{about[:24]}:{what}:{mark}"[
                    :120
                ],
            }
        )
    if rows:
        statement = insert(DataLook.__table__).on_conflict_do_nothing(index_elements=["dedupe"])
        db.session.execute(statement, rows)


def _standing(by: Actor) -> tuple[str, uuid.UUID | None]:
    """The role to name: the first of the table that the person holds, with the union it holds in."""
    if by.kind == "employee":
        return EMPLOYEE, None
    role = next((name for name in STAFF_ROLES if name in by.roles), "")
    return role, next((union for held, union in by.grants if held == role), None)


def looks_of(employee_id: uuid.UUID, after: str = "") -> tuple[list[Look], str]:
    """One page, the newest first, and the cursor of the next page ("" at the end)."""
    query = select(DataLook, unions.name_of(DataLook.union_id)).where(DataLook.employee_id == employee_id)
    if here := _read(after):
        query = query.where(tuple_(DataLook.at, DataLook.id) < here)
    rows = list(db.session.execute(query.order_by(DataLook.at.desc(), DataLook.id.desc()).limit(PAGE + 1)))
    shown = rows[:PAGE]
    last = shown[-1][0] if len(rows) > PAGE else None
    return [line_of(row, union) for row, union in shown], (f"{last.at.isoformat()}_{last.id}" if last else "")


def line_of(row: DataLook, union_name: str | None) -> Look:
    """The row as the person reads it."""
    who = "您本人" if row.role == EMPLOYEE else _colleague(row.role, union_name)
    return Look(row.at, who, LOOKS[row.what], row.about)


def _colleague(role: str, union_name: str | None) -> str:
    """`测试一厂工会委员会 经办人`; a role for the whole scheme is the operator's."""
    words = STAFF_ROLES.get(role, "工作")
    place = union_name or context.scheme().brand.operator
    return f"{place} {words}" + ("" if words[-1] in "人员席" else "人员")


def _read(cursor: str) -> tuple[dt.datetime, uuid.UUID] | None:
    """What a cursor says; None (the first page) for one that was tampered with."""
    moment, _, key = cursor.partition("_")
    try:
        at = dt.datetime.fromisoformat(moment)
        return (at, uuid.UUID(key)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
