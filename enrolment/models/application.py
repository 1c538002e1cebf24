"""One union's enrolment in one period, from draft to confirmed."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed
from core.history import Stateful
from enrolment.rules import OPEN, OVER

_OPEN = text(f"state IN {OPEN}")


class Enrolment(Stateful, db.Model):
    """A union enrols its people in a period (工会参保, XM-50 … XM-70).

    The columns from `union_name` to `union_version` are the union's record as it was last read (更新):
    what a reviewer decided on stays what it was. The database itself keeps «one open enrolment a union and
    period»; nobody twice in a period is kept by `Participant`. `supplement_of_id` names the finished
    enrolment whose period later people are added to. The fee is fixed by the final review.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        Index("uq_enrolment_open", "union_id", "plan_code", unique=True, postgresql_where=_OPEN),
        Index("ix_enrolment_union", "union_id", "id"),
        Index("ix_enrolment_work", "state", "submitted_at", "id"),
        Index("ix_enrolment_filer", "filed_by_id", "id"),
        Index("ix_enrolment_plan", "plan_code", "state", "id"),
        Index("ix_enrolment_due", "due_on", "id", postgresql_where=text("state = 'awaiting_voucher'")),
        CheckConstraint("participant_count >= 0", name="count_not_negative"),
        CheckConstraint("fee_due_fen IS NULL OR fee_due_fen >= 0", name="fee_not_negative"),
        CheckConstraint("supplement_of_id IS DISTINCT FROM id", name="no_supplement_of_itself"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    number: Mapped[str] = column(String(32), nullable=False, unique=True)
    union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), nullable=False)
    plan_code: Mapped[str] = column(String(32), nullable=False)
    plan_version: Mapped[str] = column(String(16), nullable=False)
    supplement_of_id: Mapped[uuid.UUID | None] = column(
        Uuid, ForeignKey("enrolment.id"), nullable=True, index=True
    )
    # 经办人: who works on it and is told; the union's other operators may take it over.
    filed_by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    filed_by_label: Mapped[str] = column(String(64), nullable=False)
    submitted_by_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)

    union_name: Mapped[str] = column(String(80), data="public", nullable=False)
    chain: Mapped[str] = column(Text, data="public", nullable=False, default="")
    industry: Mapped[str] = column(String(80), data="public", nullable=False, default="")
    nature: Mapped[str] = column(String(16), nullable=False, default="")
    chair_name = Sealed("personal")
    contact_name = Sealed("personal")
    contact_phone = Sealed("personal")
    headcount: Mapped[int] = column(Integer, nullable=False, default=0)
    union_version: Mapped[int] = column(Integer, nullable=False, default=0)

    participant_count: Mapped[int] = column(Integer, nullable=False, default=0)
    fee_due_fen: Mapped[int | None] = column(BigInteger, nullable=True)
    fee_paid_fen: Mapped[int | None] = column(BigInteger, nullable=True)  # what arrived, once confirmed
    due_on: Mapped[dt.date | None] = column(Date, nullable=True)
    first_reviewer_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    second_reviewer_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    submitted_at: Mapped[dt.datetime | None] = moment(nullable=True)
    approved_at: Mapped[dt.datetime | None] = moment(nullable=True)
    confirmed_at: Mapped[dt.datetime | None] = moment(nullable=True)

    @property
    def reference(self) -> str:
        """What is written on the transfer, so that finance finds whose money it is."""
        return self.number

    @property
    def is_over(self) -> bool:
        return self.state in OVER
