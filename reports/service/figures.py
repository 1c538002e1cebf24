"""How are the figures kept up to date? Worked out by a job, union by union up the tree, a month at a time.

Only the months in which something moved are worked out anew; once a day all of them are, and the tree's own
changes show. A page reads a few rows of the result and says as of when they are.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from sqlalchemy import Select, delete, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, array, insert
from sqlalchemy.types import Integer

from claims.queries import reporting as claims
from core import clock
from core.db import db, transaction
from employee import queries as employees
from plans import queries as covers
from reports.models import ReportMonth, ReportStamp, ReportUnion
from union import queries as unions

CLAIMS, PEOPLE = "claims", "people"
PEOPLE_EVERY = dt.timedelta(hours=1)
# What was written by a transaction that was still open when we last looked.
MARGIN = dt.timedelta(minutes=2)
REFRESH_LOCK = 0x5245_504F
_COHORT = ("submitted", "waiting", "approved", "refused", "returned", "bounced", "award_fen")
_DAYS = tuple(f"d{n}" for n in range(1, len(claims.DAYS) + 1))


def refresh(seconds: float) -> bool:
    """Do what is due for so long; True when there is more."""
    end = time.monotonic() + seconds
    with transaction():
        if not _alone():
            return False
        _plan_months()
        _people_when_due()
    while time.monotonic() < end:
        with transaction():
            if not _alone() or not _next_month():
                return False
    return True


def _alone() -> bool:
    """One worker at a time: two would work out the same."""
    return bool(db.session.scalar(select(func.pg_try_advisory_xact_lock(REFRESH_LOCK))))


def _stamp(key: str) -> ReportStamp | None:
    return db.session.get(ReportStamp, key, populate_existing=True)


def _plan_months() -> None:
    """Note which months have to be worked out, on top of those that wait already."""
    now, stamp = clock.now(), _stamp(CLAIMS)
    is_first = stamp is None or _is_old(stamp)
    changed = claims.changed_months(None if is_first or stamp is None else stamp.seen_at - MARGIN)
    if stamp is None:
        stamp = ReportStamp(key=CLAIMS, at=now, seen_at=now, waiting=[])
        db.session.add(stamp)
    # The newest first: that is what people look at.
    months = {dt.date.fromisoformat(text) for text in stamp.waiting} | changed
    stamp.waiting = [month.isoformat() for month in sorted(months, reverse=True)]
    stamp.seen_at = now
    if not months:
        stamp.at = now
    db.session.flush()


def _is_old(stamp: ReportStamp) -> bool:
    """Was everything last worked out on an earlier day?"""
    return clock.local_date(stamp.seen_at) < clock.today()


def _next_month() -> bool:
    stamp = _stamp(CLAIMS)
    if stamp is None or not stamp.waiting:
        return False
    month, rest = dt.date.fromisoformat(stamp.waiting[0]), stamp.waiting[1:]
    work_out(month)
    stamp.waiting = rest
    if not rest:
        stamp.at = stamp.seen_at
    return True


def work_out(month: dt.date) -> None:
    """Write one month anew, for every union and all above it."""
    db.session.execute(delete(ReportMonth).where(ReportMonth.month == month))
    cohort, paid = claims.month_of_submission(month).subquery(), claims.month_of_payment(month).subquery()
    nodes = unions.nodes().subquery()
    days = array([func.sum(cohort.c[name]).cast(Integer) for name in _DAYS])
    first: Any = select(
        nodes.c.node_id, literal(month), cohort.c.plan_code, cohort.c.kind,
        *[func.sum(cohort.c[name]) for name in _COHORT], days,
    ).join(nodes, nodes.c.union_id == cohort.c.union_id).group_by(
        nodes.c.node_id, cohort.c.plan_code, cohort.c.kind
    )  # fmt: skip
    keys = ["node_id", "month", "plan_code", "kind"]
    db.session.execute(_into(ReportMonth, [*keys, *_COHORT, "days"], first))
    second: Any = select(
        nodes.c.node_id, literal(month), paid.c.plan_code, paid.c.kind,
        literal([0] * len(_DAYS), ARRAY(Integer)),
        func.sum(paid.c.paid), func.sum(paid.c.paid_fen),
        *[literal(0)] * len(_COHORT),
    ).join(nodes, nodes.c.union_id == paid.c.union_id).group_by(
        nodes.c.node_id, paid.c.plan_code, paid.c.kind
    )  # fmt: skip
    statement = _into(ReportMonth, [*keys, "days", "paid", "paid_fen", *_COHORT], second)
    new = statement.excluded
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=keys, set_={"paid": new.paid, "paid_fen": new.paid_fen}
        )
    )


def _people_when_due() -> None:
    stamp, now = _stamp(PEOPLE), clock.now()
    if stamp is not None and now - stamp.at < PEOPLE_EVERY:
        return
    count_people()
    if stamp is None:
        db.session.add(ReportStamp(key=PEOPLE, at=now, seen_at=now, waiting=[]))
    else:
        stamp.at = stamp.seen_at = now


def count_people() -> None:
    """Write anew who is at work and who is covered in which period, for every union and all above it."""
    db.session.execute(delete(ReportUnion))
    nodes = unions.nodes().subquery()
    cover, heads = covers.cover_counts().subquery(), employees.head_counts().subquery()
    record = unions.headcounts().subquery()
    covered: Any = (
        select(nodes.c.node_id, cover.c.plan_code, func.sum(cover.c.covered), literal(0), literal(0))
        .join(nodes, nodes.c.union_id == cover.c.union_id)
        .group_by(nodes.c.node_id, cover.c.plan_code)
    )
    columns = ["node_id", "plan_code", "covered", "people", "headcount"]
    db.session.execute(_into(ReportUnion, columns, covered))
    people: Any = (
        select(
            nodes.c.node_id,
            literal(""),
            literal(0),
            func.coalesce(func.sum(heads.c.people), 0),
            func.sum(record.c.headcount),
        )
        .select_from(nodes)
        .join(record, record.c.union_id == nodes.c.union_id)
        .outerjoin(heads, heads.c.union_id == nodes.c.union_id)
        .group_by(nodes.c.node_id)
    )
    db.session.execute(_into(ReportUnion, columns, people))


def _into(model: Any, columns: list[str], rows: Select[Any]) -> Any:
    return insert(model.__table__).from_select(columns, rows)
