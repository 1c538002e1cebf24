"""What was tried with which figures, and whom would it have touched?"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key


class WhatIf(db.Model):
    """One trial (方案测算): a period's decided claims under other figures. How far it is stands in it.

    `changes` are figures of the plan that were typed otherwise; `last_person` is the last one counted, so
    that a trial that was cut off goes on there. `totals` are `whatif.rules` sums.
    """

    __tablename__ = "what_if"
    __table_args__ = (
        Index(
            "ix_what_if_due",
            "created_at",
            postgresql_where=text("finished_at IS NULL AND failed_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = primary_key()
    plan_code: Mapped[str] = column(String(32), nullable=False)
    plan_version: Mapped[str] = column(String(16), nullable=False)
    changes: Mapped[dict[str, str]] = column(JSONB, nullable=False)
    purpose: Mapped[str] = column(String(60), nullable=False, default="")
    by_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False)
    by_label: Mapped[str] = column(String(64), nullable=False)
    covered: Mapped[int] = column(Integer, nullable=False)
    claims_total: Mapped[int] = column(Integer, nullable=False)
    claims_done: Mapped[int] = column(Integer, nullable=False, default=0)
    last_person: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    totals: Mapped[dict[str, Any]] = column(JSONB, nullable=False)
    tries: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    touched_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    finished_at: Mapped[dt.datetime | None] = moment(nullable=True)
    failed_at: Mapped[dt.datetime | None] = moment(nullable=True)


class WhatIfPerson(db.Model):
    """Somebody who would have got more, or less."""

    __tablename__ = "what_if_person"
    __table_args__ = (
        Index("ix_what_if_person_list", "run_id", "is_gain", "by_fen", "employee_id"),
        CheckConstraint("by_fen > 0", name="differs"),
    )

    run_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("what_if.id", ondelete="CASCADE"), primary_key=True)
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), primary_key=True)
    union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), nullable=False)
    is_gain: Mapped[bool] = column(Boolean, nullable=False)
    by_fen: Mapped[int] = column(BigInteger, data="personal", nullable=False)
    was_fen: Mapped[int] = column(BigInteger, data="personal", nullable=False)
    now_fen: Mapped[int] = column(BigInteger, data="personal", nullable=False)
    claims: Mapped[int] = column(Integer, nullable=False)


class WhatIfDifference(db.Model):
    """A sum of the ledger that today's figures do not give, and why. `number` is empty for automatic ones."""

    __tablename__ = "what_if_difference"
    __table_args__ = (Index("ix_what_if_difference_list", "run_id", "id"),)

    id: Mapped[uuid.UUID] = primary_key()
    run_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("what_if.id", ondelete="CASCADE"), nullable=False)
    number: Mapped[str] = column(String(32), nullable=False)
    ledger_fen: Mapped[int] = column(BigInteger, data="personal", nullable=False)
    replayed_fen: Mapped[int] = column(BigInteger, data="personal", nullable=False)
    why: Mapped[str] = column(String(120), nullable=False)
