"""Who asks to belong to another union, and what was answered?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed
from core.history import Stateful


class MembershipTransfer(Stateful, db.Model):
    """One 会籍变更 (XM-25), of an employee or of somebody who works here.

    The database itself keeps «one open request a person». `from_union_id` is what the person's 会籍 was when
    it was asked: an answer to anything else is refused.
    """

    __tablename__ = "membership_transfer"
    __table_args__ = (
        CheckConstraint("(employee_id IS NULL) <> (staff_id IS NULL)", name="one_subject"),
        CheckConstraint("from_union_id IS DISTINCT FROM to_union_id", name="elsewhere"),
        Index(
            "uq_membership_transfer_open_employee",
            "employee_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "uq_membership_transfer_open_staff",
            "staff_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_membership_transfer_from", "from_union_id", "state", "id"),
        Index("ix_membership_transfer_to", "to_union_id", "state", "id"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    employee_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("employee.id"), nullable=True, index=True)
    staff_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("staff_user.id"), nullable=True, index=True)
    from_union_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("trade_union.id"), nullable=True)
    to_union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), nullable=False)
    reason = Sealed("personal", nullable=False)
    asked_by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    asked_by_label: Mapped[str] = column(String(64), nullable=False)
    asked_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    decided_at: Mapped[dt.datetime | None] = moment(nullable=True)
    decided_by_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)

    @property
    def subject_kind(self) -> str:
        return "employee" if self.employee_id else "staff"
