"""What are the unions called, who stands above whom, and which of them may somebody see?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, Select, false, func, or_, select
from sqlalchemy.orm import aliased

from core import keyset
from core.access import Actor
from core.db import db
from core.errors import Missing
from union.models import Union

PAGE = 50


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


def version_of(union_id: uuid.UUID) -> int:
    """How often the union's record was changed: whoever copied it sees whether the copy is still right."""
    return int(db.session.scalar(select(Union.version).where(Union.id == union_id)) or 0)


def name_of(union_id: Any) -> ScalarSelect[str]:
    """The name of the union a column names, to put among another query's columns."""
    return select(Union.name).where(Union.id == union_id).scalar_subquery()


def below(union_id: uuid.UUID) -> Select[uuid.UUID]:
    """The ids of a union and of every union under it, to put into another query."""
    top = select(Union.path).where(Union.id == union_id).scalar_subquery()
    return select(Union.id).where(Union.path.startswith(top))


def only(union_id: uuid.UUID) -> Select[uuid.UUID]:
    """One union and none below it, as a query of ids."""
    return select(Union.id).where(Union.id == union_id)


def below_any(union_ids: Iterable[uuid.UUID]) -> Select[uuid.UUID]:
    """The ids of several unions and of every union under them, to put into another query."""
    paths = [select(Union.path).where(Union.id == one).scalar_subquery() for one in union_ids]
    tops = [Union.path.startswith(path) for path in paths]
    return select(Union.id).where(or_(false(), *tops))


def chain_of(union_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """A union and everything above it."""
    path = db.session.scalar(select(Union.path).where(Union.id == union_id)) or ""
    return _ids(path)


def listed(part: str, most: int) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of the unions with `part` in their name, in the order of their names."""
    query = select(Union.id, Union.name).where(Union.name.icontains(part, autoescape=True))
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Union.name).limit(most))]


def named(part: str) -> Select[uuid.UUID]:
    """The ids of the unions with `part` in their name, to put into another query."""
    return select(Union.id).where(Union.name.icontains(part, autoescape=True))


# --- what pages list ---------------------------------------------------------------------------------------


class Line(NamedTuple):
    """One union in the list, under its parent."""

    id: uuid.UUID
    name: str
    level: str
    parent: str
    headcount: int


def places_of(actor: Actor, *roles: str) -> Select[uuid.UUID] | None:
    """The unions where `actor` holds one of these roles, to put into another query; None means all."""
    tops = actor.unions_of(*roles)
    return None if tops is None else below_any(tops)


def find(union_id: uuid.UUID, actor: Actor, *roles: str) -> Union:
    """The union, if one of these roles of `actor` reaches it. Raises `Missing`."""
    row = db.session.get(Union, union_id)
    if row is None or not actor.within(_ids(row.path)).has(*roles):
        raise Missing
    return row


def page_of(
    places: Select[uuid.UUID] | None, *, part: str = "", level: str = "", before: str = "", after: str = ""
) -> keyset.Turn:
    """The unions within `places` by name; `part` is some of the name. Rows are `Line`s."""
    parent = aliased(Union)
    query: Any = select(
        Union.id, Union.name, Union.level, func.coalesce(parent.name, "").label("parent"), Union.headcount
    ).outerjoin(parent, parent.id == Union.parent_id)
    if places is not None:
        query = query.where(Union.id.in_(places))
    if part:
        query = query.where(Union.name.icontains(part, autoescape=True))
    if level:
        query = query.where(Union.level == level)
    found = keyset.turn(query, (Union.name, Union.id), PAGE, before=before, after=after)
    return found._replace(rows=[Line(*row) for row in found.rows])


def line_of(path: str) -> list[tuple[uuid.UUID, str]]:
    """(id, name) from the top of the tree down to the union itself (隶属工会, XM-27)."""
    ids = [uuid.UUID(part) for part in path.split("/") if part]
    known = names_of(ids)
    return [(one, known[one]) for one in ids if one in known]


def full_name(union_id: uuid.UUID) -> str:
    """The union after the one above it: names alone repeat from district to district."""
    path = db.session.scalar(select(Union.path).where(Union.id == union_id)) or ""
    return " → ".join(name for _, name in line_of(path)[-2:])


def children_of(union_id: uuid.UUID, most: int) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of the unions right below."""
    query = select(Union.id, Union.name).where(Union.parent_id == union_id)
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Union.name).limit(most))]


def choices(places: Select[uuid.UUID] | None, part: str, most: int) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of unions within `places` with `part` in their name, to choose one."""
    query = select(Union.id, Union.name).where(Union.name.icontains(part, autoescape=True))
    if places is not None:
        query = query.where(Union.id.in_(places))
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Union.name, Union.id).limit(most))]


def keepers_above(union_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of the unions above, the nearest first: whom to ask."""
    path = db.session.scalar(select(Union.path).where(Union.id == union_id)) or ""
    return line_of(path)[:-1][::-1]


def _ids(path: str) -> frozenset[uuid.UUID]:
    return frozenset(uuid.UUID(part) for part in path.split("/") if part)
