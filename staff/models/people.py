"""Who works here, and what may they do?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Uuid, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed


class StaffUser(db.Model):
    """A member of staff. `name` is shown beside their decisions; `auth_epoch` rises when rights change."""

    __tablename__ = "staff_user"

    id: Mapped[uuid.UUID] = primary_key()
    name: Mapped[str] = column(String(40), data="personal", nullable=False)
    phone = Sealed("identifier", index="unique", nullable=False)
    id_number = Sealed("identifier", index="unique")
    password_hash: Mapped[str] = column(String(160), data="secret", nullable=False)
    password_changed_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    totp_secret = Sealed("secret")
    totp_last_step: Mapped[int] = column(BigInteger, nullable=False, default=0)
    # Shown while it is being set up; becomes `totp_secret` once a code of it was typed back.
    totp_pending = Sealed("secret")
    recovery_codes = Sealed("secret")
    # Only a confirmed address may be used to sign in or recover (XM-12).
    email = Sealed("identifier", index="unique", normalise=str.lower)
    email_confirmed_at: Mapped[dt.datetime | None] = moment(nullable=True)
    is_active: Mapped[bool] = column(Boolean, nullable=False, default=True)
    auth_epoch: Mapped[int] = column(Integer, nullable=False, default=1)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    last_sign_in_at: Mapped[dt.datetime | None] = moment(nullable=True)
    # 会籍 (XM-22), and the union whose record names this person as chair: who chairs where they belong is
    # the chair (XM-20); nothing of it is copied into grants.
    union_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("trade_union.id"), nullable=True, index=True)
    chair_of_id: Mapped[uuid.UUID | None] = column(
        Uuid, ForeignKey("trade_union.id"), nullable=True, unique=True
    )


class Grant(db.Model):
    """A role for a union and all below it, or (no union) for the whole scheme."""

    __tablename__ = "staff_grant"
    __table_args__ = (
        Index(
            "uq_staff_grant_live",
            "staff_id",
            "role",
            text("coalesce(union_id, '00000000-0000-0000-0000-000000000000')"),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = primary_key()
    staff_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False, index=True)
    role: Mapped[str] = column(String(24), nullable=False)
    union_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("trade_union.id"), nullable=True)
    granted_by_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    granted_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    ended_at: Mapped[dt.datetime | None] = moment(nullable=True)
