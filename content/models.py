"""What does the scheme tell everybody? Announcements, articles, the brochure, their pictures."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key


class Article(db.Model):
    """One page of content; `kind` is notice (公告通知), article (文章资讯) or brochure (宣传手册, a chapter).

    The plain columns are what people read (or will, once it is published). What is typed on a published page
    waits in `working` until it is published too. Only `core.history.perform` writes state and version.
    """

    __tablename__ = "article"
    __table_args__ = (
        Index("ix_article_list", "kind", "state", "is_pinned", "published_at", "id"),
        Index("ix_article_edited", "edited_at", "id"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    kind: Mapped[str] = column(String(16), data="public", nullable=False)
    title: Mapped[str] = column(String(60), data="public", nullable=False)
    summary: Mapped[str] = column(String(120), data="public", nullable=False, default="")
    body: Mapped[str] = column(Text, data="public", nullable=False, default="")
    body_html: Mapped[str] = column(Text, data="public", nullable=False, default="", server_default="")
    source: Mapped[str] = column(String(40), data="public", nullable=False, default="")
    cover: Mapped[str] = column(String(32), data="public", nullable=False, default="", server_default="")
    cover_alt: Mapped[str] = column(String(120), data="public", nullable=False, default="", server_default="")
    place: Mapped[int] = column(Integer, data="public", nullable=False, default=0, server_default="0")
    pages: Mapped[list[list[str]]] = column(
        JSONB, data="public", nullable=False, default=list, server_default="[]"
    )
    is_pinned: Mapped[bool] = column(Boolean, data="public", nullable=False, default=False)
    state: Mapped[str] = column(
        String(24), data="public", nullable=False, default="draft", server_default="draft"
    )
    state_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now, server_default=func.now())
    version: Mapped[int] = column(Integer, nullable=False, default=0, server_default="0")
    working: Mapped[dict[str, Any] | None] = column(JSONB, nullable=True)
    publish_at: Mapped[dt.datetime | None] = moment(nullable=True)
    take_down_at: Mapped[dt.datetime | None] = moment(nullable=True)
    published_at: Mapped[dt.datetime | None] = moment(nullable=True)
    revised_at: Mapped[dt.datetime | None] = moment(nullable=True)
    taken_down_at: Mapped[dt.datetime | None] = moment(nullable=True)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    author_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    author_label: Mapped[str] = column(String(64), nullable=False, default="", server_default="")
    edited_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now, server_default=func.now())
    edited_by: Mapped[str] = column(String(64), nullable=False, default="", server_default="")


class ContentPicture(db.Model):
    """A picture everybody may see, once however often it is used; its bytes lie under `<id>/0 … 2`."""

    __tablename__ = "content_picture"

    id: Mapped[uuid.UUID] = primary_key()
    digest: Mapped[str] = column(String(32), data="public", nullable=False, unique=True)
    width: Mapped[int] = column(Integer, data="public", nullable=False)
    height: Mapped[int] = column(Integer, data="public", nullable=False)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    author_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
