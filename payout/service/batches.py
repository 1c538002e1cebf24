"""How does a batch come together, and who says it is right? Maker and checker are different people."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from claims.service import payment
from claims.service.payment import Payable
from core import clock, context
from core.access import Actor
from core.db import db
from core.errors import Conflict, Missing, NotAllowed, Refused
from core.history import STALE, begin, perform
from core.numbers import next_in
from payout.models import PayoutBatch, PayoutItem
from payout.rules import MOST_ITEMS, SAME_PERSON, WORKFLOW


def waiting() -> list[Payable]:
    """Approved claims not in a batch yet, at most one batch full."""
    return payment.payable(MOST_ITEMS)


def get(number: str) -> PayoutBatch:
    """The batch with this number. Raises `Missing`."""
    row = db.session.scalar(select(PayoutBatch).where(PayoutBatch.number == number))
    if row is None:
        raise Missing
    return row


def items_of(batch: PayoutBatch) -> list[PayoutItem]:
    """The payments of a batch in the bank's order."""
    query = select(PayoutItem).where(PayoutItem.batch_id == batch.id).order_by(PayoutItem.sequence)
    return list(db.session.scalars(query))


def prepare(claim_ids: list[uuid.UUID], by: Actor) -> PayoutBatch:
    """A new batch of approved claims; all of them or none. Raises `Refused`, `Conflict`."""
    if not claim_ids:
        raise Refused("请先勾选要打款的申请")
    if len(claim_ids) > MOST_ITEMS:
        raise Refused(f"一个批次最多 {MOST_ITEMS} 笔，请分批")
    started = payment.start_paying(claim_ids, by)
    if len(started) != len(set(claim_ids)):
        raise Conflict(STALE)
    batch = PayoutBatch(
        number=_number(),
        state="prepared",
        item_count=len(started),
        total_fen=sum(item.award_fen for item in started),
        maker_id=by.id,
    )
    db.session.add(batch)
    db.session.flush()
    for sequence, item in enumerate(started, 1):
        db.session.add(_item(batch.id, sequence, item))
    try:
        db.session.flush()
    except IntegrityError:
        raise Conflict(STALE) from None
    begin(WORKFLOW, batch, by)
    return batch


def check(batch: PayoutBatch, by: Actor, seen: int) -> None:
    """The second person agrees. Raises `NotAllowed` for the maker."""
    if batch.maker_id == by.id:
        raise NotAllowed(SAME_PERSON)
    perform(WORKFLOW, batch, "check", by, seen=seen, checker_id=by.id)


def drop(batch: PayoutBatch, by: Actor, seen: int, note: str) -> None:
    """Give the batch up before it left: its claims wait again."""
    perform(WORKFLOW, batch, "drop", by, note, seen=seen)
    rows = items_of(batch)
    db.session.execute(update(PayoutItem).where(PayoutItem.batch_id == batch.id).values(status="cancelled"))
    for row in rows:
        payment.stop_paying(row.claim_id, by)


def _number() -> str:
    month = clock.today().strftime("%Y%m")
    return f"{context.scheme().prefixes['batch']}{month}{next_in('batch', month):04d}"


def _item(batch_id: uuid.UUID, sequence: int, item: Payable) -> PayoutItem:
    return PayoutItem(
        batch_id=batch_id,
        claim_id=item.claim_id,
        claim_number=item.number,
        sequence=sequence,
        amount_fen=item.award_fen,
        payee_name=item.payee_name,
        payee_bank=item.payee_bank,
        payee_card=item.payee_card,
    )
