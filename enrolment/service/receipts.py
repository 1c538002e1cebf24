"""Which money came in, and for whom? Transfers by hand or from the bank's statement, and their shares."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from core import audit, clock, context
from core.access import Actor
from core.days import parse_day
from core.db import db, new_ids, one_at_a_time
from core.errors import Missing, Refused
from core.money import shown_yuan, yuan
from core.sheets import Cell, read_rows
from enrolment.models import BankReceipt, Enrolment, ReceiptShare
from enrolment.rules import AWAITING_VOUCHER, CONFIRMING
from enrolment.rules import paying as rules

MOST_ROWS = 20_000
HEADS_WITHIN = 15
KNOWN = "这笔到账（流水号 {reference}）已由 {who} 于 {when} 登记过，没有重复登记"
OTHERWISE = "流水号 {reference} 以前登记过，但日期或金额不同，请核对"
NO_COLUMNS = "表格里没有这些列：{columns}。请用网银导出的原文件，或照着页面上写的列名填写。"
TWICE_IN_FILE = "流水号 {reference} 在表格里出现了不止一次，而且金额不同，请核对"
COLUMNS: dict[str, tuple[str, ...]] = {
    "on": ("到账日期", "交易日期", "入账日期", "记账日期", "日期", "交易时间"),
    "amount": ("金额", "到账金额", "收入金额", "贷方金额", "贷方发生额", "收入", "交易金额"),
    "payer": ("付款户名", "对方户名", "付款人", "付款单位", "对方名称", "户名"),
    "memo": ("附言", "摘要", "用途", "备注", "交易附言"),
    "reference": ("流水号", "交易流水号", "银行流水号", "流水", "凭证号", "业务编号"),
}
NEEDED = {"on": "到账日期", "amount": "金额", "payer": "付款户名", "reference": "流水号"}
_TABLE: Any = BankReceipt.__table__


class Transfer(NamedTuple):
    """One transfer as the bank shows it."""

    reference: str
    on: dt.date
    amount_fen: int
    payer: str
    memo: str


@dataclass
class Statement:
    """What was read: `problems` are lines of words; with any of them nothing is taken in."""

    transfers: list[Transfer] = field(default_factory=list)
    skipped: int = 0  # money that went out, or lines without a sum
    problems: list[str] = field(default_factory=list)


class Taken(NamedTuple):
    """How many transfers are new, and how many were there already."""

    new: int
    known: int


def enter(transfer: Transfer, by: Actor) -> None:
    """One transfer by hand. Raises `Refused` when the bank's reference is known."""
    if _write([transfer], by):
        return
    row = db.session.scalars(select(BankReceipt).where(BankReceipt.reference == transfer.reference)).one()
    words = KNOWN.format(reference=row.reference, who=row.entered_by_label, when=clock.shown(row.entered_at))
    raise Refused(words, "reference")


def take_in(statement: Statement, by: Actor) -> Taken:
    """Everything of a statement that is not there yet: the same file twice changes nothing."""
    new = _write(statement.transfers, by)
    audit.record("receipt.import", "receipt", None, by, count=new)
    return Taken(new, len(statement.transfers) - new)


def _write(transfers: Sequence[Transfer], by: Actor) -> int:
    """How many were new."""
    if not transfers:
        return 0
    ring, prefix, now = context.keyring(), context.scheme().prefixes["enrolment"], clock.now()
    payer, memo = BankReceipt.payer.place, BankReceipt.memo.place  # type: ignore[union-attr]
    rows = [
        {
            "id": row_id,
            "reference": one.reference,
            "received_on": one.on,
            "amount_fen": one.amount_fen,
            "shared_fen": 0,
            "payer_ct": ring.seal(one.payer.encode(), f"{payer}|{row_id}".encode()),
            "payer_bi": ring.blind(payer, rules.plain_name(one.payer)),
            "memo_ct": ring.seal(one.memo.encode(), f"{memo}|{row_id}".encode()),
            "named": rules.numbers_in(one.memo, prefix),
            "entered_by_id": by.id,
            "entered_by_label": by.label,
            "entered_at": now,
        }
        for row_id, one in zip(new_ids(len(transfers)), transfers, strict=True)
    ]
    new = 0
    for start in range(0, len(rows), 1000):
        written = insert(_TABLE).values(rows[start : start + 1000])
        once = written.on_conflict_do_nothing(index_elements=["reference"])
        new += len(db.session.execute(once.returning(_TABLE.c.id)).all())
    return new


# --- the bank's statement -----------------------------------------------------------------------------------


def read_statement(content: bytes, file_name: str = "") -> Statement:
    """The transfers of a csv or xlsx file. Raises `Refused` for a file that is no table."""
    rows = enumerate(read_rows(content, filename=file_name, field="file", max_rows=MOST_ROWS), 1)
    places = _places(rows)
    found, seen = Statement(), dict[str, Transfer]()
    for number, row in rows:
        said = _transfer(row, places)
        if isinstance(said, str):
            found.problems.append(f"第 {number} 行：{said}")
        elif said is None:
            found.skipped += 1
        elif said.reference not in seen:
            seen[said.reference] = said
            found.transfers.append(said)
        elif seen[said.reference] != said:
            found.problems.append(f"第 {number} 行：{TWICE_IN_FILE.format(reference=said.reference)}")
    found.problems += _otherwise(found.transfers)
    return found


def _places(rows: Iterator[tuple[int, list[Cell]]]) -> dict[str, int]:
    """Where each column stands: banks print a few lines about the account above the heads."""
    missing: list[str] = list(NEEDED.values())
    for number, row in rows:
        heads = [re.sub(r"[\s（(].*", "", _text(cell)) for cell in row]
        places = {name: at for name, words in COLUMNS.items() for at in [_first(heads, words)] if at >= 0}
        lacking = [label for name, label in NEEDED.items() if name not in places]
        if not lacking:
            return places
        missing = min(missing, lacking, key=len)
        if number >= HEADS_WITHIN:
            break
    raise Refused(NO_COLUMNS.format(columns="、".join(missing)), "file")


def _first(heads: Sequence[str], words: Sequence[str]) -> int:
    return next((heads.index(word) for word in words if word in heads), -1)


def _transfer(row: list[Cell], places: dict[str, int]) -> Transfer | str | None:
    """None for a line that is no money coming in; words for one that cannot be read."""
    cells = {name: row[at] if at < len(row) else None for name, at in places.items()}
    if not str(cells["amount"] or "").strip():
        return None
    if str(cells["amount"]).strip().startswith("-"):
        return None
    amount = _fen(cells["amount"])
    if amount == 0:
        return None
    reference = _text(cells["reference"])
    on = _day(cells["on"])
    if amount is None:
        return "金额看不懂，请核对"
    if not reference or len(reference) > 64:
        return "没有流水号，请核对（每笔到账要有银行的流水号）"
    if on is None:
        return "到账日期看不懂，请写成 2026-11-29 这样"
    return Transfer(reference, on, amount, _text(cells.get("payer"))[:100], _text(cells.get("memo"))[:200])


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return re.sub(r"\s+", " ", str(cell)).strip() if cell is not None else ""


def _fen(cell: Cell) -> int | None:
    try:
        return yuan(f"{cell:.2f}" if isinstance(cell, float) else str(cell))
    except ValueError:
        return None


def _day(cell: Cell) -> dt.date | None:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    text = _text(cell).split(" ")[0]
    found = parse_day(text)
    return found if found and dt.date(2000, 1, 1) <= found <= clock.today() else None


def _otherwise(transfers: Sequence[Transfer]) -> list[str]:
    """Transfers that are known with another day or sum: somebody mistyped, or two banks count alike."""
    by_reference = {one.reference: one for one in transfers}
    query = select(BankReceipt.reference, BankReceipt.received_on, BankReceipt.amount_fen)
    rows = db.session.execute(query.where(BankReceipt.reference.in_(by_reference)))
    return [
        OTHERWISE.format(reference=reference)
        for reference, on, amount_fen in rows
        if (by_reference[reference].on, by_reference[reference].amount_fen) != (on, amount_fen)
    ]


# --- whose money it is --------------------------------------------------------------------------------------


def shares_of(enrolment_id: uuid.UUID) -> list[tuple[ReceiptShare, BankReceipt]]:
    query = select(ReceiptShare, BankReceipt).join(BankReceipt, BankReceipt.id == ReceiptShare.receipt_id)
    found = query.where(ReceiptShare.enrolment_id == enrolment_id)
    return [
        (row[0], row[1])
        for row in db.session.execute(found.order_by(BankReceipt.received_on, ReceiptShare.id))
    ]


def paid_fen(enrolment_id: uuid.UUID) -> int:
    """What arrived for this enrolment."""
    return sum(share.amount_fen for share, _ in shares_of(enrolment_id))


def share(enrolment: Enrolment, receipt_id: uuid.UUID, amount_fen: int, by: Actor) -> None:
    """So much of a transfer is for this enrolment; a second share of the same transfer replaces the first."""
    _still_open(enrolment)
    if amount_fen <= 0:
        raise Refused("请填写分给这份申请的金额", "amount")
    take_back(enrolment, receipt_id, by, is_quiet=True)
    given = (
        update(_TABLE)
        .where(_TABLE.c.id == receipt_id, _TABLE.c.shared_fen + amount_fen <= _TABLE.c.amount_fen)
        .values(shared_fen=_TABLE.c.shared_fen + amount_fen)
    )
    if db.session.execute(given).rowcount != 1:  # type: ignore[attr-defined]
        row = db.session.execute(
            select(_TABLE.c.amount_fen - _TABLE.c.shared_fen).where(_TABLE.c.id == receipt_id)
        ).scalar()
        if row is None:
            raise Missing
        raise Refused(rules.NO_ROOM.format(left=shown_yuan(row)), "amount")
    db.session.add(
        ReceiptShare(
            receipt_id=receipt_id,
            enrolment_id=enrolment.id,
            amount_fen=amount_fen,
            by_id=by.id,
            by_label=by.label,
        )
    )
    db.session.flush()
    audit.record("receipt.share", "enrolment", enrolment.id, by)


def take_back(enrolment: Enrolment, receipt_id: uuid.UUID, by: Actor, *, is_quiet: bool = False) -> None:
    """This transfer was not for this enrolment."""
    _still_open(enrolment)
    query = select(ReceiptShare).where(
        ReceiptShare.receipt_id == receipt_id, ReceiptShare.enrolment_id == enrolment.id
    )
    row = db.session.scalar(query)
    if row is None:
        return
    less = update(_TABLE).where(_TABLE.c.id == receipt_id)
    db.session.execute(less.values(shared_fen=_TABLE.c.shared_fen - row.amount_fen))
    db.session.delete(row)
    db.session.flush()
    if not is_quiet:
        audit.record("receipt.take_back", "enrolment", enrolment.id, by)


def _still_open(enrolment: Enrolment) -> None:
    one_at_a_time(enrolment.id)
    db.session.refresh(enrolment)
    if enrolment.state not in (AWAITING_VOUCHER, CONFIRMING):
        raise Refused(rules.TOO_LATE_TO_SHARE)


__all__ = ["Statement", "Taken", "Transfer", "enter", "paid_fen", "read_statement"]
__all__ += ["share", "shares_of", "take_back", "take_in"]
