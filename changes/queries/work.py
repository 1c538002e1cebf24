"""Which requests may this member of staff see, and which wait for them?

`scope` is the one place that says who sees what: a request out of scope does not exist for the asker.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, and_, false, func, or_, select, true

from changes.models import ChangeRequest
from changes.queries.own import request_words
from changes.rules import FIELDS, LEVEL_ROLES, REVIEWS
from changes.service.moving import opened
from core import clock, keyset
from core.access import Actor
from core.db import db
from core.errors import Missing
from core.fields import mask_name
from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER
from employee import service as employees
from staff import service as staff
from union import queries as unions

REVIEWERS = (FIRST_REVIEWER, SECOND_REVIEWER)
READERS = (*REVIEWERS, OPERATOR, CHAIR, ADMINISTRATOR, AUDITOR)
PAGE = 20
MOST_NAMED = 3


class Line(NamedTuple):
    """One row of the list; the name is masked."""

    number: str
    name: str
    union: str
    what: str
    label: str
    submitted_at: dt.datetime | None
    waited: str


def scope(actor: Actor) -> ColumnElement[bool]:
    """The requests `actor` may see: by role, by union subtree, and never their own case (A1, M10)."""
    if actor.id is None or actor.kind != "staff":
        return false()
    own = ChangeRequest.employee_id.in_(employees.same_person(*staff.identity(actor.id)))
    return and_(ChangeRequest.state != "deleted", _reach(actor, *READERS), ~own)


def find(number: str, actor: Actor, seen: ColumnElement[bool] | None = None) -> ChangeRequest:
    """The request with this number, if `actor` may see it. Raises `Missing`: absent and hidden look alike."""
    row = db.session.scalar(
        select(ChangeRequest).where(ChangeRequest.number == number, scope(actor) if seen is None else seen)
    )
    if row is None:
        raise Missing
    return row


def levels_of(actor: Actor) -> tuple[str, ...]:
    """The states in which `actor` may decide."""
    return tuple(level for level in REVIEWS if actor.has(LEVEL_ROLES[level]))


def counts(actor: Actor, seen: ColumnElement[bool] | None = None) -> dict[str, int]:
    """How many requests wait at each level, of those `actor` sees (`seen`: `scope`, if known already)."""
    if not actor.has(*READERS):
        return {}
    query = select(ChangeRequest.state, func.count()).where(ChangeRequest.state.in_(REVIEWS))
    query = query.where(scope(actor) if seen is None else seen)
    return {row[0]: row[1] for row in db.session.execute(query.group_by(ChangeRequest.state))}


def waiting_at(level: str, actor: Actor, seen: ColumnElement[bool] | None = None) -> ScalarSelect[int]:
    """How many requests wait at one level, to put among another query's columns."""
    where = scope(actor) if seen is None else seen
    query = select(func.count()).select_from(ChangeRequest).where(ChangeRequest.state == level, where)
    return query.scalar_subquery()


def own_work(actor: Actor, found: dict[str, int]) -> int:
    """How much of `found` waits for the actor to decide."""
    return sum(found.get(level, 0) for level in levels_of(actor))


def listed(seen: ColumnElement[bool], state: str = "", *, before: str = "", after: str = "") -> keyset.Turn:
    """The requests in one state (what waits longest first), or all (the newest first). Rows are `Line`s."""
    columns: list[Any] = [
        ChangeRequest.id, ChangeRequest.number, ChangeRequest.employee_id, ChangeRequest.state,
        ChangeRequest.first_reviewer_id, ChangeRequest.new_values_ct,  # type: ignore[attr-defined]
        ChangeRequest.submitted_at,
    ]  # fmt: skip
    query = select(*columns).where(seen)
    if state:
        query = query.where(ChangeRequest.state == state)
    newest = state not in REVIEWS
    found = keyset.turn(query, (ChangeRequest.id,), PAGE, before=before, after=after, newest=newest)
    people = employees.cards([row.employee_id for row in found.rows])
    return found._replace(rows=[_line(row, people[row.employee_id]) for row in found.rows])


def next_for(actor: Actor) -> ChangeRequest | None:
    """The request that waits longest for somebody like `actor`."""
    levels = [
        and_(ChangeRequest.state == level, _reach(actor, LEVEL_ROLES[level])) for level in levels_of(actor)
    ]
    not_mine = or_(
        ChangeRequest.state != "second_review",
        ChangeRequest.first_reviewer_id.is_(None),
        ChangeRequest.first_reviewer_id != actor.id,
    )
    query = select(ChangeRequest).where(scope(actor), or_(false(), *levels), not_mine)
    return db.session.scalars(query.order_by(ChangeRequest.id).limit(1)).first()


def numbers_of(object_ids: list[str]) -> dict[str, str]:
    """The numbers of several ids, for lists that know only ids. One statement."""
    wanted = [uuid.UUID(text) for text in object_ids if len(text) == 36]
    query = select(ChangeRequest.id, ChangeRequest.number).where(ChangeRequest.id.in_(wanted))
    return {str(row.id): row.number for row in db.session.execute(query)} if wanted else {}


def _reach(actor: Actor, *names: str) -> ColumnElement[bool]:
    """The requests of the unions where `actor` holds one of these roles."""
    if not actor.has(*names):
        return false()
    places = actor.unions_of(*names)
    return true() if places is None else ChangeRequest.union_id.in_(unions.below_any(places))


def _line(row: Any, person: employees.EmployeeCard) -> Line:
    is_waiting = row.state in REVIEWS and row.submitted_at is not None
    waited = clock.age(row.submitted_at) if is_waiting else ""
    name = mask_name(person.name)
    state = request_words(row.state, row.first_reviewer_id is not None, "等职工")
    return Line(row.number, name, person.union_name, _what(row), state, row.submitted_at, waited)


def _what(row: Any) -> str:
    """Which details the request changes, by name; nothing once they were forgotten."""
    named = [FIELDS[field] for field in opened(ChangeRequest.new_values.of(row))]  # type: ignore[attr-defined]
    return "、".join(named[:MOST_NAMED]) + (f"等 {len(named)} 项" if len(named) > MOST_NAMED else "")
