"""Who is this member of staff, and what may they do right now?"""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, or_, select

from core.access import Actor
from core.db import db
from core.errors import Missing
from core.roles import GUEST, STAFF
from notify.service import Recipient
from staff.models import Grant, StaffUser
from staff.rules.granting import CHAIR_HAS, chair_rights
from staff.service import reminding


def actor_of(staff_id: uuid.UUID, epoch: int) -> Actor | None:
    """The actor with the grants of this moment (XM-24); None when disabled or signed in before a change.

    One statement: grants are read on every request, so a removed one is gone on the next, in every open tab.
    The chair of a union needs no grant: it follows from the union's record (XM-20).
    """
    person, actor = _present(staff_id)
    return actor if person and person.auth_epoch == epoch else None


def actor_at_work(staff_id: uuid.UUID) -> Actor | None:
    """The same for a look at somebody's work that nobody signed in for; None when disabled."""
    return _present(staff_id)[1]


def _present(staff_id: uuid.UUID) -> tuple[StaffUser | None, Actor | None]:
    query = (
        select(StaffUser, Grant.role, Grant.union_id)
        .outerjoin(Grant, (Grant.staff_id == StaffUser.id) & Grant.ended_at.is_(None))
        .where(StaffUser.id == staff_id)
    )
    rows = db.session.execute(query, execution_options={"populate_existing": True}).all()
    person: StaffUser | None = rows[0][0] if rows else None
    if person is None or not person.is_active:
        return None, None
    db.session.info["staff_row"] = person  # every list asks whose cases are their own: see `_row`
    grants = tuple((role, union_id) for _, role, union_id in rows if role)
    by_seat = chair_rights(person.union_id, person.chair_of_id)
    grants += tuple(right for right in by_seat if right not in grants)
    roles = frozenset({GUEST, STAFF, *(role for role, _ in grants)})
    return person, Actor("staff", staff_id, person.name, roles, grants=grants)


def is_person(staff_id: uuid.UUID, id_number: str, phone: str) -> bool:
    """Is this member of staff the person with this certificate or phone? Nobody decides on their own case."""
    row = _row(staff_id)
    if row is None:
        return False
    return bool(id_number and row.id_number == id_number) or bool(phone and row.phone == phone)


def _row(staff_id: uuid.UUID) -> StaffUser | None:
    """The row, read once: a session holds what it read only weakly, and every list asks whose it is."""
    row = db.session.get(StaffUser, staff_id)
    db.session.info["staff_row"] = row
    return row


def identity(staff_id: uuid.UUID) -> tuple[str, str]:
    """Certificate number and phone of a member of staff, to keep their own cases away from them (M10)."""
    row = _row(staff_id)
    return (row.id_number or "", row.phone or "") if row else ("", "")


def label(staff_id: uuid.UUID) -> str:
    """The name shown beside a decision. Raises `Missing`."""
    name = db.session.scalar(select(StaffUser.name).where(StaffUser.id == staff_id))
    if name is None:
        raise Missing
    return name


def recipient(staff_id: uuid.UUID) -> Recipient | None:
    """How to reach a member of staff."""
    row = db.session.get(StaffUser, staff_id)
    if row is None or not row.is_active:
        return None
    openid = reminding.openid_of(staff_id)  # who reads it in WeChat is not charged an SMS for the same
    return Recipient(row.phone or "", openid, wants_sms=not openid)


def holders(names: list[str]) -> list[Actor]:
    """Active staff with at least one of these roles, with all their grants, by name. One statement."""
    mine: ColumnElement[bool] = StaffUser.id.in_(
        select(Grant.staff_id).where(Grant.role.in_(names), Grant.ended_at.is_(None))
    )
    if set(names) & set(CHAIR_HAS):
        mine = or_(mine, StaffUser.chair_of_id == StaffUser.union_id)
    rows = db.session.execute(
        select(
            StaffUser.id, StaffUser.name, StaffUser.union_id.label("member_of"), StaffUser.chair_of_id,
            Grant.role, Grant.union_id,
        )
        .outerjoin(Grant, (Grant.staff_id == StaffUser.id) & Grant.ended_at.is_(None))
        .where(mine, StaffUser.is_active)
        .order_by(StaffUser.name, StaffUser.id)
    ).all()  # fmt: skip
    people: dict[uuid.UUID, tuple[str, dict[tuple[str, uuid.UUID | None], None]]] = {}
    for staff_id, name, member_of, chair_of, role, union_id in rows:
        own = people.setdefault(staff_id, (name, dict.fromkeys(chair_rights(member_of, chair_of))))[1]
        if role:
            own[role, union_id] = None
    return [
        Actor(
            "staff", key, name, frozenset({GUEST, STAFF, *(role for role, _ in grants)}), grants=tuple(grants)
        )
        for key, (name, grants) in people.items()
    ]
