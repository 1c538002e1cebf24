"""What is paid with which batch, and what did the bank answer?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed
from core.history import Stateful


class PayoutBatch(Stateful, db.Model):
    """A batch for the bank: prepared → checked → exported → settled; maker and checker differ.

    `seal_bi` binds order, payees and sums as they were put together: whoever changes an item past the
    application stops the batch at its next step (M5).
    """

    __tablename__ = "payout_batch"
    __table_args__ = (
        CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name="maker_is_not_checker"),
        CheckConstraint(
            "checker_id IS NOT NULL OR state IN ('prepared', 'dropped')", name="nothing_leaves_unchecked"
        ),
        Index("ix_payout_batch_state", "state", "id"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    number: Mapped[str] = column(String(32), nullable=False, unique=True)
    item_count: Mapped[int] = column(Integer, nullable=False)
    total_fen: Mapped[int] = column(BigInteger, nullable=False)
    maker_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False)
    checker_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("staff_user.id"), nullable=True)
    export_count: Mapped[int] = column(Integer, nullable=False, default=0)
    seal_bi: Mapped[bytes] = column(LargeBinary(16), data="secret", nullable=False)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    settled_at: Mapped[dt.datetime | None] = moment(nullable=True)


LIVE = ("waiting", "sent", "paid")


class PayoutItem(db.Model):
    """One payment: the payee as approved, sealed. One claim never sits in two live items (M4)."""

    __tablename__ = "payout_item"
    __table_args__ = (
        Index(
            "uq_payout_item_live_claim",
            "claim_id",
            unique=True,
            postgresql_where=text("status IN ('waiting', 'sent', 'paid')"),
        ),
        Index("uq_payout_item_sequence", "batch_id", "sequence", unique=True),
        Index("ix_payout_item_card_due", "settled_at", postgresql_where=text("card_cut_at IS NULL")),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("status IN ('waiting', 'sent', 'paid', 'failed', 'cancelled')", name="status_known"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    batch_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("payout_batch.id"), nullable=False)
    claim_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("claim.id"), nullable=False, index=True)
    claim_number: Mapped[str] = column(String(32), nullable=False)
    sequence: Mapped[int] = column(Integer, nullable=False)
    amount_fen: Mapped[int] = column(BigInteger, nullable=False)
    payee_name = Sealed("personal", nullable=False)
    payee_bank: Mapped[str] = column(String(140), data="personal", nullable=False)
    payee_card = Sealed("identifier", index="plain", nullable=False)
    status: Mapped[str] = column(String(16), nullable=False, default="waiting")
    bounce_code: Mapped[str] = column(String(24), nullable=False, default="")
    bank_words: Mapped[str] = column(String(120), nullable=False, default="")
    bank_reference: Mapped[str] = column(String(40), nullable=False, default="")
    settled_at: Mapped[dt.datetime | None] = moment(nullable=True)
    card_cut_at: Mapped[dt.datetime | None] = moment(nullable=True)  # of the number only the end is left


class BankFile(db.Model):
    """A file given to or got from the bank: its digest, not its bytes. One result file counts once."""

    __tablename__ = "bank_file"
    __table_args__ = (
        Index("uq_bank_file_result", "digest", unique=True, postgresql_where=text("direction = 'result'")),
    )

    id: Mapped[uuid.UUID] = primary_key()
    batch_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("payout_batch.id"), nullable=False, index=True)
    direction: Mapped[str] = column(String(8), nullable=False)
    format: Mapped[str] = column(String(8), nullable=False)
    digest: Mapped[bytes] = column(LargeBinary(32), nullable=False)
    reason: Mapped[str] = column(String(200), nullable=False, default="")
    by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    by_label: Mapped[str] = column(String(64), nullable=False)
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class PendingResult(db.Model):
    """A result file that fits and waits for a person's word; its bytes lie sealed in the store."""

    __tablename__ = "pending_result"

    key: Mapped[str] = column(String(32), data="secret", primary_key=True)
    batch_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("payout_batch.id"), nullable=False)
    staff_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False)
    uploaded_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now, index=True)
