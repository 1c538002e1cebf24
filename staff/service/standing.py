"""How does an account stand: its own owner's card, and what a session has to know of it?"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from core.db import db
from core.fields import mask_phone
from staff.models import StaffUser
from staff.service.hashing import policy
from staff.service.sign_in import SignedIn


@dataclass(frozen=True)
class OwnCard:
    """What the owner reads; phone and address masked, for somebody may look over the shoulder."""

    name: str
    phone: str
    email: str
    is_confirmed: bool
    has_factor: bool
    codes_left: int
    password_changed_at: dt.datetime
    password_until: dt.datetime | None


def own_card(staff_id: uuid.UUID) -> OwnCard:
    person = db.session.get_one(StaffUser, staff_id)
    return OwnCard(
        name=person.name,
        phone=mask_phone(person.phone),
        email=mask_email(person.email),
        is_confirmed=person.email_confirmed_at is not None,
        has_factor=person.totp_secret_ct is not None,  # type: ignore[attr-defined]
        codes_left=len((person.recovery_codes or "").split()),
        password_changed_at=person.password_changed_at,
        password_until=_until(person),
    )


def standing(staff_id: uuid.UUID) -> SignedIn:
    """The account after a change, for the session that made it."""
    person = db.session.get_one(StaffUser, staff_id)
    return SignedIn(staff_id, person.auth_epoch, password_until=_until(person))


def mask_email(email: str | None) -> str:
    """`z***@example.org`."""
    name, at, host = (email or "").partition("@")
    return f"{name[:1]}***{at}{host}" if at else ""


def _until(person: StaffUser) -> dt.datetime | None:
    days = policy().max_age_days
    return person.password_changed_at + dt.timedelta(days=days) if days else None
