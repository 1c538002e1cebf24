"""Who is in an enrolment, who could be, and who cannot because they are covered or enrolled elsewhere?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from core import keyset
from core.db import db
from employee import queries as employees
from employee import service as employee_service
from enrolment.models import Enrolment, Participant
from plans import queries as plans
from union import queries as unions

PAGE = 50
BATCH = 1000


class Taken(NamedTuple):
    """Somebody who is covered or enrolled in the period already, and by which union."""

    employee_id: uuid.UUID
    union_id: uuid.UUID


def taken(plan_code: str) -> Any:
    """A condition on a person's id: covered in this period, or in somebody's enrolment for it (XM-64)."""

    def is_taken(employee_id: Any) -> ColumnElement[bool]:
        enrolled = select(Participant.employee_id).where(
            Participant.employee_id == employee_id, Participant.plan_code == plan_code
        )
        return or_(plans.covered_in(employee_id, plan_code), enrolled.exists())

    return is_taken


def choosing(enrolment: Enrolment, wanted: bool | None, *, before: str = "", after: str = "") -> keyset.Turn:
    """A page of the union's roster to choose from; `is_covered` of a line means 已参保 for this period."""
    return employees.choosing(
        enrolment.union_id, taken(enrolment.plan_code), wanted=wanted, before=before, after=after, size=PAGE
    )


def some(enrolment: Enrolment, ids: Iterable[uuid.UUID]) -> list[employees.Line]:
    """These people of the union's roster, each with whether they are 已参保 for this period."""
    wanted = list(ids)
    rows = [row for row in employees.people(wanted, unions.only(enrolment.union_id)) if row.is_active]
    covered = {one.employee_id for one in taken_of(enrolment, wanted)} | set(among(enrolment, wanted))
    return [row._replace(is_covered=row.id in covered) for row in rows]


def listed(enrolment: Enrolment, *, before: str = "", after: str = "") -> keyset.Turn:
    """A page of an enrolment's people in the order they came onto the roster. Rows are roster `Line`s."""
    query = select(Participant.employee_id).where(Participant.enrolment_id == enrolment.id)
    found = keyset.turn(query, (Participant.employee_id,), PAGE, before=before, after=after)
    ids = [row.employee_id for row in found.rows]
    return found._replace(rows=employees.people(ids, None) if ids else [])


def among(enrolment: Enrolment, ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Those of `ids` that are in the enrolment."""
    query = select(Participant.employee_id).where(
        Participant.enrolment_id == enrolment.id, Participant.employee_id.in_(list(ids))
    )
    return list(db.session.scalars(query.order_by(Participant.employee_id)))


def taken_of(enrolment: Enrolment, ids: Iterable[uuid.UUID]) -> list[Taken]:
    """Those of `ids` who are covered in the period or in another enrolment, with the union that did it."""
    wanted = list(ids)
    found = plans.unions_covering(wanted, enrolment.plan_code)
    query = (
        select(Participant.employee_id, Enrolment.union_id)
        .join(Enrolment, Enrolment.id == Participant.enrolment_id)
        .where(
            Participant.plan_code == enrolment.plan_code,
            Participant.employee_id.in_(wanted),
            Participant.enrolment_id != enrolment.id,
        )
    )
    found |= {row[0]: row[1] for row in db.session.execute(query)}
    return [Taken(one, found[one]) for one in wanted if one in found]


def taken_elsewhere(enrolment: Enrolment, most: int) -> tuple[list[uuid.UUID], int]:
    """People of the union's roster who are taken but not by this enrolment: some of them, and how many."""
    mine = select(Participant.employee_id).where(Participant.enrolment_id == enrolment.id)
    ids = employees.active_in(enrolment.union_id).subquery()
    query = select(ids.c.id).where(taken(enrolment.plan_code)(ids.c.id), ids.c.id.not_in(mine))
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return list(db.session.scalars(query.order_by(ids.c.id).limit(most))) if total else [], int(total)


def unfit(enrolment: Enrolment, most: int) -> tuple[list[uuid.UUID], int]:
    """People of the enrolment who are no longer on the union's roster: some of them, and how many."""
    query = _unfit(enrolment)
    total = int(db.session.scalar(select(func.count()).select_from(query.subquery())) or 0)
    ids = list(db.session.scalars(query.order_by(Participant.employee_id).limit(most))) if total else []
    return ids, total


def unfit_ids(enrolment: Enrolment) -> Any:
    """The same as a query of ids, to put into another one."""
    return _unfit(enrolment)


def free(enrolment: Enrolment) -> int:
    """How many people of the roster could still be chosen (未参保)."""
    ids = employees.active_in(enrolment.union_id).subquery()
    query = select(func.count()).select_from(ids).where(~taken(enrolment.plan_code)(ids.c.id))
    return int(db.session.scalar(query) or 0)


def names(enrolment: Enrolment) -> Iterator[str]:
    """Every name in the order of the list, opened batch by batch, for the printed form."""
    last: uuid.UUID | None = None
    while True:
        query = select(Participant.employee_id).where(Participant.enrolment_id == enrolment.id)
        if last is not None:
            query = query.where(Participant.employee_id > last)
        ids = list(db.session.scalars(query.order_by(Participant.employee_id).limit(BATCH)))
        if not ids:
            return
        cards = employee_service.cards(ids)
        yield from (cards[one].name for one in ids)
        last = ids[-1]


def _unfit(enrolment: Enrolment) -> Any:
    return select(Participant.employee_id).where(
        Participant.enrolment_id == enrolment.id,
        Participant.employee_id.not_in(employees.active_in(enrolment.union_id)),
    )
