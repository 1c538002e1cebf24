"""Which pictures does no page show any more? They go a day after they were last put in."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from sqlalchemy import Select, String, cast, delete, func, or_, select

from content.models import Article, ContentPicture
from content.service.pictures import SIZES
from core import context
from core.db import after_commit, db
from core.files.orphans import ids_of
from core.retention import Ids, Rule
from core.terms import Term

GRACE = Term(days=1)  # somebody may be writing the page they are for


def _due(until: dt.datetime) -> Select[Any]:
    """Neither in what people read nor in what an editor has typed, in any state of a page."""
    digest = ContentPicture.digest
    texts = (Article.body, cast(Article.pages, String), func.coalesce(cast(Article.working, String), ""))
    shown = or_(Article.cover == digest, *(func.strpos(text, digest) > 0 for text in texts))
    return select(ContentPicture.id).where(
        ContentPicture.created_at < until, ~select(Article.id).where(shown).exists()
    )


def _erase(ids: Ids) -> None:
    db.session.execute(delete(ContentPicture).where(ContentPicture.id.in_(ids)))
    storage = context.storage()
    for picture_id in ids:
        for key in SIZES.values():
            after_commit(partial(storage.delete, f"{picture_id}/{key}"))


def kept_of(owners: set[str]) -> set[str]:
    """Which of these are pictures of pages?"""
    return ids_of(owners, lambda ids: select(ContentPicture.id).where(ContentPicture.id.in_(ids)))


RULES = (Rule("content.pictures", GRACE, _due, _erase),)
