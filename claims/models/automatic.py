"""What was given without being asked for (免申即享), and which payment gave rise to it?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key


class AutomaticGrant(db.Model):
    """One benefit of one automatic claim. A payment gives rise to a benefit once, whatever is repeated.

    What was given stays given: these rows say how much, also when the claim was waived or its content erased.
    """

    __tablename__ = "automatic_grant"
    __table_args__ = (
        UniqueConstraint("trigger_id", "benefit"),
        Index("ix_automatic_grant_person", "employee_id", "plan_code"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    claim_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("claim.id"), nullable=False, index=True)
    trigger_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("claim.id"), nullable=False)
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False)
    plan_code: Mapped[str] = column(String(32), nullable=False)
    benefit: Mapped[str] = column(String(40), nullable=False)
    base_fen: Mapped[int] = column(BigInteger, data="personal", nullable=False)
    amount_fen: Mapped[int] = column(BigInteger, data="personal", nullable=False)
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
