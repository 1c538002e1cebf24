"""What is stored while somebody comes back in? Puzzles that were set, links that were mailed, appeals."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Uuid, func, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed
from core.history import Stateful


class HumanCheck(db.Model):
    """A puzzle set to one browser, good for one answer: a picture's letters, or a sum for its computer."""

    __tablename__ = "human_check"
    __table_args__ = (
        Index("ix_human_check_holder", "holder", "kind", "set_at"),
        CheckConstraint("kind IN ('picture', 'work')", name="kind_known"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    holder: Mapped[bytes] = column(LargeBinary(16), data="secret", nullable=False)
    kind: Mapped[str] = column(String(8), nullable=False)
    digest: Mapped[bytes] = column(LargeBinary(16), data="secret", nullable=False)
    set_at: Mapped[dt.datetime] = moment(nullable=False, server_default=func.clock_timestamp())
    used_at: Mapped[dt.datetime | None] = moment(nullable=True)


class RecoveryLink(db.Model):
    """A mailed link to set a new password; only the hash of its token is here. It dies with the password."""

    __tablename__ = "recovery_link"

    id: Mapped[uuid.UUID] = primary_key()
    staff_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("staff_user.id"), nullable=True, index=True)
    token_hash: Mapped[bytes] = column(LargeBinary(32), data="secret", unique=True, nullable=False)
    password_of: Mapped[dt.datetime] = moment(nullable=False)  # `password_changed_at` when it was sent
    sent_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    used_at: Mapped[dt.datetime | None] = moment(nullable=True)


class StaffAppeal(Stateful, db.Model):
    """人工申诉: somebody whose phone is gone asks an administrator to put a new one on file (XM-15 … XM-19).

    `staff_id` is set when it is approved: until then nobody but the administrator reads whose account it is.
    """

    __tablename__ = "staff_appeal"
    __table_args__ = (
        Index(
            "uq_staff_appeal_open", "id_number_bi", unique=True, postgresql_where=text("state = 'pending'")
        ),
        Index("ix_staff_appeal_list", "state", "asked_at", "id"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    number: Mapped[str] = column(String(32), unique=True, nullable=False)
    staff_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("staff_user.id"), nullable=True, index=True)
    problem = Sealed("personal", nullable=False)
    name = Sealed("personal", nullable=False)
    id_type: Mapped[str] = column(String(32), nullable=False)
    id_number = Sealed("identifier", index="plain", nullable=False)
    phone = Sealed("identifier", index="plain", nullable=False)
    front_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("stored_file.id"), nullable=True)
    back_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("stored_file.id"), nullable=True)
    asked_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    decided_at: Mapped[dt.datetime | None] = moment(nullable=True)
