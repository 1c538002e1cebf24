"""To which claims is a list narrowed? Filters out of the address, as conditions of a query."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, true

from claims.models import Claim, ReviewHold
from core import clock, context
from core.access import Actor
from union import queries as unions

WAITED = {"1": "1 天以上", "3": "3 天以上", "7": "7 天以上"}


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; every field comes from the address."""

    states: tuple[str, ...] = ()
    union: str = ""
    waited: int = 0
    is_mine: bool = False
    is_late: bool = False
    number: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    decided: dt.date | None = None
    people: tuple[uuid.UUID, ...] = ()


def narrowed(query: Select[Any], actor: Actor, filters: Filters) -> Select[Any]:
    """`query` (claims with their live holds) with the conditions of `filters`."""
    now = clock.now()
    rules: list[ColumnElement[bool]] = [true()]
    if filters.states:
        rules.append(Claim.state.in_(filters.states))
    if filters.union:
        rules.append(Claim.union_id.in_(unions.named(filters.union)))
    if filters.waited:
        rules.append(Claim.submitted_at < now - dt.timedelta(days=filters.waited))
    if filters.is_late:
        rules.append(Claim.submitted_at < late_before(now))
    if filters.is_mine:
        rules.append(ReviewHold.staff_id == actor.id)
    if filters.number:
        rules.append(Claim.number == filters.number)
    if filters.people:
        rules.append(Claim.employee_id.in_(filters.people))
    return query.where(*rules, *_between(filters))


def _between(filters: Filters) -> list[ColumnElement[bool]]:
    since, until = moments(filters.since, filters.until)
    rules = [Claim.submitted_at >= since] if since else []
    if filters.decided:
        rules.append(Claim.decided_at >= midnight(filters.decided))
    return [*rules, Claim.submitted_at < until] if until else rules


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), clock.SHANGHAI)


def moments(since: dt.date | None, until: dt.date | None) -> tuple[dt.datetime | None, dt.datetime | None]:
    """From the start of one Shanghai day up to the end of another."""
    end = midnight(until + dt.timedelta(days=1)) if until and until < dt.date.max else None
    return (midnight(since) if since else None), end


def late_before(now: dt.datetime) -> dt.datetime:
    """Claims submitted before this moment are past the scheme's promise (working days, Monday to Friday)."""
    moment, left = now, context.scheme().promises["review_days"]
    while left:
        moment -= dt.timedelta(days=1)
        left -= moment.astimezone(clock.SHANGHAI).weekday() < 5
    return moment
