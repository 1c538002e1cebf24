"""How do many invoices come in at once? By the numbers in the files' names, or by a table beside them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import IO, NamedTuple

from sqlalchemy import select

from core import context
from core.access import Actor
from core.days import parse_day
from core.db import db, transaction
from core.errors import Refused
from core.money import yuan
from core.sheets import Cell, read_rows
from enrolment.models import Enrolment
from enrolment.rules import paying as rules
from enrolment.service import invoices
from enrolment.service.invoices import Given

MOST_FILES = 100
MOST_LINES = 2000
TOO_MANY = f"一次最多上传 {MOST_FILES} 个文件，请分几次上传"
NO_COLUMNS = "表格里没有“申报编号”和“发票号码”这两列，请照着页面上写的列名填写"
NOT_IN_TABLE = "表格里没有申报编号 {number}，请核对"
NO_INVOICE = "文件名和表格里都没有发票号码，请补上"
COLUMNS = {
    "enrolment": ("申报编号",),
    "invoice": ("发票号码",),
    "on": ("开票日期",),
    "amount": ("金额", "价税合计", "发票金额"),
    "buyer": ("购买方名称", "购方名称", "单位名称", "参保工会"),
}


class Row(NamedTuple):
    """One line of the table; empty where the table says nothing."""

    invoice: str
    on: str
    amount: str
    buyer: str


class Done(NamedTuple):
    """What became of one file or line, in words."""

    name: str
    is_done: bool
    text: str


def read_table(content: bytes) -> dict[str, Row]:
    """Enrolment number → its line. Raises `Refused`."""
    rows = read_rows(content, field="table", max_rows=MOST_LINES)
    heads = [re.sub(r"[\s（(*].*", "", _text(cell)) for cell in next(rows, [])]
    places = {name: _first(heads, words) for name, words in COLUMNS.items()}
    if min(places["enrolment"], places["invoice"]) < 0:
        raise Refused(NO_COLUMNS, "table")
    found = {}
    for row in rows:
        said = {name: _text(row[at]) if 0 <= at < len(row) else "" for name, at in places.items()}
        if number := said.pop("enrolment").upper():
            found[number] = Row(**said)
    return found


def _first(heads: Sequence[str], words: Sequence[str]) -> int:
    return next((heads.index(word) for word in words if word in heads), -1)


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return unicodedata.normalize("NFKC", str(cell)).strip() if cell is not None else ""


def take_all(
    files: Sequence[tuple[str, IO[bytes]]], table: Mapping[str, Row], issued_on: dt.date, by: Actor
) -> list[Done]:
    """Each file, and each line of the table that no file stands for, in a transaction of its own."""
    prefix = context.scheme().prefixes["enrolment"]
    by_invoice = {row.invoice: number for number, row in table.items()}
    done, seen = [], set[str]()
    for name, stream in files:
        number, invoice = rules.named_in(name, prefix)
        number = number or by_invoice.get(invoice, "")
        seen.add(number)
        done.append(_one(name, number, invoice, table.get(number), stream, issued_on, by))
    for number, row in table.items():
        if number not in seen:
            done.append(_one(number, number, row.invoice, row, None, issued_on, by))
    return done


def _one(
    name: str,
    number: str,
    invoice: str,
    row: Row | None,
    stream: IO[bytes] | None,
    issued_on: dt.date,
    by: Actor,
) -> Done:
    shown = name[:80]
    try:
        with transaction():
            text = _record(number, invoice, row, stream, issued_on, by)
    except Refused as refusal:
        return Done(shown, False, refusal.text)
    return Done(shown, True, text)


def _record(
    number: str, invoice: str, row: Row | None, stream: IO[bytes] | None, issued_on: dt.date, by: Actor
) -> str:
    if not number:
        raise Refused(rules.NO_NUMBER.format(number="CBFW2026110001", invoice="12345678"))
    enrolment = db.session.scalar(select(Enrolment).where(Enrolment.number == number))
    if enrolment is None:
        raise Refused(rules.NO_SUCH.format(number=number))
    given = _given(enrolment, invoice, row, issued_on)
    live = invoices.invoice_of(enrolment.id)
    paper = invoices.take(stream) if stream else None
    if live and paper and live.number == given.number and live.file_id is None:
        invoices.attach(live, paper, by)
        return f"{number} 的发票 {given.number} 补上了文件"
    invoices.record(enrolment, given, paper, by)
    return f"{number} {enrolment.union_name}，发票 {given.number}"


def _given(enrolment: Enrolment, invoice: str, row: Row | None, issued_on: dt.date) -> Given:
    """What the table says, else what the name says and what was paid."""
    number = invoice or (row.invoice if row else "")
    if not number:
        raise Refused(NO_INVOICE)
    if row and row.invoice and invoice and row.invoice != invoice:
        raise Refused(f"文件名里的发票号码 {invoice} 与表格里的 {row.invoice} 不同，请核对")
    paid_fen = enrolment.fee_paid_fen or enrolment.fee_due_fen or 0
    if row is None:
        return Given(number, issued_on, paid_fen)
    on = parse_day(row.on) if row.on else issued_on
    if on is None:
        raise Refused("开票日期看不懂，请写成 2026-11-29 这样")
    try:
        amount_fen = yuan(row.amount) if row.amount else paid_fen
    except ValueError as wrong:
        raise Refused(str(wrong)) from None
    return Given(number, on, amount_fen, row.buyer)
