"""Who is enrolled, from which accounts it is paid, and which papers were handed in."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed


class Participant(db.Model):
    """One person of an enrolment. Nobody is enrolled twice in a period, in whatever union (XM-64).

    A draft that is given up lets its people go: their rows are deleted with it.
    """

    __tablename__ = "enrolment_participant"
    __table_args__ = (UniqueConstraint("employee_id", "plan_code"),)

    enrolment_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("enrolment.id"), primary_key=True)
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), primary_key=True)
    plan_code: Mapped[str] = column(String(32), nullable=False)
    added_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class FeeAccount(db.Model):
    """缴费账号: an account the fee will come from; an enrolment may have several (XM-61)."""

    __tablename__ = "enrolment_account"

    id: Mapped[uuid.UUID] = primary_key()
    enrolment_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("enrolment.id"), nullable=False, index=True)
    account_name = Sealed("personal", nullable=False)
    card = Sealed("identifier", index="plain", nullable=False)
    added_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class EnrolmentMaterial(db.Model):
    """One paper of 申请材料 (XM-66); `kind` is a code of the profile's [[enrolment.materials]]."""

    __tablename__ = "enrolment_material"
    __table_args__ = (Index("ix_enrolment_material_enrolment", "enrolment_id", "kind", "id"),)

    id: Mapped[uuid.UUID] = primary_key()
    enrolment_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("enrolment.id"), nullable=False)
    kind: Mapped[str] = column(String(32), nullable=False)
    file_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("stored_file.id"), nullable=False, index=True)
    file_name: Mapped[str] = column(String(120), data="personal", nullable=False)
    added_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    removed_at: Mapped[dt.datetime | None] = moment(nullable=True)
