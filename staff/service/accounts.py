"""How does somebody become staff, get a right, lose it? Every change ends the sessions it concerns."""

from __future__ import annotations

import uuid

import pyotp
from sqlalchemy import select

from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import Missing, Refused
from core.roles import STAFF_ROLES
from staff.models import Grant, StaffUser
from staff.rules import passwords as rules
from staff.service.sign_in import hasher

POLICY = rules.POLICIES["mlps3"]


def create(name: str, phone: str, id_number: str | None, password: str, by: Actor) -> tuple[StaffUser, str]:
    """A new member of staff and the secret for their authenticator. Raises `Refused`."""
    if words := rules.password_problem(password, POLICY, (name, phone)):
        raise Refused(words, "password")
    secret = pyotp.random_base32()
    person = StaffUser(
        name=name, phone=phone, id_number=id_number, password_hash=hasher().hash(password), totp_secret=secret
    )
    db.session.add(person)
    db.session.flush()
    audit.record("staff.create", "staff", person.id, by)
    return person, secret


def set_password(staff_id: uuid.UUID, password: str, by: Actor) -> None:
    """A new password; every session of the person ends. Raises `Refused`."""
    person = _get(staff_id)
    if words := rules.password_problem(password, POLICY, (person.name, person.phone or "")):
        raise Refused(words, "password")
    person.password_hash = hasher().hash(password)
    person.password_changed_at = clock.now()
    person.auth_epoch += 1
    audit.record("staff.set_password", "staff", staff_id, by, fields=("password",))


def grant(staff_id: uuid.UUID, role: str, union_id: uuid.UUID | None, by: Actor) -> None:
    """Give `role` for a union (None: the whole scheme); it works on the next request."""
    if role not in STAFF_ROLES:
        raise Refused("没有这个角色，请从列表里选", "role")
    query = select(Grant).where(Grant.staff_id == staff_id, Grant.role == role, Grant.ended_at.is_(None))
    if any(row.union_id == union_id for row in db.session.scalars(query)):
        return
    db.session.add(Grant(staff_id=_get(staff_id).id, role=role, union_id=union_id, granted_by_id=by.id))
    audit.record("staff.grant", "staff", staff_id, by, role=role, union=str(union_id or ""))


def end_grant(grant_id: uuid.UUID, by: Actor) -> None:
    """Take a role back; it works on the next request, in every open tab."""
    row = db.session.get(Grant, grant_id)
    if row is None or row.ended_at:
        raise Missing
    row.ended_at = clock.now()
    audit.record("staff.end_grant", "staff", row.staff_id, by, role=row.role)


def _get(staff_id: uuid.UUID) -> StaffUser:
    row = db.session.get(StaffUser, staff_id)
    if row is None:
        raise Missing
    return row
