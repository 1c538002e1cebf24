"""What does the operator get back? The table they uploaded with two more columns, ready to be corrected."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from core import context
from core.db import db
from core.history import perform
from core.sheets import Cell, read_rows, write_xlsx
from roster import rules
from roster.models import RosterImport, RosterImportRow
from roster.rules import states
from roster.rules.columns import COLUMNS, REASON, RESULT, ROWS_BEFORE_HEADER, TITLES
from roster.service import keeping, telling

APPLIED = {states.NEW: "已新增", states.CHANGED: "已更新"}
NOT_IMPORTED = "未导入"
UNCHANGED = "没有变化"
MOVING = "已申请调入"
_TITLE_OF = {column.key: column.title for column in COLUMNS}


def finish(work: RosterImport) -> None:
    """Every row has its answer: write the result file and close the import."""
    file_id = keeping.keep(result_file(work), "roster_result")
    keeping.hold(work)
    perform(states.WORKFLOW, work, "finish", keeping.SYSTEM, result_file_id=file_id, lease_until=None)
    telling.imported(work)


def result_file(work: RosterImport) -> bytes:
    """The uploaded rows, in the template's columns, with 处理结果 and 原因; it can be uploaded again."""
    return write_xlsx([*TITLES, RESULT, REASON], _rows(work), title="导入结果", above=rules.instructions())


def template() -> bytes:
    """职工模板下载 (XM-31): 录入说明, the version mark and the headings."""
    return write_xlsx(TITLES, (), title="职工名册", above=rules.instructions())


def _rows(work: RosterImport) -> Iterator[list[Cell]]:
    said = _said(work)
    told = next(said, None)
    rows = read_rows(keeping.content_of(work.file_id), filename=work.file_name, field="file")
    top = list(itertools.islice(rows, ROWS_BEFORE_HEADER))
    layout = rules.find_layout(top)
    if isinstance(layout, rules.WrongTemplate):
        return
    for number, row in enumerate(itertools.chain(top[layout.header :], rows), layout.header + 1):
        if rules.is_blank(row):
            continue
        cells = [_typed(row[at]) if at is not None and at < len(row) else None for at in layout.places]
        if told and told.row_number == number:
            yield [*cells, result_of(told), reason_of(told)]
            told = next(said, None)
        else:
            yield [*cells, UNCHANGED, ""]


def _typed(cell: Cell) -> Cell:
    """Text as it was typed; a number the spreadsheet rounded is shown as what is left of it."""
    return str(cell) if isinstance(cell, int | float) else cell


def _said(work: RosterImport) -> Iterator[Any]:
    """Every staged row that stands in the file, in its order, some at a time."""
    table: Any = RosterImportRow.__table__
    wanted = (
        "id", "row_number", "verdict", "identity", "wants_move", "is_applied", "phone_shared", "findings_ct"
    )  # fmt: skip
    query = select(*(table.c[name] for name in wanted)).order_by(table.c.row_number)
    mine = query.where(table.c.import_id == work.id, table.c.row_number > 0)
    return iter(db.session.execute(mine, execution_options={"yield_per": 1000}))


def result_of(row: Any) -> str:
    """One word for what became of a staged row."""
    if row.verdict == states.MOVED and row.wants_move:
        return MOVING
    if row.verdict == states.UNCHANGED:
        return UNCHANGED
    refused = row.verdict not in APPLIED or row.identity in (states.MISMATCH, states.UNKNOWN)
    return NOT_IMPORTED if refused else APPLIED[row.verdict]


def reason_of(row: Any) -> str:
    """Everything there is to say about a staged row, by column."""
    words = [f"{_TITLE_OF[column]}：{text}" for column, text, _ in _findings(row)]
    if row.identity in (states.MISMATCH, states.UNKNOWN):
        words.append(states.IDENTITY_WORDS[row.identity])
    if row.verdict == states.LATE:
        words.append(states.CHANGED_MEANWHILE)
    if row.phone_shared:
        words.append(f"{_TITLE_OF['phone']}：{states.SHARED_PHONE.format(n=row.phone_shared)}")
    return "；".join(words)


def _findings(row: Any) -> list[list[Any]]:
    if row.findings_ct is None:
        return []
    place = f"roster_import_row.findings|{row.id}".encode()
    found: list[list[Any]] = json.loads(context.keyring().open(row.findings_ct, place))
    return found
