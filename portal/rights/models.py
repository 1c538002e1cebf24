"""What is kept of a person's requests about their own data?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, String, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.history import Stateful


class DataExport(Stateful, db.Model):
    """One copy of a person's data: sealed in the store under its id until it was read or is too old."""

    __tablename__ = "data_export"
    __table_args__ = (
        Index(
            "uq_data_export_open",
            "employee_id",
            unique=True,
            postgresql_where=text("state IN ('asked', 'ready')"),
        ),
        Index("ix_data_export_employee", "employee_id", "id"),
        Index("ix_data_export_due", "state", "asked_at"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False)
    asked_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    expires_at: Mapped[dt.datetime | None] = moment(nullable=True)
    erased_at: Mapped[dt.datetime | None] = moment(nullable=True)


class Departure(db.Model):
    """Somebody took consent back or closed the account: when, and what became of each application."""

    __tablename__ = "departure"
    __table_args__ = (Index("ix_departure_employee", "employee_id", "at"),)

    id: Mapped[uuid.UUID] = primary_key()
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False)
    kind: Mapped[str] = column(String(16), nullable=False)
    effects: Mapped[list[list[str]]] = column(JSONB, nullable=False, default=list)
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
