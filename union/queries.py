"""What are the unions called?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ScalarSelect, Select, false, or_, select

from core.db import db
from union.models import Union


def names_of(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names of several unions with one statement."""
    wanted = set(ids)
    rows = db.session.execute(select(Union.id, Union.name).where(Union.id.in_(wanted))) if wanted else ()
    return {row[0]: row[1] for row in rows}


def name_of(union_id: Any) -> ScalarSelect[str]:
    """The name of the union a column names, to put among another query's columns."""
    return select(Union.name).where(Union.id == union_id).scalar_subquery()


def below(union_id: uuid.UUID) -> Select[uuid.UUID]:
    """The ids of a union and of every union under it, to put into another query."""
    top = select(Union.path).where(Union.id == union_id).scalar_subquery()
    return select(Union.id).where(Union.path.startswith(top))


def below_any(union_ids: Iterable[uuid.UUID]) -> Select[uuid.UUID]:
    """The ids of several unions and of every union under them, to put into another query."""
    paths = [select(Union.path).where(Union.id == one).scalar_subquery() for one in union_ids]
    tops = [Union.path.startswith(path) for path in paths]
    return select(Union.id).where(or_(false(), *tops))


def chain_of(union_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """A union and everything above it."""
    path = db.session.scalar(select(Union.path).where(Union.id == union_id)) or ""
    return frozenset(uuid.UUID(part) for part in path.split("/") if part)


def named(part: str) -> Select[uuid.UUID]:
    """The ids of the unions with `part` in their name, to put into another query."""
    return select(Union.id).where(Union.name.icontains(part, autoescape=True))
