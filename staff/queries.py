"""Who works in these unions, and with which rights?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, exists, or_, select, true

from core import keyset
from core.db import db
from core.errors import Missing
from core.fields import mask_phone
from core.roles import CHAIR
from staff.models import Grant, StaffUser
from staff.rules.granting import Right, chair_rights

PAGE = 50


@dataclass(frozen=True)
class StaffCard:
    """One member of staff, for lists and pages above this feature; the phone is masked."""

    id: uuid.UUID
    name: str
    phone: str
    union_id: uuid.UUID | None
    chair_of_id: uuid.UUID | None
    is_active: bool
    is_complete: bool
    has_factor: bool
    rights: frozenset[Right]

    @property
    def chair_rights(self) -> tuple[Right, ...]:
        """What follows from the union's record."""
        return chair_rights(self.union_id, self.chair_of_id)


def card(staff_id: uuid.UUID, places: Select[Any] | None = None) -> StaffCard:
    """One person, if they are within `places` (None: everywhere). Raises `Missing`."""
    person = db.session.scalar(select(StaffUser).where(StaffUser.id == staff_id, within(places)))
    if person is None:
        raise Missing
    return _cards([person])[0]


def cards(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, StaffCard]:
    """Several people with two statements."""
    wanted = set(ids)
    people = db.session.scalars(select(StaffUser).where(StaffUser.id.in_(wanted))) if wanted else ()
    return {one.id: one for one in _cards(list(people))}


def listed(
    places: Select[Any] | None,
    *,
    part: str = "",
    union_id: uuid.UUID | None = None,
    role: str = "",
    before: str = "",
    after: str = "",
) -> keyset.Turn:
    """The people within `places` by name; `part` is some of the name or the whole phone."""
    query: Any = select(StaffUser.id, StaffUser.name).where(within(places))
    if part:
        is_phone = StaffUser.phone.matches(part)  # type: ignore[attr-defined]
        query = query.where(or_(StaffUser.name.icontains(part, autoescape=True), is_phone))
    if union_id:
        query = query.where(StaffUser.union_id == union_id)
    if role:
        query = query.where(exists(_grants().where(Grant.role == role)))
    found = keyset.turn(query, (StaffUser.name, StaffUser.id), PAGE, before=before, after=after)
    known = cards([row.id for row in found.rows])
    return found._replace(rows=[known[row.id] for row in found.rows])


def union_of(staff_id: uuid.UUID) -> ScalarSelect[Any]:
    """The union somebody belongs to, to put among another query's columns."""
    return select(StaffUser.union_id).where(StaffUser.id == staff_id).scalar_subquery()


def within(places: Select[Any] | None) -> ColumnElement[bool]:
    """Those who belong to one of these unions or hold a right there."""
    if places is None:
        return true()
    return or_(StaffUser.union_id.in_(places), exists(_grants().where(Grant.union_id.in_(places))))


def names_with(role: str, union_ids: Iterable[uuid.UUID] | None) -> list[str]:
    """Who holds this role right at one of these unions (None: in the whole scheme), by name."""
    wanted = list(union_ids or ())
    where = Grant.union_id.is_(None) if union_ids is None else Grant.union_id.in_(wanted)
    is_one: ColumnElement[bool] = exists(_grants().where(Grant.role == role, where))
    if role == CHAIR and wanted:
        by_seat = StaffUser.chair_of_id.in_(wanted) & (StaffUser.chair_of_id == StaffUser.union_id)
        is_one = or_(is_one, by_seat)
    query = select(StaffUser.name).where(StaffUser.is_active, is_one)
    return list(db.session.scalars(query.order_by(StaffUser.name).limit(5)))


def _grants() -> Select[Any]:
    return select(Grant.id).where(Grant.staff_id == StaffUser.id, Grant.ended_at.is_(None))


def _cards(people: list[StaffUser]) -> list[StaffCard]:
    rights: dict[uuid.UUID, set[Right]] = {person.id: set() for person in people}
    query = select(Grant.staff_id, Grant.role, Grant.union_id).where(
        Grant.staff_id.in_(rights), Grant.ended_at.is_(None)
    )
    for row in db.session.execute(query) if rights else ():
        rights[row.staff_id].add((row.role, row.union_id))
    return [
        StaffCard(
            id=person.id,
            name=person.name,
            phone=mask_phone(person.phone),
            union_id=person.union_id,
            chair_of_id=person.chair_of_id,
            is_active=person.is_active,
            is_complete=bool(person.password_hash),
            has_factor=person.totp_secret is not None,
            rights=frozenset(rights[person.id]),
        )
        for person in people
    ]
