"""Who is insured, which WeChat is theirs, and what did they agree to?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Boolean, Date, ForeignKey, Index, LargeBinary, String, Uuid, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed, SealedDate
from core.history import Stateful


class Employee(db.Model):
    """One person of the roster (GX-16). Name, number, phone and cards are sealed."""

    __tablename__ = "employee"
    __table_args__ = (
        Index("ix_employee_roster", "union_id", "is_active", "id"),
        Index("ix_employee_left", "left_on", postgresql_where=text("NOT is_active")),
    )

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
    left_on: Mapped[dt.date | None] = column(data="personal", nullable=True)
    note = Sealed("personal")
    is_active: Mapped[bool] = column(Boolean, nullable=False, default=True)
    is_deceased: Mapped[bool] = column(Boolean, data="personal", nullable=False, default=False)
    wants_sms: Mapped[bool] = column(Boolean, nullable=False, default=True)
    wants_big: Mapped[bool] = column(Boolean, nullable=False, default=False, server_default=text("false"))
    # 提醒我可能可以申请的补助: a gentle hint that a stay was not claimed for.
    wants_hints: Mapped[bool] = column(Boolean, nullable=False, default=True, server_default=text("true"))
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


class Rebind(Stateful, db.Model):
    """找回绑定: somebody who lost the phone on file asks the union to accept a new one.

    `employee_id` is empty when the roster has nobody with that certificate: the asker is not told, nobody
    sees the row, and it goes after a while.
    """

    __tablename__ = "rebind"
    __table_args__ = (Index("ix_rebind_work", "state", "asked_at", "id"),)

    id: Mapped[uuid.UUID] = primary_key()
    employee_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("employee.id"), nullable=True, index=True)
    openid = Sealed("identifier", index="plain", nullable=False)
    name = Sealed("personal", nullable=False)
    phone = Sealed("identifier", nullable=False)
    reason = Sealed("personal", nullable=False)
    file_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("stored_file.id"), nullable=True)
    asked_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    decided_at: Mapped[dt.datetime | None] = moment(nullable=True)


class Death(Stateful, db.Model):
    """The union noted that somebody died; an administrator may say that this was an error."""

    __tablename__ = "employee_death"
    __table_args__ = (
        Index(
            "uq_employee_death_noted", "employee_id", unique=True, postgresql_where=text("state = 'noted'")
        ),
    )

    id: Mapped[uuid.UUID] = primary_key()
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False, index=True)
    died_on: Mapped[dt.date] = column(Date, data="personal", nullable=False)
    was_active: Mapped[bool] = column(Boolean, nullable=False)
    noted_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class DataLook(db.Model):
    """Somebody saw what is a person's own: which kind of thing, in which role. `dedupe` keeps one a day."""

    __tablename__ = "data_look"
    __table_args__ = (Index("ix_data_look_page", "employee_id", "at", "id"),)

    id: Mapped[uuid.UUID] = primary_key()
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False)
    by_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    role: Mapped[str] = column(String(24), nullable=False, default="")
    union_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    what: Mapped[str] = column(String(24), nullable=False)
    about: Mapped[str] = column(String(40), nullable=False, default="")
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    dedupe: Mapped[str] = column(String(120), nullable=False, unique=True)


class IdentityCheck(db.Model):
    """What the national check said of one name with one number; the question is a blind index only."""

    __tablename__ = "identity_check"

    key_bi: Mapped[bytes] = column(LargeBinary(16), data="identifier", primary_key=True)
    verdict: Mapped[str] = column(String(10), nullable=False)
    asked_at: Mapped[dt.datetime] = moment(nullable=False, index=True)
