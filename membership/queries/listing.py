"""Which 会籍变更 may this member of staff see, and which wait for them?"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, and_, false, func, literal, or_, select, true

from core import keyset
from core.access import Actor
from core.db import db
from core.errors import Missing
from core.history import Transition
from employee import service as employees
from membership.models import MembershipTransfer
from membership.rules import DECIDES, READERS, REFUSED, WAITING, WORKFLOW
from staff import queries as people
from staff import service as staff
from union import queries as unions

PAGE = 50
_T = MembershipTransfer


class TransferLine(NamedTuple):
    """One row of the list."""

    id: uuid.UUID
    kind: str
    name: str
    from_union: str
    to_union: str
    asked_by: str
    asked_at: dt.datetime
    label: str
    is_mine: bool


class Home(NamedTuple):
    """首页的会籍信息 of a member of staff (XM-25)."""

    union_id: uuid.UUID | None
    union: str
    open_id: uuid.UUID | None
    wanted: str
    refused_id: uuid.UUID | None
    note: str


def answered_by(actor: Actor) -> ColumnElement[bool]:
    """The requests that `actor` may answer: an employee's from the old union, staff's into the new one."""
    if actor.id is None or not actor.has(*DECIDES):
        return false()
    tops = actor.unions_of(*DECIDES)
    if tops is None:
        here: ColumnElement[bool] = true()
    else:
        places = unions.below_any(tops)
        here = or_(
            and_(_T.employee_id.is_not(None), _T.from_union_id.in_(places)),
            and_(_T.staff_id.is_not(None), _T.to_union_id.in_(places)),
        )
    own = _T.employee_id.in_(employees.same_person(*staff.identity(actor.id)))
    is_own = or_(func.coalesce(own, False), func.coalesce(_T.staff_id == actor.id, False))
    return and_(here, _T.asked_by_id != actor.id, ~is_own)


def scope(actor: Actor) -> ColumnElement[bool]:
    """What `actor` may see: both unions' keepers and everybody above them, and who asked or is meant."""
    if actor.id is None or actor.kind != "staff":
        return false()
    mine = or_(_T.asked_by_id == actor.id, func.coalesce(_T.staff_id == actor.id, False))
    if not actor.has(*READERS):
        return mine
    tops = actor.unions_of(*READERS)
    if tops is None:
        return true()
    places = unions.below_any(tops)
    return or_(mine, _T.from_union_id.in_(places), _T.to_union_id.in_(places))


def find(transfer_id: uuid.UUID, actor: Actor) -> MembershipTransfer:
    """The request, if `actor` may see it. Raises `Missing`: absent and hidden look alike."""
    row = db.session.scalar(select(_T).where(_T.id == transfer_id, scope(actor)))
    if row is None:
        raise Missing
    return row


def waiting_count(actor: Actor) -> ScalarSelect[int]:
    """How many requests wait for `actor` to answer, to put among another query's columns."""
    query = select(func.count()).select_from(_T).where(_T.state == WAITING)
    return query.where(answered_by(actor)).scalar_subquery()


def count_waiting(actor: Actor) -> int:
    """The same by itself."""
    return db.session.scalar(select(waiting_count(actor))) or 0


def listed(actor: Actor, state: str = "", *, before: str = "", after: str = "") -> keyset.Turn:
    """What `actor` may see, the newest first. Rows are `TransferLine`s."""
    query: Any = select(
        _T.id, _T.employee_id, _T.staff_id, _T.from_union_id, _T.to_union_id, _T.asked_by_label, _T.asked_at,
        _T.state, answered_by(actor).label("is_mine"),
    ).where(scope(actor))  # fmt: skip
    if state in WORKFLOW.labels:
        query = query.where(_T.state == state)
    found = keyset.turn(query, (_T.id,), PAGE, before=before, after=after, newest=True)
    return found._replace(rows=list(_lines(found.rows)))


def open_of_employee(employee_id: uuid.UUID) -> uuid.UUID | None:
    """The request that waits for an answer about this employee."""
    return db.session.scalar(select(_T.id).where(_T.employee_id == employee_id, _T.state == WAITING))


def home_of(staff_id: uuid.UUID) -> Home:
    """Where somebody's 会籍 is, what they asked for, and why that was refused. One statement, seldom two."""
    last = select(_T).where(_T.staff_id == staff_id).order_by(_T.id.desc()).limit(1).subquery()
    here = people.union_of(staff_id)
    row = db.session.execute(
        select(
            here.label("union_id"),
            unions.name_of(here).label("union"),
            last.c.id,
            last.c.state,
            unions.name_of(last.c.to_union_id).label("wanted"),
        )
        .select_from(select(literal(1).label("one")).subquery())
        .outerjoin(last, true())
    ).one()
    is_refused = row.state == REFUSED
    return Home(
        row.union_id,
        row.union or "",
        row.id if row.state == WAITING else None,
        row.wanted or "",
        row.id if is_refused else None,
        note_of(row.id) if is_refused else "",
    )


def note_of(transfer_id: uuid.UUID) -> str:
    """Why it was refused."""
    query = select(Transition).where(Transition.object_id == transfer_id, Transition.action == "refuse")
    return next((step.note or "" for step in db.session.scalars(query)), "")


def _lines(rows: Iterable[Any]) -> Iterable[TransferLine]:
    rows = list(rows)
    persons = employees.cards([row.employee_id for row in rows if row.employee_id])
    staffers = people.cards(row.staff_id for row in rows if row.staff_id)
    names = unions.names_of({one for row in rows for one in (row.from_union_id, row.to_union_id) if one})
    for row in rows:
        name = persons[row.employee_id].name if row.employee_id else staffers[row.staff_id].name
        yield TransferLine(
            row.id, "职工" if row.employee_id else "工作人员", name, names.get(row.from_union_id, "没有会籍"),
            names[row.to_union_id], row.asked_by_label, row.asked_at, WORKFLOW.label(row.state),
            row.is_mine and row.state == WAITING,
        )  # fmt: skip
