"""How does somebody become staff, get a right, lose it? Every change ends the sessions it concerns."""

from __future__ import annotations

import uuid

import pyotp
from sqlalchemy import delete, select

from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import Invalid, Missing, Refused
from core.limits import Limit, forgive, take
from core.roles import STAFF_ROLES
from staff.models import Grant, OldPassword, StaffUser
from staff.rules import passwords as rules
from staff.rules.signing_in import CHANGED
from staff.service import devices
from staff.service.hashing import hasher, is_password, policy
from staff.service.telling import tell

CHANGES = Limit("staff_password_change", 5, 900, rules.SLOW_DOWN)


def create(name: str, phone: str, id_number: str | None, password: str, by: Actor) -> tuple[StaffUser, str]:
    """A new member of staff and the secret for their authenticator. Raises `Refused`."""
    if words := rules.password_problem(password, policy(), (name, phone)):
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
    """A new password; every session of the person ends, no browser is known any more. Raises `Refused`."""
    person = _get(staff_id)
    if words := rules.password_problem(password, policy(), (person.name, person.phone or "")):
        raise Refused(words, "password")
    if _was_used(person, password):
        raise Refused(rules.reused(policy()), "password")
    _keep_old(person)
    person.password_hash = hasher().hash(password)
    person.password_changed_at = clock.now()
    person.auth_epoch += 1
    devices.forget(staff_id)
    audit.record("staff.set_password", "staff", staff_id, by, fields=("password",))


def change_password(staff_id: uuid.UUID, old: str, new: str, again: str, by: Actor) -> None:
    """修改密码 (XM-10): the old one, and the new one twice. Raises `Refused`, `Invalid`, `TooMany`."""
    take(CHANGES, str(staff_id))
    person = _get(staff_id)
    errors = {} if is_password(person.password_hash, old) else {"old": rules.WRONG_OLD}
    if new != again:
        errors["again"] = rules.DIFFERENT
    if errors:
        raise Invalid(errors)
    set_password(staff_id, new, by)
    forgive(CHANGES, str(staff_id))
    tell(staff_id, CHANGED.password)


def _was_used(person: StaffUser, password: str) -> bool:
    """Is it the present one, or (by policy) one of the few before?"""
    newest = select(OldPassword.password_hash).where(OldPassword.staff_id == person.id)
    newest = newest.order_by(OldPassword.ended_at.desc()).limit(policy().remembers - 1)
    before = db.session.scalars(newest).all() if policy().remembers > 1 else ()
    return any(is_password(stored, password) for stored in (person.password_hash, *before) if stored)


def _keep_old(person: StaffUser) -> None:
    """The present one joins those before; only as many are kept as any policy asks for."""
    if person.password_hash:
        db.session.add(OldPassword(staff_id=person.id, password_hash=person.password_hash))
        db.session.flush()
    keep = select(OldPassword.id).where(OldPassword.staff_id == person.id)
    keep = keep.order_by(OldPassword.ended_at.desc()).limit(max(p.remembers for p in rules.POLICIES.values()))
    db.session.execute(
        delete(OldPassword).where(OldPassword.staff_id == person.id, OldPassword.id.not_in(keep))
    )


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
