"""Which claims does a report list, and what do they add up to? Conditions that read an index at any size."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal_column, or_, select, true

from claims.models import Claim
from claims.queries.narrowing import midnight, moments
from claims.queries.own import kind_words, state_words
from claims.rules import DECIDED, LABELS, REVIEWS
from core import clock, context
from core.access import Actor
from core.db import db
from core.history import Transition
from employee import service as employees
from staff import service as staff
from union.queries import Reach

# The moment a list goes by, and is ordered by.
BY = {"submitted": Claim.submitted_at, "decided": Claim.decided_at, "paid": Claim.paid_at}
OPEN = REVIEWS
UNION = Claim.union_id
GROUPS = {"open": OPEN, "decided": DECIDED}
WAS = {"returned": "returned", "bounced": "pay_failed"}
# Whole days from the first submission to the decision are kept in buckets; the last has no end.
DAYS = (0, 1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 45, 60, 90)


@dataclass(frozen=True)
class Wanted:
    """What a report is narrowed to. `by` says which day `since` and `until` are about."""

    states: tuple[str, ...] = ()
    kind: str = ""
    plan_code: str = ""
    by: str = "submitted"
    was: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    people: tuple[uuid.UUID, ...] = ()


def all_states() -> list[tuple[str, str]]:
    """Every state that this scheme has after the draft, in words."""
    levels = context.scheme().review.levels
    left_out = {"draft", *(level for level in OPEN if level not in levels)}
    return [(state, state_words(state)) for state in LABELS if state not in left_out]


def states_of(key: str) -> tuple[str, ...]:
    """A state, or a group of them, as an address names it; nothing for anything else."""
    return GROUPS.get(key) or ((key,) if key in LABELS and key != "draft" else ())


def scope(actor: Actor, readers: Reach | None, finance: Reach | None) -> ColumnElement[bool]:
    """Claims of these unions, decided ones only where the actor is finance; never a draft, never their own.

    The same rule as `work.scope`, said in a way that stays fast for a whole district.
    """
    if actor.id is None:
        return false()
    own = Claim.employee_id.in_(employees.same_person(*staff.identity(actor.id)))
    return and_(~own, within(readers, finance))


def not_own(actor: Actor) -> ColumnElement[bool]:
    """Everybody's but the actor's own, looked up beforehand: mostly there are none, nothing is compared then,
    and a list can be counted by its index alone. One statement."""
    if actor.id is None:
        return false()
    own = list(db.session.scalars(employees.same_person(*staff.identity(actor.id))))
    return Claim.employee_id.not_in(own) if own else true()


def within(readers: Reach | None, finance: Reach | None) -> ColumnElement[bool]:
    """The claims of these unions after the draft; for finance the decided ones."""
    mine: ColumnElement[bool] = readers.holds(Claim.union_id) if readers else false()
    if finance is not None:
        mine = or_(mine, and_(Claim.state.in_(DECIDED), finance.holds(Claim.union_id)))
    return and_(Claim.state != "draft", mine)


def listed(seen: ColumnElement[bool], wanted: Wanted) -> Select[Any]:
    """The claims as columns, to be ordered by `order`."""
    query: Any = select(
        Claim.id, Claim.number, Claim.kind, Claim.employee_id, Claim.union_id, Claim.plan_code, Claim.state,
        Claim.admitted_on, Claim.discharged_on, Claim.submitted_at, Claim.decided_at, Claim.paid_at,
        case((Claim.state.in_(DECIDED), Claim.award_fen)).label("award_fen"),
    )  # fmt: skip
    return query.where(seen, *_rules(wanted))


def order(wanted: Wanted) -> tuple[Any, ...]:
    return (BY[wanted.by], Claim.id)


def _rules(wanted: Wanted) -> list[ColumnElement[bool]]:
    moment = BY[wanted.by]
    since, until = moments(wanted.since, wanted.until)
    rules: list[ColumnElement[bool]] = [moment.is_not(None)]
    if since:
        rules.append(moment >= since)
    if until:
        rules.append(moment < until)
    if wanted.states:
        rules.append(Claim.state.in_(wanted.states))
    if wanted.kind:
        rules.append(Claim.kind == wanted.kind)
    if wanted.plan_code:
        rules.append(Claim.plan_code == wanted.plan_code)
    if wanted.people:
        rules.append(Claim.employee_id.in_(wanted.people))
    if wanted.was in WAS:
        rules.append(_ever(WAS[wanted.was]).is_not(None))
    return rules


def _ever(state: str) -> Any:
    """A step of the claim into `state`, looked up claim by claim: a join could read every step there is."""
    step = select(Transition.id).where(Transition.object_id == Claim.id, Transition.to_state == state)
    return step.limit(1).correlate(Claim).scalar_subquery()


def words(row: Any) -> tuple[str, str]:
    """(kind, state) as people read them."""
    return kind_words(row.kind), state_words(row.state)


# --- figures: worked out by a job, a month at a time


def month_of_submission(month: dt.date) -> Select[Any]:
    """What became of the claims first submitted in a month, by union, plan and kind."""
    first, end = span(month)
    waited = func.floor(func.extract("epoch", Claim.decided_at - Claim.submitted_at) / 86400)
    bucket = func.width_bucket(waited, list(DAYS))
    days = [
        func.count().filter(Claim.decided_at.is_not(None), bucket == n).label(f"d{n}")
        for n in range(1, len(DAYS) + 1)
    ]
    count: Any = func.count
    query: Any = select(
        *_by(),
        count().label("submitted"),
        count().filter(Claim.state.in_(OPEN)).label("waiting"),
        count().filter(Claim.state.in_(DECIDED)).label("approved"),
        count().filter(Claim.state == "refused").label("refused"),
        count().filter(_ever("returned").is_not(None)).label("returned"),
        count().filter(_ever("pay_failed").is_not(None)).label("bounced"),
        func.coalesce(func.sum(Claim.award_fen).filter(Claim.state.in_(DECIDED)), 0).label("award_fen"),
        *days,
    ).where(Claim.submitted_at >= first, Claim.submitted_at < end, Claim.state != "draft")
    return query.group_by(*_by())


def month_of_payment(month: dt.date) -> Select[Any]:
    """What was paid in a month, by union, plan and kind."""
    first, end = span(month)
    query: Any = select(
        *_by(), func.count().label("paid"), func.coalesce(func.sum(Claim.award_fen), 0).label("paid_fen")
    ).where(Claim.paid_at >= first, Claim.paid_at < end, Claim.state == "paid")
    return query.group_by(*_by())


def _by() -> tuple[Any, ...]:
    return Claim.union_id, func.coalesce(Claim.plan_code, literal_column("''")).label("plan_code"), Claim.kind


def changed_months(since: dt.datetime | None) -> set[dt.date]:
    """The months (of submission and of payment) of the claims that moved since; None: of all claims."""
    rules = [Claim.state != "draft"] + ([Claim.state_at >= since] if since else [])
    found: set[dt.date] = set()
    for moment in (Claim.submitted_at, Claim.paid_at):
        month = func.date_trunc("month", func.timezone("Asia/Shanghai", moment))
        rows = db.session.scalars(select(month).where(moment.is_not(None), *rules).distinct())
        found |= {row.date() for row in rows}
    return found


def waiting_by_age(seen: ColumnElement[bool], ages: tuple[int, ...]) -> list[tuple[str, list[int]]]:
    """(state, how many came less than so many days ago, …, longer) of what is open now. One statement.

    Days are those of the calendar, so that the list behind a number can be asked for by dates.
    """
    limits = [midnight(clock.today() - dt.timedelta(days=age - 1)) for age in ages]
    edges: list[tuple[Any, Any]] = list(zip([None, *limits], [*limits, None], strict=True))
    counts: list[Any] = []
    for newer, older in edges:
        rules = [Claim.submitted_at < newer] if newer is not None else []
        rules += [Claim.submitted_at >= older] if older is not None else []
        counts.append(func.count().filter(*rules))
    states = (*OPEN, "returned", "approved", "paying", "pay_failed")
    query: Any = select(Claim.state, *counts).where(Claim.state.in_(states), seen).group_by(Claim.state)
    known = {row[0]: [int(n) for n in row[1:]] for row in db.session.execute(query)}
    return [(state, known[state]) for state in states if state in known]


def span(month: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """From the first moment of a month in Shanghai to the first of the next."""
    after = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    first, end = (dt.datetime.combine(day, dt.time(), clock.SHANGHAI) for day in (month, after))
    return first, end
