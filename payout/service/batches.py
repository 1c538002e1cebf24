"""How does a batch come together, and who says it is right? Maker and checker are different people."""

from __future__ import annotations

import hmac
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
from core.keys import SealBroken
from core.numbers import next_in
from payout.models import PayoutBatch, PayoutItem
from payout.rules import MOST_ITEMS, OWN_CLAIM, PREPARERS, SAME_PERSON, WORKFLOW

CHANGED = "批次内容与生成时不一致，已停止办理，请联系管理员核查"
NOTHING_PICKED = "请先勾选要打款的申请"
TAKEN = "勾选的申请里有的刚刚被放进别的批次，或不再等待打款。已为您显示最新内容，请重新核对。"


def waiting(claim_ids: list[uuid.UUID] | None = None) -> list[Payable]:
    """Approved claims not in a batch yet (of `claim_ids`, when given), at most one batch full."""
    return payment.payable(MOST_ITEMS, claim_ids)


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


def picked(claim_ids: list[uuid.UUID]) -> list[Payable]:
    """What a batch of these claims would pay; changes nothing. Raises `Refused`, `Conflict`."""
    _must_be_some(claim_ids)
    found = waiting(claim_ids)
    if len(found) != len(set(claim_ids)):
        raise Conflict(TAKEN)
    return found


def prepare(claim_ids: list[uuid.UUID], by: Actor) -> PayoutBatch:
    """A new batch of approved claims; all of them or none. Raises `NotAllowed`, `Refused`, `Conflict`."""
    if not PREPARERS & by.roles:
        raise NotAllowed
    _must_be_some(claim_ids)
    not_own(claim_ids, by, "生成", "请取消勾选后再生成，这一件请交给另一位制单人员。")
    started = payment.start_paying(claim_ids, by)
    if len(started) != len(set(claim_ids)):
        raise Conflict(STALE)
    for claim in started:
        if claim.award_fen <= 0:
            raise Refused(f"申请 {claim.number} 的补助金额是 0 元，不能打款，请取消勾选")
    batch = _fill(started, by)
    begin(WORKFLOW, batch, by)
    return batch


def check(batch: PayoutBatch, by: Actor, seen: int) -> None:
    """The second person agrees. Raises `NotAllowed` for the maker."""
    if batch.maker_id == by.id:
        raise NotAllowed(SAME_PERSON)
    items = items_of(batch)
    not_own([item.claim_id for item in items], by, "复核", "请交给另一位复核人员。")
    must_be_whole(batch, items)
    perform(WORKFLOW, batch, "check", by, seen=seen, checker_id=by.id)


def not_own(claim_ids: list[uuid.UUID], by: Actor, what: str, how: str) -> None:
    """Nobody handles the payment of their own case (M10). Raises `Conflict`."""
    if number := payment.own_of(claim_ids, by):
        raise Conflict(OWN_CLAIM.format(number=number, what=what, how=how))


def drop(batch: PayoutBatch, by: Actor, seen: int, note: str) -> None:
    """Give the batch up before it left: its claims wait again."""
    if not note.strip():
        raise Refused("请写明作废原因", "note")
    perform(WORKFLOW, batch, "drop", by, note, seen=seen)
    rows = items_of(batch)
    db.session.execute(update(PayoutItem).where(PayoutItem.batch_id == batch.id).values(status="cancelled"))
    for row in rows:
        payment.stop_paying(row.claim_id, by)


def must_be_whole(batch: PayoutBatch, items: list[PayoutItem]) -> None:
    """Raises `Refused` when an item, a sum or the order is not what the maker put together (M5)."""
    try:
        is_whole = hmac.compare_digest(batch.seal_bi, seal(batch, items))
    except SealBroken:
        is_whole = False
    if not is_whole:
        raise Refused(CHANGED, status=409)


def seal(batch: PayoutBatch, items: list[PayoutItem]) -> bytes:
    """What a batch stands for: its number, maker, count and sum, and every payment in order."""
    lines = [f"{batch.number}|{batch.maker_id}|{batch.item_count}|{batch.total_fen}"]
    lines += [
        "\x1f".join(
            (
                str(i.sequence),
                str(i.claim_id),
                i.claim_number,
                i.payee_name or "",
                i.payee_bank,
                i.payee_card or "",
                str(i.amount_fen),
            )
        )
        for i in items
    ]
    return context.keyring().blind("payout_batch.seal", "\n".join(lines))


def _must_be_some(claim_ids: list[uuid.UUID]) -> None:
    if not claim_ids:
        raise Refused(NOTHING_PICKED)
    if len(claim_ids) > MOST_ITEMS:
        raise Refused(f"一个批次最多 {MOST_ITEMS} 笔，请分批")


def _fill(started: list[Payable], by: Actor) -> PayoutBatch:
    batch = PayoutBatch(
        number=_number(),
        state="prepared",
        version=0,
        item_count=len(started),
        total_fen=sum(item.award_fen for item in started),
        maker_id=by.id,
        export_count=0,
    )
    items = [_item(batch.id, sequence, item) for sequence, item in enumerate(started, 1)]
    batch.seal_bi = seal(batch, items)
    db.session.add(batch)
    db.session.flush()
    db.session.add_all(items)
    try:
        db.session.flush()
    except IntegrityError:
        raise Conflict(STALE) from None
    return batch


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
        status="waiting",
    )
