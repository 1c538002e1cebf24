"""What does a bank's result file say, row by row? Any encoding and width of digits, never a guess."""

from __future__ import annotations

import unicodedata

from core.errors import Refused
from core.identifiers import may_have_lost_digits, normalise_card
from core.money import yuan
from core.sheets import Cell, read_rows
from payout.rules import MOST_ITEMS, Answered
from payout.service.layouts import Layout

NOT_OURS = "文件里找不到列“{missing}”，请上传银行给的回盘文件"
TWO_COLUMNS = "文件里有两列都叫“{heading}”，不知道以哪一列为准，请上传银行给的原文件"
NO_ROWS = "文件里没有明细，请上传银行给的回盘文件"


def read_answers(content: bytes, shape: Layout) -> list[Answered]:
    """Every row of the file. Raises `Refused` when it is no result file of this bank."""
    rows = read_rows(content, field="file", max_rows=2 * MOST_ITEMS + 100)
    places = _places([_plain(cell) for cell in next(rows, [])], shape)
    found = []
    for line, row in enumerate(rows, 2):
        cells = {name: row[at] if at < len(row) else None for name, at in places.items()}
        if any(cell not in (None, "") for cell in row):
            found.append(_answer(line, cells, shape))
    if not found:
        raise Refused(NO_ROWS, "file")
    return found


def canonical_name(text: str) -> str:
    """A name as it is compared: a spreadsheet's guard before `=` is no part of it."""
    return unicodedata.normalize("NFC", text).strip().lstrip("'").strip()


def _places(header: list[str], shape: Layout) -> dict[str, int]:
    missing = [heading for heading in shape.result.values() if heading not in header]
    if missing:
        raise Refused(NOT_OURS.format(missing="”“".join(missing)), "file")
    for heading in shape.result.values():
        if header.count(heading) > 1:
            raise Refused(TWO_COLUMNS.format(heading=heading), "file")
    return {name: header.index(heading) for name, heading in shape.result.items()}


def _answer(line: int, cells: dict[str, Cell], shape: Layout) -> Answered:
    outcome, card = _plain(cells["outcome"]), _narrow(cells["payee_card"])
    return Answered(
        line=line,
        batch=_narrow(cells["batch"]),
        sequence=_number(_narrow(cells["sequence"])),
        payee_name=canonical_name(_plain(cells["payee_name"])),
        payee_card=normalise_card(card),
        amount_fen=_fen(_narrow(cells["amount"])),
        is_paid=True if outcome in shape.paid else False if outcome in shape.failed else None,
        reason=_plain(cells["reason"]),
        reference=_narrow(cells["reference"]),
        is_card_rounded=may_have_lost_digits(card) or isinstance(cells["payee_card"], float),
    )


def _plain(cell: Cell) -> str:
    """A cell as text, `1.0` from a spreadsheet as 1."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return unicodedata.normalize("NFC", "" if cell is None else str(cell)).strip()


def _narrow(cell: Cell) -> str:
    """Numbers as text: full-width digits become narrow, the guard that keeps text text is gone."""
    return unicodedata.normalize("NFKC", _plain(cell)).lstrip("'").strip()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _fen(text: str) -> int | None:
    try:
        return yuan(text)
    except ValueError:
        return None
