"""What content do pages list? Published and not taken down, pinned first."""

from __future__ import annotations

import uuid
from typing import TypedDict

from sqlalchemy import ColumnElement, select, tuple_

from content.models import Article
from core import clock
from core.db import db
from core.errors import Missing

PATHS = {"notice": "/h5/notices", "article": "/h5/articles", "brochure": "/h5/brochure"}
TITLES = {"notice": "公告通知", "article": "文章资讯", "brochure": "宣传手册"}


class Line(TypedDict):
    """One line of a list of content."""

    label: str
    note: str
    url: str


def newest(kind: str, limit: int, before: uuid.UUID | None = None) -> list[Line]:
    """The newest `limit` of a kind, older than the row `before` when given."""
    query = select(Article.id, Article.title, Article.published_at).where(_is_public(kind))
    if before:
        edge = db.session.get(Article, before)
        if edge is None:
            raise Missing
        place = tuple_(Article.is_pinned, Article.published_at, Article.id)
        query = query.where(place < tuple_(edge.is_pinned, edge.published_at, edge.id))
    query = query.order_by(Article.is_pinned.desc(), Article.published_at.desc(), Article.id.desc()).limit(
        limit
    )
    return [
        {"label": row.title, "note": clock.shown(row.published_at)[:10], "url": f"{PATHS[kind]}/{row.id}"}
        for row in db.session.connection().execute(query)
    ]


def article(kind: str, article_id: uuid.UUID) -> Article:
    """One published page. Raises `Missing`."""
    row = db.session.scalar(select(Article).where(Article.id == article_id, _is_public(kind)))
    if row is None:
        raise Missing
    return row


def _is_public(kind: str) -> ColumnElement[bool]:
    published = (Article.published_at.is_not(None)) & (Article.published_at <= clock.now())
    return (Article.kind == kind) & published & Article.taken_down_at.is_(None)
