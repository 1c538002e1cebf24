"""What does the dashboard show of some unions in some months? A few rows of figures worked out before."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select

from claims.queries import reporting as claims
from core import clock
from core.db import db
from plans import service as plans
from reports.models import ReportMonth, ReportStamp, ReportUnion
from union import queries as unions

AGES = (3, 7, 15)
MOST_MONTHS = 24
MOST_CHILDREN = 60
SHARE_MOST = 0.8  # «most» means four of five


class Month(NamedTuple):
    """One month's figures."""

    month: dt.date
    submitted: int
    approved: int
    refused: int
    returned: int
    paid: int
    paid_fen: int


class Sums(NamedTuple):
    """The figures of the whole range."""

    submitted: int
    waiting: int
    approved: int
    refused: int
    returned: int
    bounced: int
    paid: int
    paid_fen: int
    median: str
    most: str

    @property
    def ended(self) -> int:
        return self.approved + self.refused


class PlanLine(NamedTuple):
    """One period: who is in, what came in and went out. `ratio` is 赔付率 in per cent, None without fees."""

    code: str
    name: str
    covered: int
    fees_fen: int
    award_fen: int
    paid_fen: int
    ratio: float | None


class UnionLine(NamedTuple):
    """One union with all below it."""

    id: uuid.UUID
    name: str
    headcount: int
    people: int
    covered: int

    @property
    def missing(self) -> int:
        return max(self.people - self.covered, 0)

    @property
    def share(self) -> float | None:
        """参保率: of those at work on the roster."""
        return round(100 * self.covered / self.people, 1) if self.people else None


class Stamps(NamedTuple):
    """As of when the figures are; None before the first time."""

    claims: dt.datetime | None
    people: dt.datetime | None


def stamps() -> Stamps:
    known = {row.key: row.at for row in db.session.scalars(select(ReportStamp))}
    return Stamps(known.get("claims"), known.get("people"))


def nodes_of(tops: Iterable[uuid.UUID] | None) -> list[uuid.UUID]:
    """The rows that stand for these unions; they do not lie under each other (`unions.reach`)."""
    return [unions.WHOLE] if tops is None else list(tops)


def months(nodes: Sequence[uuid.UUID], since: dt.date, until: dt.date) -> tuple[list[Month], Sums]:
    """Month by month, the newest first, and all together. One statement."""
    columns = ("submitted", "waiting", "approved", "refused", "returned", "bounced", "paid", "paid_fen")
    t = ReportMonth.__table__.c
    places = range(1, len(claims.DAYS) + 1)
    query = select(
        t.month,
        *[func.coalesce(func.sum(t[name]), 0).label(name) for name in columns],
        *[func.coalesce(func.sum(t.days[place]), 0) for place in places],
    ).where(t.node_id.in_(nodes), t.month >= since, t.month <= until)
    rows = db.session.execute(query.group_by(t.month).order_by(t.month.desc())).all()
    lines = [
        Month(row.month, *[int(getattr(row, name)) for name in Month._fields if name != "month"])
        for row in rows
    ]
    sums = [sum(int(getattr(row, name)) for row in rows) for name in columns]
    days = [sum(int(row[len(columns) + place]) for row in rows) for place in places]
    known: dict[str, Any] = dict(zip(columns, sums, strict=True))
    return lines, Sums(**known, median=_within(days, 0.5), most=_within(days, SHARE_MOST))


def _within(days: Sequence[int], share: float) -> str:
    """Within how many days so much of them were decided: `3 天`; empty when none was."""
    total, seen = sum(days), 0
    for count, low, high in zip(days, claims.DAYS, [*claims.DAYS[1:], None], strict=True):
        seen += count
        if total and seen >= share * total:
            if high is None:
                return f"{low} 天以上"
            return f"{high} 天内" if high - low > 1 or low == 0 else f"{low} 天"
    return ""


def plan_lines(nodes: Sequence[uuid.UUID]) -> list[PlanLine]:
    """Every period of the profile, the present one first. One statement."""
    m, u = ReportMonth.__table__.c, ReportUnion.__table__.c
    spent = (
        select(m.plan_code, func.sum(m.award_fen).label("award"), func.sum(m.paid_fen).label("paid"))
        .where(m.node_id.in_(nodes))
        .group_by(m.plan_code)
        .subquery()
    )
    query = (
        select(u.plan_code, func.sum(u.covered), func.max(spent.c.award), func.max(spent.c.paid))
        .outerjoin(spent, spent.c.plan_code == u.plan_code)
        .where(u.node_id.in_(nodes))
        .group_by(u.plan_code)
    )
    known = {row[0]: [int(n or 0) for n in row[1:]] for row in db.session.execute(query)}
    found = []
    for plan in plans.all_plans():
        covered, award, paid = known.get(plan.code, [0, 0, 0])
        fees = covered * plan.fee_fen
        ratio = round(100 * paid / fees, 1) if fees else None
        found.append(PlanLine(plan.code, plan.name, covered, fees, award, paid, ratio))
    return found


def union_lines(
    tops: Sequence[uuid.UUID] | None, plan_code: str
) -> tuple[tuple[int, int, int], list[UnionLine]]:
    """(单位从业人数, people at work, covered) of all together, and of each union right below.

    Of several tops each is a line itself. Two statements.
    """
    if tops is None:
        listed = unions.roots(MOST_CHILDREN)
    elif len(tops) == 1:
        listed = unions.children_of(tops[0], MOST_CHILDREN)
    else:
        listed = sorted(unions.names_of(tops).items(), key=lambda pair: pair[1])
    nodes = nodes_of(tops)
    known = _people([*nodes, *[one for one, _ in listed]], plan_code)
    nobody = (0, 0, 0)
    headcount, people, covered = (sum(known.get(node, nobody)[n] for node in nodes) for n in range(3))
    lines = [UnionLine(one, name, *known.get(one, nobody)) for one, name in listed]
    return (headcount, people, covered), lines


def _people(nodes: Sequence[uuid.UUID], plan_code: str) -> dict[uuid.UUID, tuple[int, int, int]]:
    u = ReportUnion.__table__.c
    query: Any = (
        select(u.node_id, func.sum(u.headcount), func.sum(u.people), func.sum(u.covered))
        .where(u.node_id.in_(nodes), u.plan_code.in_(("", plan_code)))
        .group_by(u.node_id)
    )
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in db.session.execute(query)}


def month_of(text: str, otherwise: dt.date) -> dt.date:
    """`2026-03` (or a day of it) as the month's first day."""
    try:
        return dt.date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        return otherwise


def last_day(month: dt.date) -> dt.date:
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def this_month() -> dt.date:
    return clock.today().replace(day=1)
