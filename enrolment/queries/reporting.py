"""Which enrolments does a report list? What was handed in, union by union (XM-120)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from core import clock, context
from enrolment.models import Enrolment
from enrolment.rules import AWAITING_VOUCHER, CONFIRMING, DELETED, DONE, DRAFT, LABELS, REVIEWS
from union.queries import Reach

# Ids come in the order of time: the newest is the last.
ORDER = (Enrolment.id,)
UNION = Enrolment.union_id
PAID_STATES = (AWAITING_VOUCHER, CONFIRMING, DONE)
GROUPS = {"open": (*REVIEWS, AWAITING_VOUCHER, CONFIRMING)}
_HIDDEN = (DRAFT, DELETED)


def scope(readers: Reach | None, finance: Reach | None) -> ColumnElement[bool]:
    """Enrolments of these unions that were handed in; for finance, from the fee on."""
    mine: ColumnElement[bool] = readers.holds(Enrolment.union_id) if readers else false()
    if finance is not None:
        mine = or_(mine, and_(Enrolment.state.in_(PAID_STATES), finance.holds(Enrolment.union_id)))
    return and_(Enrolment.state.not_in(_HIDDEN), mine)


def state_choices() -> list[tuple[str, str]]:
    return [(state, state_words(state)) for state in LABELS if state not in _HIDDEN]


def state_words(state: str) -> str:
    """The state as this scheme's users read it."""
    return context.scheme().review.labels[state] if state in REVIEWS else LABELS[state]


def listed(
    seen: ColumnElement[bool],
    *,
    state: str = "",
    plan_code: str = "",
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Select[Any]:
    """The enrolments as columns, to be ordered by `ORDER`; the days are of handing in."""
    query: Any = select(
        Enrolment.id, Enrolment.number, Enrolment.union_id, Enrolment.union_name, Enrolment.plan_code,
        Enrolment.nature, Enrolment.headcount, Enrolment.participant_count, Enrolment.fee_due_fen,
        Enrolment.submitted_at, Enrolment.confirmed_at, Enrolment.state, Enrolment.supplement_of_id,
    ).where(seen)  # fmt: skip
    if states := GROUPS.get(state) or ((state,) if state in LABELS else ()):
        query = query.where(Enrolment.state.in_(states))
    if plan_code:
        query = query.where(Enrolment.plan_code == plan_code)
    if since:
        query = query.where(Enrolment.submitted_at >= _midnight(since))
    return query.where(Enrolment.submitted_at < _midnight(until + dt.timedelta(days=1))) if until else query


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), clock.SHANGHAI)
