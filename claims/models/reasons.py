"""The common reasons for returning a claim (常用退回意见), editable, most used first."""

from __future__ import annotations

import uuid

from sqlalchemy import Boolean, Integer, String
from sqlalchemy.orm import Mapped

from core.db import column, db, primary_key


class ReturnReason(db.Model):
    """One common reason; `item` names the part of the claim it is about."""

    __tablename__ = "return_reason"

    id: Mapped[uuid.UUID] = primary_key()
    text: Mapped[str] = column(String(120), nullable=False, unique=True)
    item: Mapped[str] = column(String(32), nullable=False, default="")
    uses: Mapped[int] = column(Integer, nullable=False, default=0)
    is_active: Mapped[bool] = column(Boolean, nullable=False, default=True)
