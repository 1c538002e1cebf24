"""What does a union say it paid? Vouchers come and go until 确认; then finance looks (A9, XM-75 … XM-77)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import func, select

from core import audit, clock
from core.access import Actor
from core.db import db, one_at_a_time
from core.errors import Conflict, Missing, Refused
from core.files.models import StoredFile
from core.files.papers import Pdf, store_paper
from core.files.pictures import Picture
from core.history import perform, who_was_first
from core.names import normalise
from enrolment.models import Enrolment, Voucher
from enrolment.rules import AWAITING_VOUCHER, WORKFLOW
from enrolment.rules import paying as rules

KIND = "voucher"


def live(enrolment_id: uuid.UUID) -> list[Voucher]:
    """The vouchers that count, in the order they came."""
    query = select(Voucher).where(Voucher.enrolment_id == enrolment_id, Voucher.removed_at.is_(None))
    return list(db.session.scalars(query.order_by(Voucher.id)))


def told_fen(enrolment_id: uuid.UUID) -> int:
    """What the vouchers add up to."""
    query = select(func.coalesce(func.sum(Voucher.amount_fen), 0))
    live_ones = (Voucher.enrolment_id == enrolment_id, Voucher.removed_at.is_(None))
    return int(db.session.scalar(query.where(*live_ones)) or 0)


def add(
    enrolment: Enrolment, paper: Picture | Pdf, paid_on: dt.date, amount_fen: int, payer: str, by: Actor
) -> Voucher:
    """Keep one more voucher. Raises `Refused` and `Conflict`."""
    _still_open(enrolment)
    before = live(enrolment.id)
    if len(before) >= rules.MOST_VOUCHERS:
        raise Refused(rules.TOO_MANY, "file")
    file = store_paper(paper, KIND)
    if _is_there(file, before):
        raise Refused(rules.SAME_FILE, "file")
    row = Voucher(
        enrolment_id=enrolment.id,
        file_id=file.id,
        paid_on=paid_on,
        amount_fen=amount_fen,
        added_by_id=by.id,
        added_by_label=by.label,
    )
    row.payer = normalise(payer)
    db.session.add(row)
    audit.record("enrolment.add_voucher", "enrolment", enrolment.id, by)
    return row


def _is_there(file: StoredFile, before: list[Voucher]) -> bool:
    ids = [row.file_id for row in before]
    same = select(StoredFile.id).where(StoredFile.id.in_(ids), StoredFile.content_bi == file.content_bi)
    return bool(ids) and db.session.scalar(same.limit(1)) is not None


def remove(enrolment: Enrolment, voucher_id: uuid.UUID, by: Actor) -> None:
    """Take a voucher away before 确认; what was seen of it stays on file."""
    _still_open(enrolment)
    row = db.session.get(Voucher, voucher_id)
    if row is None or row.enrolment_id != enrolment.id:
        raise Missing
    if row.removed_at is None:
        row.removed_at = clock.now()
        audit.record("enrolment.remove_voucher", "enrolment", enrolment.id, by)


def submit(enrolment: Enrolment, by: Actor, seen: int | None, note: str = "") -> None:
    """确认: the vouchers are whole. One sum and another need a word (`OFF`)."""
    _still_open(enrolment)
    if not live(enrolment.id):
        raise Refused(rules.NO_VOUCHER, "file")
    paid_fen, due_fen = told_fen(enrolment.id), enrolment.fee_due_fen or 0
    if paid_fen != due_fen and not note.strip():
        raise Refused(rules.filled(rules.OFF, paid_fen, due_fen), "note")
    perform(WORKFLOW, enrolment, "submit_voucher", by, note, seen=seen)


def uploaders(enrolment_id: uuid.UUID) -> set[uuid.UUID]:
    """Who had a hand in the vouchers, also in those that were taken away."""
    query = select(Voucher.added_by_id).where(Voucher.enrolment_id == enrolment_id)
    return set(db.session.scalars(query))


def elsewhere(enrolment_id: uuid.UUID) -> dict[uuid.UUID, list[str]]:
    """Voucher → other enrolments with the very same file: one transfer for two unions, or a mistake."""
    mine, theirs, other = (
        StoredFile.__table__.alias(),
        StoredFile.__table__.alias(),
        Voucher.__table__.alias(),
    )
    query = (
        select(Voucher.id, Enrolment.number)
        .join(mine, mine.c.id == Voucher.file_id)
        .join(theirs, theirs.c.content_bi == mine.c.content_bi)
        .join(other, other.c.file_id == theirs.c.id)
        .join(Enrolment, Enrolment.id == other.c.enrolment_id)
        .where(Voucher.enrolment_id == enrolment_id, Voucher.removed_at.is_(None))
        .where(other.c.enrolment_id != enrolment_id, other.c.removed_at.is_(None))
    )
    found: dict[uuid.UUID, list[str]] = {}
    for voucher_id, number in db.session.execute(query.distinct().order_by(Enrolment.number)):
        found.setdefault(voucher_id, []).append(number)
    return found


def _still_open(enrolment: Enrolment) -> None:
    """Nobody else is at these vouchers until our commit, and they may still change."""
    one_at_a_time(enrolment.id)
    db.session.refresh(enrolment)
    if enrolment.state != AWAITING_VOUCHER:
        raise Conflict(who_was_first(enrolment))
