"""What did this member of staff file for others, and what of it waits for them?"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select, true

from claims.models import Claim
from claims.queries.own import kind_words, state_words
from core import keyset
from core.access import Actor
from core.db import db
from core.errors import Missing
from employee import service as employees

PAGE = 20
NEEDS_FILER = ("returned", "pay_failed")
Places = Select[uuid.UUID] | None


@dataclass(frozen=True)
class Filing:
    """One row of 我代办的申请."""

    number: str
    kind: str
    name: str
    union: str
    state: str
    label: str
    at: dt.datetime
    todo: str


_TODO = {"draft": "继续填写", "returned": "去修改", "pay_failed": "改正收款账户"}


def find(number: str, actor: Actor, places: Places) -> Claim:
    """A claim that `actor` filed, within `places`. Raises `Missing`: absent and another's look alike."""
    row = db.session.scalar(select(Claim).where(Claim.number == number, _mine(actor), _within(places)))
    if row is None:
        raise Missing
    return row


def any_of(number: str, places: Places) -> Claim:
    """A claim of these unions that was handed in, whoever filed it. Raises `Missing`."""
    query = select(Claim).where(Claim.number == number, Claim.state != "draft", _within(places))
    row = db.session.scalar(query)
    if row is None:
        raise Missing
    return row


def listed(
    actor: Actor, places: Places, *, before: str = "", after: str = "", most: int = PAGE
) -> keyset.Turn:
    """What `actor` filed, the newest first. Rows are `Filing`s."""
    query: Any = select(
        Claim.id, Claim.number, Claim.kind, Claim.state, Claim.employee_id, Claim.state_at
    ).where(_mine(actor), _within(places))
    found = keyset.turn(query, (Claim.id,), most, before=before, after=after, newest=True)
    people = employees.cards([row.employee_id for row in found.rows])
    rows = [
        Filing(
            row.number,
            kind_words(row.kind),
            people[row.employee_id].name,
            people[row.employee_id].union_name,
            row.state,
            state_words(row.state),
            row.state_at,
            _TODO.get(row.state, ""),
        )
        for row in found.rows
    ]
    return found._replace(rows=rows)


def waiting(actor: Actor, places: Places) -> ScalarSelect[int]:
    """How much of what `actor` filed came back to them, to put among another query's columns."""
    query = select(func.count()).select_from(Claim)
    return query.where(_mine(actor), _within(places), Claim.state.in_(NEEDS_FILER)).scalar_subquery()


def _mine(actor: Actor) -> ColumnElement[bool]:
    return (Claim.filed_by_kind == "staff") & (Claim.filed_by_id == actor.id)


def _within(places: Places) -> ColumnElement[bool]:
    return true() if places is None else Claim.union_id.in_(places)
