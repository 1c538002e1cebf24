"""Which plan versions were used, and who is covered by which, from when to when?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Boolean, Date, ForeignKey, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key

_FIRST = text("is_first_time IS true")


class PlanVersion(db.Model):
    """A plan as it was when it was first used; frozen: another digest under the same version is refused."""

    __tablename__ = "plan_version"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[uuid.UUID] = primary_key()
    code: Mapped[str] = column(String(32), nullable=False)
    version: Mapped[str] = column(String(16), nullable=False)
    name: Mapped[str] = column(String(80), data="public", nullable=False)
    digest: Mapped[str] = column(String(64), nullable=False)
    content: Mapped[str] = column(Text, data="public", nullable=False)
    first_used_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class Coverage(db.Model):
    """One person's cover in one period (参保记录); no double enrolment in a period (XM-64)."""

    __tablename__ = "coverage"
    __table_args__ = (
        UniqueConstraint("employee_id", "plan_code"),
        # 参保记录 in the order of a report, of a union and of all; who is first-time covered (XM-121).
        Index("ix_coverage_union", "union_id", "plan_code", "starts_on", "id"),
        Index("ix_coverage_plan", "plan_code", "starts_on", "id"),
        Index("ix_coverage_first", "plan_code", "starts_on", "id", postgresql_where=_FIRST),
        Index("ix_coverage_union_first", "union_id", "plan_code", "starts_on", "id", postgresql_where=_FIRST),
    )

    id: Mapped[uuid.UUID] = primary_key()
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False)
    union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), nullable=False)
    plan_code: Mapped[str] = column(String(32), nullable=False)
    starts_on: Mapped[dt.date] = column(Date, nullable=False)
    ends_on: Mapped[dt.date] = column(Date, nullable=False)
    is_first_time: Mapped[bool] = column(Boolean, nullable=False, default=False)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
