"""Which vouchers came, which money arrived for whom, who confirmed it, and which invoice was made?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, String, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed

_LIVE = text("removed_at IS NULL")
_GOOD = text("voided_at IS NULL")


class Voucher(db.Model):
    """缴费凭证 (A9): what the union says it paid. Several, when it paid in parts."""

    __tablename__ = "enrolment_voucher"
    __table_args__ = (
        Index("ix_enrolment_voucher_live", "enrolment_id", "id", postgresql_where=_LIVE),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    enrolment_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("enrolment.id"), nullable=False)
    file_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("stored_file.id"), nullable=False, index=True)
    paid_on: Mapped[dt.date] = column(Date, nullable=False)
    amount_fen: Mapped[int] = column(BigInteger, nullable=False)
    payer = Sealed("personal", nullable=False)
    added_by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    added_by_label: Mapped[str] = column(String(64), nullable=False)
    added_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    removed_at: Mapped[dt.datetime | None] = moment(nullable=True)


class BankReceipt(db.Model):
    """银行到账: one transfer that came in. The bank's own reference makes it one row, however often imported.

    `shared_fen` is what was given to enrolments; the database itself keeps it within the transfer.
    """

    __tablename__ = "bank_receipt"
    __table_args__ = (
        Index("ix_bank_receipt_list", "received_on", "id"),
        Index("ix_bank_receipt_open", "received_on", "id", postgresql_where=text("shared_fen < amount_fen")),
        Index("ix_bank_receipt_sum", "amount_fen", postgresql_where=text("shared_fen < amount_fen")),
        Index("ix_bank_receipt_named", "named", postgresql_using="gin"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("shared_fen >= 0 AND shared_fen <= amount_fen", name="shared_within"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    reference: Mapped[str] = column(String(64), nullable=False, unique=True)
    received_on: Mapped[dt.date] = column(Date, nullable=False)
    amount_fen: Mapped[int] = column(BigInteger, nullable=False)
    shared_fen: Mapped[int] = column(BigInteger, nullable=False, default=0)
    payer = Sealed("personal", index="plain")
    memo = Sealed("personal")
    named: Mapped[list[str]] = column(ARRAY(String(32)), nullable=False, default=list)
    entered_by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    entered_by_label: Mapped[str] = column(String(64), nullable=False)
    entered_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class ReceiptShare(db.Model):
    """So much of a transfer is for this enrolment. One transfer may be for two unions, two for one."""

    __tablename__ = "receipt_share"
    __table_args__ = (
        Index("uq_receipt_share_once", "receipt_id", "enrolment_id", unique=True),
        Index("ix_receipt_share_enrolment", "enrolment_id"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    receipt_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("bank_receipt.id"), nullable=False)
    enrolment_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("enrolment.id"), nullable=False)
    amount_fen: Mapped[int] = column(BigInteger, nullable=False)
    by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    by_label: Mapped[str] = column(String(64), nullable=False)
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class Confirmation(db.Model):
    """The fee was there: by whose word, with which difference, and how far everybody was told (XM-78)."""

    __tablename__ = "enrolment_confirmation"
    __table_args__ = (
        Index("ix_enrolment_confirmation_untold", "at", postgresql_where=text("told_at IS NULL")),
    )

    enrolment_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("enrolment.id"), primary_key=True)
    by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    by_label: Mapped[str] = column(String(64), nullable=False)
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    due_fen: Mapped[int] = column(BigInteger, nullable=False)
    paid_fen: Mapped[int] = column(BigInteger, nullable=False)
    decision: Mapped[str] = column(String(16), nullable=False, default="")
    covered_count: Mapped[int] = column(Integer, nullable=False)
    starts_on: Mapped[dt.date] = column(Date, nullable=False)
    ends_on: Mapped[dt.date] = column(Date, nullable=False)
    told_until_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    told_at: Mapped[dt.datetime | None] = moment(nullable=True)


class Invoice(db.Model):
    """发票 (A10): one that counts for each enrolment; those it replaced stay, voided."""

    __tablename__ = "invoice"
    __table_args__ = (
        Index("uq_invoice_enrolment", "enrolment_id", unique=True, postgresql_where=_GOOD),
        Index("uq_invoice_number", "number", unique=True, postgresql_where=_GOOD),
        Index("ix_invoice_list", "issued_on", "id"),
        Index("ix_invoice_union", "union_id", "issued_on", "id"),
        Index("ix_invoice_of", "enrolment_id"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    enrolment_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("enrolment.id"), nullable=False)
    union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), nullable=False)
    number: Mapped[str] = column(String(20), nullable=False)
    issued_on: Mapped[dt.date] = column(Date, nullable=False)
    amount_fen: Mapped[int] = column(BigInteger, nullable=False)
    file_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("stored_file.id"), nullable=True, index=True)
    by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    by_label: Mapped[str] = column(String(64), nullable=False)
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    voided_at: Mapped[dt.datetime | None] = moment(nullable=True)
    voided_by_label: Mapped[str] = column(String(64), nullable=False, default="")
    void_reason: Mapped[str] = column(String(200), nullable=False, default="")

    @property
    def state(self) -> str:
        return "void" if self.voided_at else "issued"
