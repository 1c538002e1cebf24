"""What is new to an operator since yesterday, what did they hand in, and how long may unions still enrol?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select

from claims.queries import news as claims
from core import clock
from core.access import Actor
from core.db import db
from core.roles import CHAIR, OPERATOR
from employee import queries as employees
from plans import service as plans
from roster import queries as rosters
from union import queries as unions
from workbench import mine
from workbench.mine import Mine

KEEPERS = (OPERATOR, CHAIR)
MOST_MINE = 5
URGENT_DAYS = 7


class News(NamedTuple):
    """One thing that happened, said with its number, and where to read more."""

    text: str
    url: str


class Desk(NamedTuple):
    """What the home of an operator or chair shows besides the work that waits (XM-26, XM-68)."""

    news: list[News]
    since: dt.date
    mine: Sequence[Mine]
    enrolment: str
    is_urgent: bool


def desk_of(actor: Actor, seen: ColumnElement[bool]) -> Desk | None:
    """For those who keep a union's people; `seen` is the claims' scope, known already."""
    if not actor.has(*KEEPERS) or actor.id is None:
        return None
    words, is_urgent = enrolment_words(plans.enrolment_window())
    yesterday = clock.today() - dt.timedelta(days=1)
    return Desk(
        _news(actor, seen, yesterday), yesterday, mine.page(actor, size=MOST_MINE).rows, words, is_urgent
    )


def _news(actor: Actor, seen: ColumnElement[bool], day: dt.date) -> list[News]:
    """What happened in the actor's unions since the morning of `day`. One statement."""
    places = unions.places_of(actor, *KEEPERS)
    since = dt.datetime.combine(day, dt.time(), clock.SHANGHAI)
    counts: tuple[Any, ...] = (
        claims.submitted_since(since, seen),
        claims.decided_since(since, seen),
        rosters.finished_since(since, places),
        employees.joined_since(since, places),
        employees.left_since(day, places),
    )
    found = db.session.execute(select(*counts)).one()
    lines = (
        ("新收到 {n:,} 件补助申请", f"/admin/claims?since={day}"),
        ("{n:,} 件补助申请有了结果", f"/admin/claims?decided={day}"),
        ("{n:,} 份名册处理完了", "/admin/roster/imports"),
        ("{n:,} 位职工加入名册", "/admin/roster"),
        ("{n:,} 位职工离职", "/admin/roster?state=left"),
    )
    return [News(words.format(n=n), url) for (words, url), n in zip(lines, found, strict=True) if n]


def enrolment_words(window: plans.Window | None) -> tuple[str, bool]:
    """How long unions may enrol, in words, and whether that is urgent; empty when no plan says."""
    if window is None:
        return "", False
    if window.stage == "soon":
        return f"{window.plan}：{window.on} 开始参保，还有 {window.days} 天。", False
    if window.stage == "over":
        return f"{window.plan}：参保已在 {window.on} 截止。", False
    left = f"还有 {window.days} 天截止" if window.days else "今天截止"
    return f"{window.plan}：参保{left}（{window.on}）。", window.days <= URGENT_DAYS
