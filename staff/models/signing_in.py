"""What is remembered about how staff sign in: provider identities, known devices, earlier passwords."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed


class StaffIdentity(db.Model):
    """Whom an identity provider means by a subject (XM-07); tied once, never guessed again."""

    __tablename__ = "staff_identity"

    id: Mapped[uuid.UUID] = primary_key()
    staff_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False, index=True)
    issuer: Mapped[str] = column(String(200), nullable=False)
    # `issuer|subject`: a subject means something at its issuer only, and may be a person's number there.
    subject = Sealed("identifier", index="unique", nullable=False)
    tied_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class StaffDevice(db.Model):
    """A browser where somebody once signed in fully; its wrong tries are counted apart (S4)."""

    __tablename__ = "staff_device"
    __table_args__ = (UniqueConstraint("token_hash", "staff_id", name="uq_staff_device_token"),)

    id: Mapped[uuid.UUID] = primary_key()
    staff_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False, index=True)
    token_hash: Mapped[bytes] = column(LargeBinary(32), data="secret", nullable=False)
    seen_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class OldPassword(db.Model):
    """A password that was in use before; the newest few may not come back."""

    __tablename__ = "staff_old_password"

    id: Mapped[uuid.UUID] = primary_key()
    staff_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False, index=True)
    password_hash: Mapped[str] = column(String(160), data="secret", nullable=False)
    ended_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
