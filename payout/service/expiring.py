"""When does a batch forget full card numbers? So long after the money arrived; the last four digits stay.

A batch that is finished is sealed anew with what is left, so that nobody can change it unnoticed afterwards.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import aliased

from core import clock
from core.db import db
from core.errors import Refused
from core.fields import card_end
from core.keys import SealBroken
from core.retention import Ids, Rule
from payout.models import PayoutBatch, PayoutItem
from payout.rules import KEEP, UNPAID_KEEP
from payout.service.batches import items_of, must_be_whole, seal

_OVER = ("settled", "dropped")


def _paid_due(until: dt.datetime) -> Select[Any]:
    """Payments that arrived, and those that bounced before: their money has arrived by another one."""
    arrived = aliased(PayoutItem)
    paid = (
        select(arrived.id)
        .where(arrived.claim_id == PayoutItem.claim_id, arrived.status == "paid", arrived.settled_at < until)
        .exists()
    )
    settled = and_(PayoutItem.status.in_(("paid", "failed")), PayoutItem.settled_at < until)
    return select(PayoutItem.id).where(PayoutItem.card_cut_at.is_(None), settled, paid)


def _unpaid_due(until: dt.datetime) -> Select[Any]:
    """Payments that never arrived: bounced for good, or of a batch that was given up."""
    ended = select(PayoutBatch.id).where(
        PayoutBatch.id == PayoutItem.batch_id, PayoutBatch.state.in_(_OVER), PayoutBatch.state_at < until
    )
    never = or_(PayoutItem.status == "failed", PayoutItem.status == "cancelled")
    return select(PayoutItem.id).where(PayoutItem.card_cut_at.is_(None), never, ended.exists())


def _cut(ids: Ids) -> None:
    items = list(db.session.scalars(select(PayoutItem).where(PayoutItem.id.in_(ids))))
    batches = {item.batch_id: db.session.get_one(PayoutBatch, item.batch_id) for item in items}
    whole = [batch for batch in batches.values() if _is_whole(batch)]
    for item in items:
        _cut_one(item)
    db.session.flush()
    for batch in whole:
        batch.seal_bi = seal(batch, items_of(batch))
    db.session.flush()


def _cut_one(item: PayoutItem) -> None:
    """A number that nobody can open any more is beyond cutting; it is not looked at again."""
    with suppress(SealBroken):
        PayoutItem.payee_card.reseal(item, card_end(item.payee_card))
    item.card_cut_at = clock.now()


def _is_whole(batch: PayoutBatch) -> bool:
    """A seal that is broken already stays broken."""
    try:
        must_be_whole(batch, items_of(batch))
    except Refused:
        return False
    return True


RULES = (
    Rule("payout.card", KEEP, _paid_due, _cut),
    Rule("payout.unpaid_card", UNPAID_KEEP, _unpaid_due, _cut),
)
