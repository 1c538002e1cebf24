"""Who is insured, which WeChat is theirs, and what did they agree to?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Boolean, ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed, SealedDate


class Employee(db.Model):
    """One person of the roster (GX-16). Name, number, phone and cards are sealed."""

    __tablename__ = "employee"

    id: Mapped[uuid.UUID] = primary_key()
    union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), nullable=False, index=True)
    name = Sealed("personal", nullable=False)
    id_type: Mapped[str] = column(String(32), nullable=False)
    id_number = Sealed("identifier", index="unique", nullable=False)
    phone = Sealed("identifier", index="plain")
    sex: Mapped[str] = column(String(8), data="personal", nullable=False, default="")
    born_on = SealedDate("personal")
    insurance_type: Mapped[str] = column(String(40), data="personal", nullable=False, default="")
    insurance_card = Sealed("identifier")
    hired_on: Mapped[dt.date | None] = column(data="personal", nullable=True)
    is_active: Mapped[bool] = column(Boolean, nullable=False, default=True)
    is_deceased: Mapped[bool] = column(Boolean, data="personal", nullable=False, default=False)
    wants_sms: Mapped[bool] = column(Boolean, nullable=False, default=True)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class Binding(db.Model):
    """Which WeChat (openid) speaks for which person; at most one live row each way (W8)."""

    __tablename__ = "binding"
    __table_args__ = (
        Index(
            "uq_binding_live_employee", "employee_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
        Index("uq_binding_live_openid", "openid", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = primary_key()
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False)
    openid: Mapped[str] = column(String(64), data="identifier", nullable=False)
    bound_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    ended_at: Mapped[dt.datetime | None] = moment(nullable=True)
    ended_why: Mapped[str] = column(String(24), nullable=False, default="")


class Consent(db.Model):
    """A separate consent for one purpose (health, account, certificate photos), with the text's version."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_employee", "employee_id", "purpose"),)

    id: Mapped[uuid.UUID] = primary_key()
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False)
    purpose: Mapped[str] = column(String(24), nullable=False)
    text_version: Mapped[str] = column(String(16), nullable=False)
    text_hash: Mapped[str] = column(String(64), nullable=False)
    given_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    withdrawn_at: Mapped[dt.datetime | None] = moment(nullable=True)
