"""What did the bank answer, and does it fit? First a preview that changes nothing, then all of it or none."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from claims.service import payment
from core import clock, context
from core.access import Actor
from core.db import db
from core.errors import Conflict, Refused
from core.history import perform
from core.identifiers import normalise_card
from core.money import yuan
from core.sheets import read_rows
from payout.models import BankFile, PayoutBatch, PayoutItem
from payout.rules import WORKFLOW, Answered, Sent, misfits
from payout.service.batches import items_of
from payout.service.layouts import Layout, layout

TWICE = "这份回盘文件已经导入过（{when}，{who}），没有重复处理"
MOST_SHOWN = 50


@dataclass(frozen=True)
class Preview:
    """What the file would do: `problems` names every row that does not fit."""

    answers: tuple[Answered, ...]
    problems: tuple[str, ...]
    paid_count: int
    paid_fen: int
    failed_count: int
    failed_fen: int

    @property
    def fits(self) -> bool:
        return not self.problems


def preview(batch: PayoutBatch, content: bytes, filename: str) -> Preview:
    """Read the bank's file against the batch. Raises `Refused`, `Conflict` (taken before)."""
    _refuse_replay(content)
    shape = layout(context.scheme().bank_layout)
    answers = _answers(content, filename, shape)
    sent = {item.sequence: _sent(item) for item in items_of(batch)}
    problems = misfits(batch.number, sent, answers)
    paid = [a for a in answers if a.is_paid]
    failed = [a for a in answers if a.is_paid is False]
    return Preview(
        tuple(answers),
        tuple(problems),
        len(paid),
        sum(a.amount_fen or 0 for a in paid),
        len(failed),
        sum(a.amount_fen or 0 for a in failed),
    )


def settle(batch: PayoutBatch, content: bytes, filename: str, by: Actor, seen: int) -> Preview:
    """Take the bank's answers over, all or none; each claim is paid or bounced and its person told."""
    found = preview(batch, content, filename)
    if not found.fits:
        raise Refused("回盘文件与批次不符，没有处理任何一笔：" + "；".join(found.problems[:3]), "file")
    perform(WORKFLOW, batch, "settle", by, seen=seen, settled_at=clock.now())
    digest = hashlib.sha256(content).digest()
    db.session.add(
        BankFile(
            batch_id=batch.id, direction="result", format=filename[-4:].lstrip("."), digest=digest,
            by_id=by.id, by_label=by.label,
        )
    )  # fmt: skip
    try:
        db.session.flush()
    except IntegrityError:
        raise Conflict(TWICE.format(when="刚刚", who="其他人员")) from None
    items = {item.sequence: item for item in items_of(batch)}
    for answer in found.answers:
        _take_over(items[answer.sequence or 0], answer, by)
    return found


def _take_over(item: PayoutItem, answer: Answered, by: Actor) -> None:
    item.settled_at = clock.now()
    item.bank_reference = answer.reference[:40]
    item.status = "paid" if answer.is_paid else "failed"
    if answer.is_paid:
        payment.paid(item.claim_id, by)
        return
    item.bank_words = answer.reason[:120]
    item.bounce_code = payment.bounce_for(answer.reason).code
    payment.bounced(item.claim_id, answer.reason, by)


def _refuse_replay(content: bytes) -> None:
    digest = hashlib.sha256(content).digest()
    before = db.session.scalar(
        select(BankFile).where(BankFile.digest == digest, BankFile.direction == "result").limit(1)
    )
    if before:
        raise Conflict(TWICE.format(when=clock.shown(before.at), who=before.by_label))


def _answers(content: bytes, filename: str, shape: Layout) -> list[Answered]:
    rows = read_rows(content, filename=filename)
    header = [_plain(cell) for cell in next(rows, [])]
    missing = [heading for heading in shape.result.values() if heading not in header]
    if missing:
        raise Refused(f"文件里找不到列“{'”“'.join(missing)}”，请上传银行给的回盘文件", "file")
    places = {name: header.index(heading) for name, heading in shape.result.items()}
    found = []
    for line, row in enumerate(rows, 2):
        cells = {name: _plain(row[at]) if at < len(row) else "" for name, at in places.items()}
        if any(cells.values()):
            found.append(_answer(line, cells, shape))
    if not found:
        raise Refused("文件里没有明细，请上传银行给的回盘文件", "file")
    return found


def _answer(line: int, cells: dict[str, str], shape: Layout) -> Answered:
    outcome = cells["outcome"]
    return Answered(
        line=line,
        batch=cells["batch"],
        sequence=int(cells["sequence"]) if cells["sequence"].isdigit() else None,
        payee_name=cells["payee_name"],
        payee_card=normalise_card(cells["payee_card"]),
        amount_fen=_fen(cells["amount"]),
        is_paid=True if outcome in shape.paid else False if outcome in shape.failed else None,
        reason=cells["reason"],
        reference=cells["reference"],
    )


def _plain(cell: object) -> str:
    """A cell as text: full-width digits narrow, `1.0` from a spreadsheet as 1, the formula guard gone."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = unicodedata.normalize("NFC", "" if cell is None else str(cell)).strip()
    return text.lstrip("'\t").strip()


def _fen(text: str) -> int | None:
    try:
        return yuan(text)
    except ValueError:
        return None


def _sent(item: PayoutItem) -> Sent:
    return Sent(item.sequence, item.payee_name or "", item.payee_card or "", item.amount_fen)
