"""Which file is kept where, and what is known about it? The bytes are sealed in the store."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key


class StoredFile(db.Model):
    """One sealed picture (full, preview and thumb under `<id>/full` …) or document.

    `content_bi` is the blind index of its bytes, `look` a perceptual hash (64 bits) for near twins.
    """

    __tablename__ = "stored_file"

    id: Mapped[uuid.UUID] = primary_key()
    kind: Mapped[str] = column(String(24), nullable=False)
    media_type: Mapped[str] = column(String(40), nullable=False)
    size: Mapped[int] = column(Integer, nullable=False)
    width: Mapped[int | None] = column(Integer, nullable=True)
    height: Mapped[int | None] = column(Integer, nullable=True)
    content_bi: Mapped[bytes] = column(LargeBinary(16), data="secret", nullable=False, index=True)
    look: Mapped[int | None] = column(BigInteger, data="secret", nullable=True, index=True)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    erased_at: Mapped[dt.datetime | None] = moment(nullable=True)
