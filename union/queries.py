"""What are the unions called?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, Select, false, or_, select

from core.db import db
from union.models import Union


class Contact(NamedTuple):
    """Whom members ask: the union and its telephone, as far as the record has them."""

    name: str
    phone: str


def contact_of(union_id: uuid.UUID) -> Contact:
    """The union's name and telephone, for a member who does not know whom to ask."""
    row = db.session.execute(
        select(Union.id, Union.name, Union.contact_phone_ct).where(Union.id == union_id)  # type: ignore[attr-defined]
    ).one_or_none()
    return Contact(row.name, Union.contact_phone.of(row) or "") if row else Contact("", "")  # type: ignore[attr-defined]


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


def listed(part: str, most: int) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of the unions with `part` in their name, in the order of their names."""
    query = select(Union.id, Union.name).where(Union.name.icontains(part, autoescape=True))
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Union.name).limit(most))]


def named(part: str) -> Select[uuid.UUID]:
    """The ids of the unions with `part` in their name, to put into another query."""
    return select(Union.id).where(Union.name.icontains(part, autoescape=True))
