"""What is kept of reports: exports on their way, and figures worked out before anybody asks."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Integer, SmallInteger, String, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed
from core.history import Stateful


class ReportExport(Stateful, db.Model):
    """One table somebody asked for. Its rows are gathered in sealed pieces, then sealed whole in the store.

    `given` are the filters as the address had them (ids and days, no names or numbers), `scope` the unions
    the asker's rights reached then: what leaves is never more than both, and never more than the rights now.
    """

    __tablename__ = "report_export"
    __table_args__ = (
        Index("ix_report_export_owner", "staff_id", "id"),
        Index("ix_report_export_due", "asked_at", postgresql_where=text("state = 'asked'")),
        Index("ix_report_export_kept", "expires_at", postgresql_where=text("erased_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = primary_key()
    kind: Mapped[str] = column(String(16), nullable=False)
    staff_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False)
    staff_label: Mapped[str] = column(String(64), nullable=False)
    given: Mapped[dict[str, Any]] = column(JSONB, nullable=False)
    scope: Mapped[dict[str, Any]] = column(JSONB, nullable=False)
    scope_words: Mapped[str] = column(String(400), nullable=False, default="")
    reason = Sealed("personal", nullable=False)
    is_whole: Mapped[bool] = column(Boolean, nullable=False, default=False)
    cursor: Mapped[str] = column(String(200), nullable=False, default="")
    pieces: Mapped[int] = column(Integer, nullable=False, default=0)
    row_count: Mapped[int] = column(Integer, nullable=False, default=0)
    tries: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    problem: Mapped[str] = column(String(120), nullable=False, default="")
    asked_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    lease_until: Mapped[dt.datetime | None] = moment(nullable=True)
    expires_at: Mapped[dt.datetime | None] = moment(nullable=True)
    parts: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    erased_at: Mapped[dt.datetime | None] = moment(nullable=True)


class ReportMonth(db.Model):
    """The claims of a union with all below it (`node_id`; the nil id is every union), a month at a time.

    `submitted` … `award_fen` and `days` (waiting days in buckets) are about the claims first submitted in the
    month, as they stand now; `paid` and `paid_fen` about the payments made in it.
    """

    __tablename__ = "report_month"
    __table_args__ = (Index("ix_report_month_month", "month"),)

    node_id: Mapped[uuid.UUID] = column(Uuid, primary_key=True)
    month: Mapped[dt.date] = column(Date, primary_key=True)
    plan_code: Mapped[str] = column(String(32), primary_key=True)
    kind: Mapped[str] = column(String(16), primary_key=True)
    submitted: Mapped[int] = column(Integer, nullable=False, default=0)
    waiting: Mapped[int] = column(Integer, nullable=False, default=0)
    approved: Mapped[int] = column(Integer, nullable=False, default=0)
    refused: Mapped[int] = column(Integer, nullable=False, default=0)
    returned: Mapped[int] = column(Integer, nullable=False, default=0)
    bounced: Mapped[int] = column(Integer, nullable=False, default=0)
    award_fen: Mapped[int] = column(BigInteger, nullable=False, default=0)
    days: Mapped[list[int]] = column(ARRAY(Integer), nullable=False)
    paid: Mapped[int] = column(Integer, nullable=False, default=0)
    paid_fen: Mapped[int] = column(BigInteger, nullable=False, default=0)


class ReportUnion(db.Model):
    """The people of a union with all below it: at work and on record ("" as plan), or covered in a period."""

    __tablename__ = "report_union"

    node_id: Mapped[uuid.UUID] = column(Uuid, primary_key=True)
    plan_code: Mapped[str] = column(String(32), primary_key=True)
    people: Mapped[int] = column(Integer, nullable=False, default=0)
    headcount: Mapped[int] = column(Integer, nullable=False, default=0)
    covered: Mapped[int] = column(Integer, nullable=False, default=0)


class ReportStamp(db.Model):
    """As of when the figures are (`at`), and up to which change they were worked out (`seen_at`)."""

    __tablename__ = "report_stamp"

    key: Mapped[str] = column(String(16), primary_key=True)
    at: Mapped[dt.datetime] = moment(nullable=False)
    seen_at: Mapped[dt.datetime] = moment(nullable=False)
    waiting: Mapped[list[str]] = column(JSONB, nullable=False, default=list)
