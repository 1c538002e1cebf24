"""Which import is worked on, by whom, and where are its files? One import at a time, under a lease."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import Any

from sqlalchemy import func, or_, select, update

from core import clock
from core.access import SYSTEM
from core.db import db
from core.files.documents import read_document, store_document
from roster.models import RosterImport
from roster.rules import states

__all__ = ["SYSTEM", "claim_due", "content_of", "go_on", "keep", "position"]

# A worker that dies is replaced after this long; every lot extends it.
LEASE = dt.timedelta(seconds=90)
WORKED_ON = (states.UPLOADED, states.READING, states.APPLYING)


def claim_due(after: uuid.UUID | None = None) -> RosterImport | None:
    """The oldest import that waits for a worker, leased to the caller; None when another one is at work.

    One at a time: imports queue up so that a large one never keeps the verification codes waiting.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(0x524F_5354)))
    now = clock.now()
    busy = select(RosterImport.id).where(RosterImport.state.in_(WORKED_ON), RosterImport.lease_until > now)
    if db.session.scalar(busy.limit(1)):
        return None
    row = db.session.scalars(
        select(RosterImport)
        .where(
            RosterImport.state.in_(WORKED_ON), or_(RosterImport.ask_at.is_(None), RosterImport.ask_at <= now)
        )
        .order_by(RosterImport.uploaded_at, RosterImport.id)
        .limit(1)
    ).first()
    if row:
        go_on(row)
    return row


def go_on(work: RosterImport, **progress: Any) -> None:
    """Extend the lease and show how far the work is."""
    table = RosterImport.__table__
    values = {"lease_until": clock.now() + LEASE, **progress}
    db.session.execute(update(table).where(table.c.id == work.id).values(**values))


def let_go(work: RosterImport, ask_at: dt.datetime | None) -> None:
    """Give the lease back; the import is due again at `ask_at` (None: at once)."""
    table = RosterImport.__table__
    db.session.execute(update(table).where(table.c.id == work.id).values(lease_until=None, ask_at=ask_at))


def position(work: RosterImport) -> int:
    """How many imports are before this one; 0 when it is its turn."""
    before = select(func.count()).where(
        RosterImport.state.in_(WORKED_ON), RosterImport.uploaded_at < work.uploaded_at
    )
    return db.session.scalar(before) or 0


def keep(content: bytes, kind: str) -> uuid.UUID:
    """Seal and store a table."""
    media_type = "application/xlsx" if content.startswith(b"PK") else "text/csv"
    return store_document(content, kind, media_type, hashlib.sha256(content).hexdigest()).id


def content_of(file_id: uuid.UUID) -> bytes:
    return read_document(file_id)
