"""What do the pages of payout list? Always by key, never by offset."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import func, select

from claims.service import payment
from core.access import Actor
from core.db import db
from core.fields import mask_card
from core.history import Transition
from core.keys import SealBroken
from payout.models import BankFile, PayoutBatch, PayoutItem
from payout.rules import ITEM_LABELS, LABELS, NEXT_BY, PARTLY_FAILED

PAGE = 20
ITEMS = 100
UNREADABLE = "（读不出来）"


@dataclass(frozen=True)
class BatchLine:
    """A batch as the list shows it."""

    id: uuid.UUID
    number: str
    label: str
    item_count: int
    total_fen: int
    failed_count: int
    maker: str
    checker: str
    created_at: dt.datetime


@dataclass(frozen=True)
class ItemLine:
    """A payment as pages show it: the card masked."""

    sequence: int
    claim_number: str
    payee_name: str
    payee_bank: str
    card: str
    amount_fen: int
    label: str
    why: str

    @property
    def claim_url(self) -> str:
        return f"/admin/claims/{self.claim_number}"


@dataclass(frozen=True)
class Tally:
    """What became of a batch's payments: count and sum per outcome."""

    paid_count: int
    paid_fen: int
    failed_count: int
    failed_fen: int


def awaiting() -> tuple[int, int]:
    """Approved claims that wait for a batch: how many, and their sum in fen."""
    return payment.awaiting()


def waiting_for(actor: Actor) -> list[tuple[str, str, int]]:
    """(state, its words, how many batches) where the next step is this person's: nobody tells them else."""
    mine = [state for state, role in NEXT_BY.items() if actor.has(role)]
    if not mine:
        return []
    query = select(PayoutBatch.state, func.count()).where(PayoutBatch.state.in_(mine))
    found = {row[0]: row[1] for row in db.session.execute(query.group_by(PayoutBatch.state))}
    return [(state, LABELS[state], found[state]) for state in mine if state in found]


def batches(state: str = "", before: uuid.UUID | None = None, most: int = PAGE) -> list[BatchLine]:
    """Batches, newest first; `before` is the last one already shown."""
    failed = (
        select(func.count())
        .where(PayoutItem.batch_id == PayoutBatch.id, PayoutItem.status == "failed")
        .correlate(PayoutBatch)
        .scalar_subquery()
    )
    query = select(PayoutBatch, failed)
    if state:
        query = query.where(PayoutBatch.state == state)
    if before is not None:
        query = query.where(PayoutBatch.id < before)
    rows = db.session.execute(query.order_by(PayoutBatch.id.desc()).limit(most)).all()
    who = _who([batch.id for batch, _ in rows])
    return [_line(batch, int(count), who) for batch, count in rows]


def _who(batch_ids: list[uuid.UUID]) -> dict[tuple[uuid.UUID, str], str]:
    """Who made and who checked each batch, as their history says."""
    query = select(Transition.object_id, Transition.action, Transition.actor_label).where(
        Transition.object_id.in_(batch_ids), Transition.action.in_(("create", "check"))
    )
    return {(row.object_id, row.action): row.actor_label for row in db.session.execute(query)}


def _line(batch: PayoutBatch, failed: int, who: dict[tuple[uuid.UUID, str], str]) -> BatchLine:
    return BatchLine(
        batch.id,
        batch.number,
        state_label(batch, failed),
        batch.item_count,
        batch.total_fen,
        failed,
        who.get((batch.id, "create"), ""),
        who.get((batch.id, "check"), ""),
        batch.created_at,
    )


def state_label(batch: PayoutBatch, failed: int) -> str:
    """The word for a batch's state; a finished one with failures says so."""
    return PARTLY_FAILED if batch.state == "settled" and failed else LABELS[batch.state]


def items(batch: PayoutBatch, after: int = 0, most: int = ITEMS) -> list[ItemLine]:
    """The payments of a batch in the bank's order, from behind number `after` on."""
    query = select(PayoutItem).where(PayoutItem.batch_id == batch.id, PayoutItem.sequence > after)
    return [_item(row) for row in db.session.scalars(query.order_by(PayoutItem.sequence).limit(most))]


def _item(row: PayoutItem) -> ItemLine:
    try:
        name, card = row.payee_name or "", mask_card(row.payee_card)
    except SealBroken:  # somebody changed the row past the application; the page still has to open
        name = card = UNREADABLE
    return ItemLine(
        row.sequence,
        row.claim_number,
        name,
        row.payee_bank,
        card,
        row.amount_fen,
        ITEM_LABELS[row.status],
        row.bank_words or ("银行没有写原因" if row.status == "failed" else ""),
    )


def tally(batch: PayoutBatch) -> Tally:
    """How many payments of a batch went through and how many bounced."""
    query = select(PayoutItem.status, func.count(), func.sum(PayoutItem.amount_fen)).where(
        PayoutItem.batch_id == batch.id
    )
    found = {row[0]: (int(row[1]), int(row[2])) for row in db.session.execute(query.group_by("status"))}
    return Tally(*found.get("paid", (0, 0)), *found.get("failed", (0, 0)))


def files(batch: PayoutBatch) -> list[BankFile]:
    """Which files went to the bank and came back, oldest first."""
    query = select(BankFile).where(BankFile.batch_id == batch.id).order_by(BankFile.at, BankFile.id)
    return list(db.session.scalars(query))
