"""What is kept of stays that somebody may have forgotten to claim for, and of the tables they came in?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import (
    BigInteger,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed
from core.history import Stateful

OPEN = "state IN ('uploaded', 'reading', 'found', 'telling')"


class FinderRun(Stateful, db.Model):
    """One look for unclaimed stays: a table that was uploaded, or what is known already looked at again.

    The table itself is erased as soon as it has been read; of its rows only counts stay.
    """

    __tablename__ = "finder_run"
    id: Mapped[uuid.UUID] = primary_key()
    file_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("stored_file.id"), nullable=True)
    file_name: Mapped[str] = column(String(120), nullable=False, default="")
    by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    by_label: Mapped[str] = column(String(64), nullable=False)
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    problem: Mapped[str] = column(String(200), nullable=False, default="")
    rows_read: Mapped[int] = column(Integer, nullable=False, default=0)
    found: Mapped[int] = column(Integer, nullable=False, default=0)
    known: Mapped[int] = column(Integer, nullable=False, default=0)
    claimed: Mapped[int] = column(Integer, nullable=False, default=0)
    uncovered: Mapped[int] = column(Integer, nullable=False, default=0)
    outside: Mapped[int] = column(Integer, nullable=False, default=0)
    nothing_due: Mapped[int] = column(Integer, nullable=False, default=0)
    strangers: Mapped[int] = column(Integer, nullable=False, default=0)
    wrong: Mapped[int] = column(Integer, nullable=False, default=0)
    told: Mapped[int] = column(Integer, nullable=False, default=0)
    tries: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    lease_until: Mapped[dt.datetime | None] = moment(nullable=True)


class FinderStay(db.Model):
    """A stay of an insured person without an application for it. The same stay is kept, and told, once.

    `run_id` is the look that is to tell of it; once told it stays with that one.
    """

    __tablename__ = "finder_stay"
    __table_args__ = (
        Index("ix_finder_stay_union", "union_id", "id"),
        Index("ix_finder_stay_telling", "run_id", "employee_id", postgresql_where=text("told_at IS NULL")),
        Index("ix_finder_stay_due", "apply_until"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    stay_bi: Mapped[bytes] = column(LargeBinary(16), data="secret", nullable=False, unique=True)
    run_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("finder_run.id"), nullable=False)
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False, index=True)
    union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), nullable=False)
    plan_code: Mapped[str] = column(String(32), nullable=False)
    admitted_on: Mapped[dt.date] = column(Date, data="personal", nullable=False)
    discharged_on: Mapped[dt.date] = column(Date, data="personal", nullable=False)
    hospital = Sealed("secret")
    self_paid_fen: Mapped[int] = column(BigInteger, data="personal", nullable=False, default=0)
    apply_until: Mapped[dt.date] = column(Date, nullable=False)
    found_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    told_at: Mapped[dt.datetime | None] = moment(nullable=True)


class FinderFault(db.Model):
    """A row of an uploaded table that could not be read: its number and why, nothing of its content."""

    __tablename__ = "finder_fault"

    run_id: Mapped[uuid.UUID] = column(
        Uuid, ForeignKey("finder_run.id", ondelete="CASCADE"), primary_key=True
    )
    row_number: Mapped[int] = column(Integer, primary_key=True, autoincrement=False)
    words: Mapped[str] = column(String(200), nullable=False)
