"""What content do pages list? Published and not taken down, pinned first; for editors everything."""

from __future__ import annotations

import uuid
from itertools import zip_longest
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import ColumnElement, Row, Select, and_, select, true, tuple_, union_all

from content.models import Article
from content.rules import KINDS, LABELS
from core import clock
from core.db import db
from core.errors import Missing
from core.history import Transition, timeline

PATHS = {"notice": "/h5/notices", "article": "/h5/articles", "brochure": "/h5/brochure"}
TITLES = KINDS
MOST_CHAPTERS = 60


class Line(TypedDict):
    """One line of a list of content."""

    label: str
    note: str
    url: str
    summary: str
    cover: str
    is_pinned: bool


class Chapter(NamedTuple):
    """One line of the brochure's table of contents."""

    id: uuid.UUID
    title: str
    summary: str
    url: str


_LINE = (
    Article.id, Article.kind, Article.title, Article.summary, Article.cover, Article.is_pinned,
    Article.published_at,
)  # fmt: skip
_PLACE = tuple_(Article.is_pinned, Article.published_at, Article.id)
_NEWEST = (Article.is_pinned.desc(), Article.published_at.desc(), Article.id.desc())


def newest(kind: str, limit: int, before: uuid.UUID | None = None) -> list[Line]:
    """The newest `limit` of a kind, older than the row `before` when given. Raises `Missing`."""
    query = select(*_LINE).where(_is_public(kind))
    if before:
        edge = db.session.execute(
            select(Article.is_pinned, Article.published_at, Article.id).where(Article.id == before)
        ).first()
        if edge is None:
            raise Missing
        query = query.where(tuple_(*edge) > _PLACE)
    return [_line(row) for row in db.session.execute(query.order_by(*_NEWEST).limit(limit))]


def for_home(limit: int) -> tuple[list[Line], list[Line]]:
    """The newest pinned notice (or none) and the newest articles, in one statement."""
    strip = select(*_LINE).where(_is_public("notice"), Article.is_pinned).order_by(*_NEWEST).limit(1)
    news = select(*_LINE).where(_is_public("article")).order_by(*_NEWEST).limit(limit)
    rows = [_line(row) for row in db.session.execute(union_all(_again(strip), _again(news)))]
    notices = [row for row in rows if row["url"].startswith(PATHS["notice"])]
    return notices, [row for row in rows if row not in notices]


def _again(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """As one part of a union: ordered and cut by itself."""
    return query.subquery().select()


def article(kind: str, article_id: uuid.UUID) -> Article:
    """One published page. Raises `Missing`."""
    row = db.session.scalar(select(Article).where(Article.id == article_id, _is_public(kind)))
    if row is None:
        raise Missing
    return row


def chapters() -> list[Chapter]:
    """The brochure's table of contents, in its order."""
    query = select(Article.id, Article.title, Article.summary).where(_is_public("brochure"))
    rows = db.session.execute(
        query.order_by(Article.place, Article.published_at, Article.id).limit(MOST_CHAPTERS)
    )
    return [Chapter(row.id, row.title, row.summary, f"{PATHS['brochure']}/{row.id}") for row in rows]


def desk(kind: str, state: str, before: uuid.UUID | None, limit: int) -> list[Article]:
    """What editors see, last edited first; "" is every kind or state. Raises `Missing`."""
    query = select(Article).where(Article.kind == kind if kind else true())
    query = query.where(Article.state == state if state else true())
    if before:
        edge = db.session.execute(select(Article.edited_at, Article.id).where(Article.id == before)).first()
        if edge is None:
            raise Missing
        query = query.where(tuple_(Article.edited_at, Article.id) < tuple_(*edge))
    return list(db.session.scalars(query.order_by(Article.edited_at.desc(), Article.id.desc()).limit(limit)))


def history_of(row: Article) -> list[Transition]:
    """Everything that happened to a page, newest first; saving again and again is told once."""
    steps = timeline(row.id)
    told = [
        step
        for step, following in zip_longest(steps, steps[1:])
        if not (step.action == "save" and following and following.action == "save"
                and following.actor_id == step.actor_id)
    ]  # fmt: skip
    return told[::-1]


def state_words(row: Article) -> str:
    """已发布, and whether something waits to be published."""
    return LABELS[row.state] + ("（有未发布的修改）" if row.working else "")


def _line(row: Row[*tuple[Any, ...]]) -> Line:
    return {
        "label": row.title,
        "note": clock.shown(row.published_at)[:10],
        "url": f"{PATHS[row.kind]}/{row.id}",
        "summary": row.summary,
        "cover": row.cover,
        "is_pinned": row.is_pinned,
    }


def _is_public(kind: str) -> ColumnElement[bool]:
    """Published and its end not reached, even when the clock is late."""
    ends = Article.take_down_at
    return and_(Article.kind == kind, Article.state == "published", ends.is_(None) | (ends > clock.now()))
