"""What are the unions called, who stands above whom, and which of them may somebody see?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Uuid,
    any_,
    cast,
    column,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
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


def roots(most: int) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of the unions that none stands above."""
    query = select(Union.id, Union.name).where(Union.parent_id.is_(None))
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


# --- how far a report reaches ------------------------------------------------------------------------------

# So many unions are named one by one, and the planner knows how many rows that is; more are told by path.
FEW = 200
MOST_MERGED = 40  # of so many a page is merged; of more, the scheme's own order is read past the others
MOST_NAMED = 500
WHOLE = uuid.UUID(int=0)  # stands for all unions where figures are kept by union


class Reach(NamedTuple):
    """Some unions with all below them. `tops` None means every union; `ids` are all of them while few."""

    tops: frozenset[uuid.UUID] | None
    paths: tuple[str, ...] = ()
    ids: tuple[uuid.UUID, ...] | None = None
    names: tuple[str, ...] = ()

    def holds(self, column: Any) -> ColumnElement[bool]:
        """Is the union that a column names one of them? A condition that costs the same for few and many."""
        if self.tops is None:
            return true()
        if self.ids is not None and len(self.ids) == 1:
            alone: ColumnElement[bool] = column == self.ids[0]  # an index then holds the rows in order
            return alone
        if self.ids is not None:
            among: ColumnElement[bool] = column == any_(literal(list(self.ids), ARRAY(Uuid)))
            return among
        path = select(Union.path).where(Union.id == column).scalar_subquery()
        return or_(false(), *[path.startswith(top) for top in self.paths])

    def spread(self, of: Any) -> keyset.Spread | None:
        """The same unions as places to look into one by one; None for all unions, and for a single one."""
        if self.tops is None or self.ids is not None and len(self.ids) == 1:
            return None
        if self.ids is None:
            return keyset.Spread(of, select(Union.id).where(_beneath(self.paths)).subquery("place"))
        named = func.unnest(literal(list(self.ids), ARRAY(Uuid))).table_valued(column("id", Uuid))
        return keyset.Spread(of, named.render_derived("place"))

    @property
    def is_mergeable(self) -> bool:
        return self.ids is not None and len(self.ids) <= MOST_MERGED


EVERYWHERE = Reach(None)


def reach(tops: Iterable[uuid.UUID] | None, *, under: uuid.UUID | None = None, part: str = "") -> Reach:
    """The unions `tops` with all below; only those at or under `under`, or under a name with `part` in it.

    Raises `Missing` when `under` is none of them: absent and hidden look alike.
    """
    found = None if tops is None else _places(Union.id.in_(list(tops)))
    if under is not None:
        chosen = _places(Union.id == under)
        if not chosen or (found is not None and not chosen[under].path.startswith(_all_paths(found))):
            raise Missing
        found = chosen
    if part:
        within = true() if found is None else _beneath(_all_paths(found))
        found = _places(Union.name.icontains(part, autoescape=True), within, most=MOST_NAMED)
    if found is None:
        return Reach(None)
    outer = _outermost(found)
    paths = _all_paths(outer)
    ids = tuple(db.session.scalars(select(Union.id).where(_beneath(paths)).limit(FEW + 1)))
    names = tuple(place.name for place in outer.values())
    return Reach(frozenset(outer), paths, ids if len(ids) <= FEW else None, names)


def covers(held: Iterable[uuid.UUID] | None, wanted: Iterable[uuid.UUID] | None) -> bool:
    """Is everything under `wanted` also under `held`? None is every union."""
    if held is None:
        return True
    if wanted is None:
        return False
    mine, asked = _all_paths(_places(Union.id.in_(list(held)))), set(wanted)
    places = _places(Union.id.in_(asked))
    return len(places) == len(asked) and all(path.startswith(mine) for path in _all_paths(places))


def nodes() -> Select[Any]:
    """(union_id, node_id) of every union and each union above it, and `WHOLE`: to add figures up the tree."""
    above = cast(func.string_to_array(func.btrim(Union.path, "/"), "/"), ARRAY(Uuid))
    lines = union_all(
        select(Union.id.label("union_id"), func.unnest(above).label("node_id")),
        select(Union.id, literal(WHOLE)),
    ).subquery()
    return select(lines.c.union_id, lines.c.node_id)


def headcounts() -> Select[Any]:
    """(union_id, headcount) of every union's record (单位从业人数)."""
    query: Any = select(Union.id.label("union_id"), Union.headcount)
    found: Select[Any] = query
    return found


class _Place(NamedTuple):
    path: str
    name: str


def _places(*rules: ColumnElement[bool], most: int | None = None) -> dict[uuid.UUID, _Place]:
    query = select(Union.id, Union.path, Union.name).where(*rules).limit(most)
    return {row[0]: _Place(row[1], row[2]) for row in db.session.execute(query)}


def _all_paths(found: dict[uuid.UUID, _Place]) -> tuple[str, ...]:
    return tuple(place.path for place in found.values())


def _beneath(paths: Iterable[str]) -> ColumnElement[bool]:
    return or_(false(), *[Union.path.startswith(path) for path in paths])


def _outermost(found: dict[uuid.UUID, _Place]) -> dict[uuid.UUID, _Place]:
    """Those that lie under no other one."""
    kept: dict[uuid.UUID, _Place] = {}
    for one, place in sorted(found.items(), key=lambda pair: len(pair[1].path)):
        if not place.path.startswith(_all_paths(kept)):
            kept[one] = place
    return kept


def _ids(path: str) -> frozenset[uuid.UUID]:
    return frozenset(uuid.UUID(part) for part in path.split("/") if part)
