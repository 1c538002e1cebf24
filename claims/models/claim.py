"""One application for a benefit, from draft to payment."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    TextClause,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from claims.rules import AUTOMATIC, OVER
from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed
from core.history import Stateful


def _still(column_name: str) -> TextClause:
    """SQL: the claim is over, and this was not done yet."""
    return text(f"{column_name} IS NULL AND state IN {OVER}")


_COUNTED = ["state", "kind", "plan_code", "award_fen"]


class Claim(Stateful, db.Model):
    """A claim (补助申请). Sums are integer fen; hospital, diagnosis, receipt, cause and payee are sealed.

    `award` holds the lines of the figure last computed; `award_fen` is set when a reviewer decides.
    `approval_bi` binds the approved payee and sum: payout refuses when they changed since (M5, M7).
    """

    __tablename__ = "claim"
    __table_args__ = (
        Index("ix_claim_employee", "employee_id", "id"),
        Index("ix_claim_work", "state", "submitted_at", "id"),
        Index("ix_claim_union", "union_id", "state", "id"),
        Index("ix_claim_submitted", "submitted_at", "id"),
        # The report in its order, narrowed to a union, a period, a kind (XM-122); counted without the rows.
        Index("ix_claim_union_order", "union_id", "submitted_at", "id", postgresql_include=_COUNTED),
        Index("ix_claim_plan", "plan_code", "submitted_at", "id", postgresql_include=["state"]),
        Index("ix_claim_kind", "kind", "submitted_at", "id", postgresql_include=["state"]),
        Index("ix_claim_decided", "decided_at", "id", postgresql_where=text("decided_at IS NOT NULL")),
        Index("ix_claim_paid", "paid_at", "id", postgresql_where=text("paid_at IS NOT NULL")),
        Index("ix_claim_changed", "state_at"),  # what the figures have to be worked out anew for
        # What the nightly job looks for (`claims.service.expiring`): each index empties as it works.
        Index("ix_claim_photos_due", "state_at", postgresql_where=_still("photos_erased_at")),
        Index("ix_claim_contents_due", "state_at", postgresql_where=_still("contents_erased_at")),
        Index(
            "ix_claim_card_due", "paid_at", postgresql_where=text("card_cut_at IS NULL AND state = 'paid'")
        ),
        CheckConstraint("award_fen IS NULL OR award_fen >= 0", name="award_not_negative"),
        CheckConstraint("discharged_on IS NULL OR discharged_on >= admitted_on", name="stay_in_order"),
        CheckConstraint("injury_grade BETWEEN 1 AND 10", name="grade_known"),
        # What waits for whom at the union's desk filed it (我的办件).
        Index("ix_claim_filer", "filed_by_id", "id", postgresql_where=text("filed_by_kind = 'staff'")),
    )

    id: Mapped[uuid.UUID] = primary_key()
    number: Mapped[str] = column(String(32), nullable=False, unique=True)
    kind: Mapped[str] = column(String(16), nullable=False)
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False)
    union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), nullable=False)
    coverage_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("coverage.id"), nullable=True)
    plan_code: Mapped[str | None] = column(String(32), nullable=True)
    plan_version: Mapped[str | None] = column(String(16), nullable=True)
    filed_by_kind: Mapped[str] = column(String(16), nullable=False)
    filed_by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    # 代他人办理 (XM-82): filed by the union for somebody else, not by the person at the union's desk.
    is_by_agent: Mapped[bool] = column(Boolean, nullable=False, default=False, server_default=text("false"))
    step: Mapped[int] = column(SmallInteger, nullable=False, default=1)

    hospital = Sealed("secret")
    hospital_grade: Mapped[str] = column(String(16), data="personal", nullable=False, default="")
    diagnosis = Sealed("secret")
    admitted_on: Mapped[dt.date | None] = column(Date, data="personal", nullable=True)
    discharged_on: Mapped[dt.date | None] = column(Date, data="personal", nullable=True)
    total_fen: Mapped[int | None] = column(BigInteger, data="personal", nullable=True)
    pooled_fen: Mapped[int | None] = column(BigInteger, data="personal", nullable=True)
    self_paid_fen: Mapped[int | None] = column(BigInteger, data="personal", nullable=True)
    own_expense_fen: Mapped[int | None] = column(BigInteger, data="personal", nullable=True)
    bed_excess_fen: Mapped[int | None] = column(BigInteger, data="personal", nullable=True)
    is_settled: Mapped[bool] = column(Boolean, data="personal", nullable=False, default=True)
    is_out_of_area: Mapped[bool] = column(Boolean, data="personal", nullable=False, default=False)
    receipt = Sealed("secret", index="plain")
    receipt_check_code = Sealed("secret")
    # 工伤 and 亡故: the day it happened, the day it was recognised, how grave; why somebody died.
    event_on: Mapped[dt.date | None] = column(Date, data="personal", nullable=True)
    recognised_on: Mapped[dt.date | None] = column(Date, data="personal", nullable=True)
    injury_grade: Mapped[int | None] = column(SmallInteger, data="personal", nullable=True)
    cause = Sealed("secret")
    # Answers of a draft that nobody could read, as typed: {question: [label, text]} as JSON.
    as_typed = Sealed("secret")
    # Until when the certificate in the photos is valid; 长期 ones have no end.
    id_expires_on: Mapped[dt.date | None] = column(Date, data="personal", nullable=True)
    id_is_permanent: Mapped[bool] = column(
        Boolean, data="personal", nullable=False, default=False, server_default=text("false")
    )

    is_own_account: Mapped[bool] = column(Boolean, nullable=False, default=True)
    payee_name = Sealed("personal")
    payee_bank: Mapped[str] = column(String(60), data="personal", nullable=False, default="")
    payee_branch: Mapped[str] = column(String(80), data="personal", nullable=False, default="")
    payee_card = Sealed("identifier", index="plain")
    payee_relation: Mapped[str] = column(String(20), data="personal", nullable=False, default="")
    # What 情况说明 says of another payee (XM-115), and where the family is told after a death.
    payee_id_number = Sealed("identifier")
    contact_phone = Sealed("identifier")
    why_other = Sealed("personal")

    award: Mapped[dict[str, Any] | None] = column(JSONB, data="personal", nullable=True)
    award_fen: Mapped[int | None] = column(BigInteger, data="personal", nullable=True)
    approval_bi: Mapped[bytes | None] = column(data="secret", nullable=True)
    # What was changed since the claim was returned; which page saved last (two tabs must not mix).
    changed_parts: Mapped[list[str]] = column(JSONB, nullable=False, default=list)
    saved_tab: Mapped[str] = column(String(24), nullable=False, default="")
    return_items: Mapped[list[str]] = column(JSONB, nullable=False, default=list)
    refusal_code: Mapped[str] = column(String(24), nullable=False, default="")
    bounce_code: Mapped[str] = column(String(24), nullable=False, default="")

    first_reviewer_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    second_reviewer_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    saved_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    submitted_at: Mapped[dt.datetime | None] = moment(nullable=True)
    decided_at: Mapped[dt.datetime | None] = moment(nullable=True)
    paid_at: Mapped[dt.datetime | None] = moment(nullable=True)
    # When the published terms were carried out (`claims.rules.KEEP`).
    photos_erased_at: Mapped[dt.datetime | None] = moment(nullable=True)
    contents_erased_at: Mapped[dt.datetime | None] = moment(nullable=True)
    card_cut_at: Mapped[dt.datetime | None] = moment(nullable=True)

    @property
    def is_automatic(self) -> bool:
        """Made by rule, not filed by anybody (免申即享)."""
        return self.kind == AUTOMATIC


class ReviewHold(db.Model):
    """Who has a claim open to decide on it (正由他人处理); it lapses by itself."""

    __tablename__ = "review_hold"

    claim_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("claim.id"), primary_key=True)
    staff_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False)
    staff_label: Mapped[str] = column(String(64), nullable=False)
    since: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    until: Mapped[dt.datetime] = moment(nullable=False)
