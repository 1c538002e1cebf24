"""Has this member of staff signed in fully in this browser before? A random token, kept as a hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from core import clock
from core.db import db, uuid7
from staff.models import StaffDevice

LIFE = dt.timedelta(days=180)
NOBODY = uuid.UUID(int=0)


def known(token: str, staff_id: uuid.UUID | None) -> uuid.UUID | None:
    """The device's id when `staff_id` signed in here within half a year. One query, whoever asks."""
    return db.session.scalar(
        select(StaffDevice.id).where(
            StaffDevice.token_hash == _hash(token),
            StaffDevice.staff_id == (staff_id or NOBODY),
            StaffDevice.seen_at > clock.now() - LIFE,
        )
    )


def remember(token: str, staff_id: uuid.UUID) -> str:
    """The browser's new token after a full sign-in.

    It is new each time, and whoever else works in this browser moves along: a token that somebody planted or
    copied is worth nothing afterwards.
    """
    fresh = secrets.token_urlsafe(32)
    db.session.execute(
        update(StaffDevice).where(StaffDevice.token_hash == _hash(token)).values(token_hash=_hash(fresh))
    )
    row = {"id": uuid7(), "staff_id": staff_id, "token_hash": _hash(fresh), "seen_at": clock.now()}
    statement = insert(StaffDevice.__table__).values(**row)
    db.session.execute(
        statement.on_conflict_do_update(
            constraint="uq_staff_device_token", set_={"seen_at": statement.excluded.seen_at}
        )
    )
    return fresh


def of(staff_id: uuid.UUID) -> list[uuid.UUID]:
    """Every known device of a person, for lifting a pause."""
    return list(db.session.scalars(select(StaffDevice.id).where(StaffDevice.staff_id == staff_id)))


def forget(staff_id: uuid.UUID) -> None:
    """After a new password or phone no browser is known any more."""
    db.session.execute(delete(StaffDevice).where(StaffDevice.staff_id == staff_id))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
