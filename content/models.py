"""What does the scheme tell everybody? Announcements, articles, the brochure."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Boolean, Index, String, Text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key


class Article(db.Model):
    """One page of content; `kind` is notice (公告通知), article (文章资讯) or brochure (宣传手册)."""

    __tablename__ = "article"
    __table_args__ = (Index("ix_article_list", "kind", "is_pinned", "published_at", "id"),)

    id: Mapped[uuid.UUID] = primary_key()
    kind: Mapped[str] = column(String(16), data="public", nullable=False)
    title: Mapped[str] = column(String(60), data="public", nullable=False)
    summary: Mapped[str] = column(String(120), data="public", nullable=False, default="")
    body: Mapped[str] = column(Text, data="public", nullable=False, default="")
    source: Mapped[str] = column(String(40), data="public", nullable=False, default="")
    is_pinned: Mapped[bool] = column(Boolean, data="public", nullable=False, default=False)
    published_at: Mapped[dt.datetime | None] = moment(nullable=True)
    taken_down_at: Mapped[dt.datetime | None] = moment(nullable=True)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
