"""Which import is worked on, by whom, and where are its files? One import at a time, under a lease."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import Any

from sqlalchemy import and_, case, delete, exists, func, or_, select, true, update

from core import clock, context
from core.access import SYSTEM
from core.db import db
from core.files.documents import erase_document, read_document, store_document
from core.history import perform
from employee.service import identity
from roster.models import RosterImport, RosterImportRow
from roster.rules import hours, states

__all__ = ["SYSTEM", "claim_due", "content_of", "go_on", "keep", "position"]

# A worker that dies is replaced after this long; every lot extends it.
LEASE = dt.timedelta(seconds=90)
# What went wrong once is not tried again in the same breath; nobody answered the bell for so long.
SOON, UNHEARD = dt.timedelta(seconds=30), dt.timedelta(seconds=60)
KEPT = dt.timedelta(days=30)
WORKED_ON = (states.UPLOADED, states.READING, states.APPLYING)
FINISHED = (states.DONE, states.REFUSED, states.CANCELLED)
_TABLE: Any = RosterImport.__table__
# First what only has to be read, then whoever has waited longest: a roster that waits a day for the
# identity check keeps nobody else waiting.
_TURN = (
    case((_TABLE.c.state == states.APPLYING, 1), else_=0),
    func.coalesce(_TABLE.c.ask_at, _TABLE.c.state_at),
    _TABLE.c.id,
)


class LeaseLost(Exception):
    """This worker slept for so long that another one took over; what it was about to write is void."""


def now() -> dt.datetime:
    return clock.now()


def soon() -> dt.datetime:
    return clock.now() + SOON


def _is_due(at: dt.datetime) -> Any:
    is_free = or_(_TABLE.c.lease_until.is_(None), _TABLE.c.lease_until <= at)
    is_turn = or_(_TABLE.c.ask_at.is_(None), _TABLE.c.ask_at <= at)
    return and_(_TABLE.c.state.in_(WORKED_ON), is_free, is_turn)


def claim_due() -> RosterImport | None:
    """The import whose turn it is, leased to the caller; None when another one is at work.

    One at a time: imports queue up so that a large one never keeps the verification codes waiting.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(0x524F_5354)))
    at = clock.now()
    if db.session.scalar(select(exists().where(_TABLE.c.state.in_(WORKED_ON), _TABLE.c.lease_until > at))):
        return None
    row = db.session.scalars(select(RosterImport).where(_is_due(at)).order_by(*_TURN).limit(1)).first()
    if row:
        row.held = None
        db.session.refresh(row)
        go_on(row)
    return row


def is_due() -> bool:
    return bool(db.session.scalar(select(exists().where(_is_due(clock.now())))))


def is_overdue() -> bool:
    """Has something been due for so long that no worker can be listening?"""
    since = func.coalesce(_TABLE.c.ask_at, _TABLE.c.lease_until, _TABLE.c.state_at)
    at = clock.now()
    return bool(db.session.scalar(select(exists().where(_is_due(at), since < at - UNHEARD))))


def go_on(work: RosterImport, **progress: Any) -> None:
    """Extend the lease and show how far the work is. Raises `LeaseLost`: the transaction writes nothing."""
    until = clock.now() + LEASE
    _write(work, {"lease_until": until, **progress})
    work.held = until


def let_go(work: RosterImport, ask_at: dt.datetime | None) -> None:
    """Give the lease back; the import is due again at `ask_at` (None: at once)."""
    _write(work, {"lease_until": None, "ask_at": ask_at})
    work.held = None


def hold(work: RosterImport) -> None:
    """Is the lease still ours? Asked in the transaction that ends a stage."""
    _write(work, {"lease_until": work.held})


def _write(work: RosterImport, values: dict[str, Any]) -> None:
    """The lease is its own fence: who holds another moment than the row has been replaced."""
    mine = _TABLE.c.lease_until == work.held if work.held else true()
    done = db.session.execute(update(_TABLE).where(_TABLE.c.id == work.id, mine).values(**values))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost


def position(work: RosterImport) -> int:
    """How many imports are before this one; 0 when it is its turn."""
    queue = list(
        db.session.scalars(select(_TABLE.c.id).where(_TABLE.c.state.in_(WORKED_ON)).order_by(*_TURN))
    )
    return queue.index(work.id) if work.id in queue else 0


def waiting_words(work: RosterImport) -> str:
    """Why a confirmed import stands still: the identity check is closed or silent. "" when it does not."""
    if work.state != states.APPLYING or work.ask_at is None or work.ask_at <= clock.now():
        return ""
    window = context.scheme().identity_window
    if window and not identity.is_open():
        return states.CLOSED.format(window=hours.hours_words(window))
    return states.IDENTITY_WORDS[states.WAITING]


def keep(content: bytes, kind: str) -> uuid.UUID:
    """Seal and store a table."""
    media_type = "application/xlsx" if content.startswith(b"PK") else "text/csv"
    return store_document(content, kind, media_type, hashlib.sha256(content).hexdigest()).id


def content_of(file_id: uuid.UUID) -> bytes:
    return read_document(file_id)


def forget_old() -> None:
    """A month after its end an import's rows and files go; its counts stay. A forgotten preview ends."""
    before = clock.now() - KEPT
    is_old = RosterImport.state_at < before
    for work in db.session.scalars(select(RosterImport).where(is_old, RosterImport.state == states.PREVIEW)):
        perform(states.WORKFLOW, work, "cancel", SYSTEM)
        _forget(work)
    ended = select(RosterImport).where(is_old, RosterImport.state.in_(FINISHED), RosterImport.is_kept)
    for work in db.session.scalars(ended.order_by(RosterImport.state_at).limit(20)):
        _forget(work)


def _forget(work: RosterImport) -> None:
    db.session.execute(delete(RosterImportRow).where(RosterImportRow.import_id == work.id))
    for file_id in filter(None, (work.file_id, work.result_file_id)):
        erase_document(file_id)
    work.is_kept = False
