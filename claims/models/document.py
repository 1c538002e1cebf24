"""One picture that proves something in a claim."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key


class ClaimDocument(db.Model):
    """A picture of one kind (id_front, id_back, receipt, settlement, discharge, bank_card …) in a claim."""

    __tablename__ = "claim_document"
    __table_args__ = (Index("ix_claim_document_claim", "claim_id", "kind", "position"),)

    id: Mapped[uuid.UUID] = primary_key()
    claim_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("claim.id"), nullable=False)
    file_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("stored_file.id"), nullable=False, index=True)
    kind: Mapped[str] = column(String(32), nullable=False)
    position: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    # What the coach saw in it (codes of `core.files.coach`); the person decided to keep it all the same.
    warnings: Mapped[list[str] | None] = column(JSONB, nullable=True)
    added_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    removed_at: Mapped[dt.datetime | None] = moment(nullable=True)
