"""What did reviewers say about a claim besides yes and no? Places in photos, lower sums, verdicts."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed


class ReturnMark(db.Model):
    """A rectangle in one photo of a returned claim, in fractions of the upright picture, with words.

    `step_id` is the return it belongs to: an earlier return's marks stay as history and are not shown again.
    """

    __tablename__ = "return_mark"
    __table_args__ = (
        Index("ix_return_mark_step", "step_id"),
        CheckConstraint(
            "x >= 0 AND y >= 0 AND width > 0 AND height > 0 AND x + width <= 1.0001 AND y + height <= 1.0001",
            name="inside_the_picture",
        ),
    )

    id: Mapped[uuid.UUID] = primary_key()
    step_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("transition.id"), nullable=False)
    document_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("claim_document.id"), nullable=False, index=True)
    x: Mapped[float] = column(Float, nullable=False)
    y: Mapped[float] = column(Float, nullable=False)
    width: Mapped[float] = column(Float, nullable=False)
    height: Mapped[float] = column(Float, nullable=False)
    note = Sealed("personal")


class AwardCut(db.Model):
    """A reviewer lowered one line of the figure: to how much, why, who. It ends when the claim comes anew."""

    __tablename__ = "award_cut"
    __table_args__ = (
        UniqueConstraint("claim_id", "benefit"),
        CheckConstraint("amount_fen >= 0", name="not_negative"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    claim_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("claim.id"), nullable=False)
    benefit: Mapped[str] = column(String(40), nullable=False)
    amount_fen: Mapped[int] = column(BigInteger, data="personal", nullable=False)
    note = Sealed("personal", nullable=False)
    by_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False)
    by_label: Mapped[str] = column(String(64), nullable=False)
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class PairVerdict(db.Model):
    """Somebody compared two things that look alike; the pair is kept once, the smaller id first.

    `kind` says what the ids are: two photos (`picture`), or two claims by `receipt`, `stay` or `card`.
    """

    __tablename__ = "pair_verdict"
    __table_args__ = (
        UniqueConstraint("kind", "first_id", "second_id"),
        Index("ix_pair_verdict_second", "second_id"),
        CheckConstraint("first_id < second_id", name="once_in_order"),
        CheckConstraint("verdict IN ('same', 'different')", name="verdict_known"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    kind: Mapped[str] = column(String(16), nullable=False)
    first_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    second_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    verdict: Mapped[str] = column(String(16), nullable=False)
    by_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False)
    by_label: Mapped[str] = column(String(64), nullable=False)
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
