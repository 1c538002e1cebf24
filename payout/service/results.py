"""What did the bank answer, and does it fit? First a preview that changes nothing, then all of it or none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from claims.service import payment
from core import clock, context
from core.access import Actor
from core.db import db
from core.errors import Conflict, NotAllowed, Refused
from core.history import perform, who_was_first
from payout.models import BankFile, PayoutBatch, PayoutItem
from payout.rules import OWN_RESULT, WORKFLOW, Answered, Sent, misfits
from payout.service.answers import canonical_name, read_answers
from payout.service.batches import items_of, must_be_whole, not_own
from payout.service.layouts import layout

TWICE = "这份回盘文件已经导入过（{when}，{who}），没有重复处理"
SETTLED = "这个批次的回盘结果已经确认过（{when}），没有重复处理"
TOO_EARLY = "这个批次还没有导出给银行，不能导入回盘文件"


@dataclass(frozen=True)
class Failure:
    """A payment that bounces: what the bank wrote, and what the person will read."""

    sequence: int
    payee_name: str
    payee_card: str
    amount_fen: int
    bank_words: str
    told: str


@dataclass(frozen=True)
class Preview:
    """What the file would do: `problems` names every row that does not fit."""

    answers: tuple[Answered, ...]
    problems: tuple[str, ...]
    failures: tuple[Failure, ...]
    paid_count: int
    paid_fen: int
    failed_count: int
    failed_fen: int

    @property
    def fits(self) -> bool:
        return not self.problems


def preview(batch: PayoutBatch, content: bytes) -> Preview:
    """Read the bank's file against the batch; changes nothing.

    Raises `Refused` (no such file, not exported yet), `Conflict` (taken before).
    """
    return _preview(batch, items_of(batch), content)


def _preview(batch: PayoutBatch, items: list[PayoutItem], content: bytes) -> Preview:
    _refuse_replay(batch, content)
    must_be_whole(batch, items)
    answers = read_answers(content, layout(context.scheme().bank_layout))
    problems = misfits(batch.number, {item.sequence: _sent(item) for item in items}, answers)
    paid = [a for a in answers if a.is_paid]
    failed = [a for a in answers if a.is_paid is False]
    return Preview(
        tuple(answers),
        tuple(problems),
        tuple(_failure(a) for a in failed),
        len(paid),
        sum(a.amount_fen or 0 for a in paid),
        len(failed),
        sum(a.amount_fen or 0 for a in failed),
    )


def settle(batch: PayoutBatch, content: bytes, by: Actor, seen: int) -> Preview:
    """Take the bank's answers over, all or none; each claim is paid or bounced and its person told."""
    if batch.maker_id == by.id:
        # Whoever made the batch could call a payment failed that was made, and have it paid again (M6).
        raise NotAllowed(OWN_RESULT)
    rows = items_of(batch)
    not_own([row.claim_id for row in rows], by, "导入回盘文件", "请交给另一位复核人员。")
    found = _preview(batch, rows, content)
    if not found.fits:
        raise Refused("回盘文件与批次不符，没有处理任何一笔：" + "；".join(found.problems[:3]), "file")
    perform(WORKFLOW, batch, "settle", by, seen=seen, settled_at=clock.now())
    _note(batch, content, by)
    items = {item.sequence: item for item in rows}
    payment.hold_people([row.claim_id for row in rows])
    for answer in sorted(found.answers, key=lambda a: a.sequence or 0):
        _take_over(items[answer.sequence or 0], answer, by)
    return found


def _note(batch: PayoutBatch, content: bytes, by: Actor) -> None:
    file = BankFile(
        batch_id=batch.id,
        direction="result",
        format="xlsx" if content.startswith(b"PK") else "csv",
        digest=hashlib.sha256(content).digest(),
        reason="",
        by_id=by.id,
        by_label=by.label,
    )
    db.session.add(file)
    try:
        db.session.flush()
    except IntegrityError:
        raise Conflict(TWICE.format(when="刚刚", who="其他人员")) from None


def _take_over(item: PayoutItem, answer: Answered, by: Actor) -> None:
    item.settled_at = clock.now()
    item.bank_reference = answer.reference[:40]
    item.status = "paid" if answer.is_paid else "failed"
    if answer.is_paid:
        payment.paid(item.claim_id, by)
        return
    item.bank_words = answer.reason[:120]
    item.bounce_code = payment.bounced(item.claim_id, answer.reason, by).code


def _refuse_replay(batch: PayoutBatch, content: bytes) -> None:
    digest = hashlib.sha256(content).digest()
    query = select(BankFile).where(BankFile.digest == digest, BankFile.direction == "result")
    before = db.session.scalar(query.limit(1))
    if before:
        raise Conflict(TWICE.format(when=clock.shown(before.at), who=before.by_label))
    if batch.state == "settled":
        raise Conflict(SETTLED.format(when=clock.shown(batch.state_at)))
    if batch.state in ("prepared", "checked"):
        raise Conflict(TOO_EARLY)
    if batch.state != "exported":
        raise Conflict(who_was_first(batch))


def _failure(answer: Answered) -> Failure:
    return Failure(
        answer.sequence or 0,
        answer.payee_name,
        answer.payee_card,
        answer.amount_fen or 0,
        answer.reason,
        payment.plain_reason(answer.reason).words,
    )


def _sent(item: PayoutItem) -> Sent:
    name = canonical_name(item.payee_name or "")
    return Sent(item.sequence, name, item.payee_card or "", item.amount_fen)
