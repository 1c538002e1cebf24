"""看板 (A14): who is in, what came, what became of it, what it cost; every number leads to what it counts."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import render_template, request, url_for

from claims.queries import reporting as claims
from claims.queries import state_words
from core import clock
from core.access import allow
from plans import service as plans
from reports.admin.door import WHO, blueprint, me, tabs
from reports.queries import board as figures
from reports.queries.scope import scope_of, uuid_of
from reports.rules import CLAIMS, COVERAGES, EVERYBODY
from union import queries as unions
from union.queries import Reach


@blueprint.get("")
@allow(*EVERYBODY)
def board() -> str:
    since, until = _range()
    reach = unions.reach(me().unions_of(*EVERYBODY), under=uuid_of(request.args.get("under")))
    tops = None if reach.tops is None else sorted(reach.tops)
    nodes = figures.nodes_of(tops)
    months, sums = figures.months(nodes, since, until)
    plan = _plan()
    (headcount, people, covered), union_lines = figures.union_lines(tops, plan.code)
    under = _under(reach)
    return render_template(
        "reports/board.html",
        tabs=tabs("board"),
        stamps=figures.stamps(),
        where=_where(reach),
        since=since,
        until=until,
        plan=plan,
        plans=[(one.code, one.name) for one in plans.all_plans()],
        under=under,
        sums=sums,
        months=months,
        top=max((line.paid_fen for line in months), default=0),
        busiest=max((line.submitted for line in months), default=0),
        plan_lines=figures.plan_lines(nodes),
        union_lines=union_lines,
        headcount=headcount,
        people=people,
        covered=covered,
        ages=_ages(reach),
        age_labels=_age_labels(),
        link=_links(under, since, until),
        cover_link=_cover_links(under, plan.code),
        board_link=lambda union_id: url_for(".board", **_kept(under=union_id)),
        last_day=figures.last_day,
    )


def _range() -> tuple[dt.date, dt.date]:
    """Whole months; this year's unless the address says otherwise, two years at most."""
    until = figures.month_of(request.args.get("until", ""), figures.this_month())
    since = figures.month_of(request.args.get("since", ""), until.replace(month=1))
    since = min(since, until)
    earliest = until.replace(year=until.year - figures.MOST_MONTHS // 12) if until.year > 2 else since
    return max(since, earliest), until


def _plan() -> plans.Plan:
    wanted = request.args.get("plan", "")
    return plans.plan_or_none(wanted) or plans.all_plans()[0]


def _under(reach: Reach) -> uuid.UUID | None:
    return uuid_of(request.args.get("under")) if reach.tops is not None else None


def _where(reach: Reach) -> str:
    if reach.tops is None:
        return "全部工会"
    return reach.names[0] if len(reach.names) == 1 else "您负责的各工会"


def _kept(**others: Any) -> dict[str, Any]:
    kept = {name: request.args.get(name) for name in ("since", "until", "plan", "under")}
    return {**kept, **others}


def _links(under: uuid.UUID | None, since: dt.date, until: dt.date) -> Any:
    """`link(state=…, month=…)`: the list that a number counts; nothing for who may not open it."""
    if not me().has(*WHO[CLAIMS]):
        return lambda **_: ""

    def link(*, month: dt.date | None = None, **filters: Any) -> str:
        first, last = (month, month) if month else (since, until)
        days = {"since": first.isoformat(), "until": figures.last_day(last).isoformat()}
        return url_for(".claims", under=under, **{**days, **filters})

    return link


def _cover_links(under: uuid.UUID | None, plan_code: str) -> Any:
    if not me().has(*WHO[COVERAGES]):
        return lambda *_, **__: ""

    def link(union_id: uuid.UUID | None = None, plan: str = "", **filters: Any) -> str:
        return url_for(".coverages", under=union_id or under, plan=plan or plan_code, **filters)

    return link


def _ages(reach: Reach) -> list[dict[str, Any]]:
    """What is open at this moment, by state and by how long it has waited."""
    under = uuid_of(request.args.get("under"))
    parts = {}
    for name, tops in scope_of(me(), CLAIMS).items():
        ids = None if tops is None else frozenset(uuid.UUID(one) for one in tops)
        is_same = ids == me().unions_of(*EVERYBODY)
        parts[name] = reach if is_same else unions.reach(ids, under=under)
    seen = claims.scope(me(), parts.get("readers"), parts.get("finance"))
    lines = []
    for state, counts in claims.waiting_by_age(seen, figures.AGES):
        lines.append({"state": state, "label": state_words(state), "counts": counts, "all": sum(counts)})
    return lines


def _age_labels() -> list[dict[str, Any]]:
    """(words, since, until) of each column, as days for the list behind it."""

    today = clock.today()
    edges = [0, *figures.AGES]
    labels = []
    for low, high in zip(edges, [*figures.AGES, None], strict=True):
        words = f"不到 {high} 天" if not low else f"{low} 天以上" if high is None else f"{low} 至 {high} 天"
        labels.append(
            {
                "label": words,
                "since": (today - dt.timedelta(days=high - 1)).isoformat() if high else "",
                "until": (today - dt.timedelta(days=low)).isoformat() if low else "",
            }
        )
    return labels
