"""Which tables were uploaded, how far are they, and what does each row say? Within the asker's unions."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, select, text, true

from core import context, keyset
from core.db import db
from core.errors import Missing
from core.fields import mask_card, mask_id, mask_phone
from core.identifiers import ID_TYPES
from employee import queries as employees
from employee.service import bulk
from roster.models import OPEN, RosterImport, RosterImportRow
from roster.rules import states
from roster.rules.columns import COLUMNS
from roster.service import keeping
from roster.service.results import result_of

PAGE = 20
MOVES = 100  # each has a tick that must travel with the form
TITLES = {column.key: column.title for column in COLUMNS}
MASKS = {"id_number": mask_id, "phone": mask_phone, "insurance_card": mask_card}
LATER = "identity"  # a way of looking at new and changed rows: those the check has not confirmed

Places = Select[uuid.UUID] | None


class ImportLine(NamedTuple):
    """One row of 查看导入结果."""

    id: uuid.UUID
    file_name: str
    uploaded_at: Any
    who: str
    state: str
    label: str
    progress: str
    has_result: bool


class Said(NamedTuple):
    """What one row of a file would do, in the words of the page; numbers are masked."""

    number: int
    name: str
    id_type: str
    id_number: str
    phone: str
    verdict: str
    words: list[tuple[str, str, bool]]
    changes: list[tuple[str, str, str]]
    outcome: str
    identity: str
    employee_id: uuid.UUID | None
    wants_move: bool


def imports_of(union_id: uuid.UUID, *, before: str = "", after: str = "") -> keyset.Turn:
    """The union's imports, the newest first. Rows are `RosterImport`s' columns."""
    query: Any = select(
        RosterImport.id,
        RosterImport.file_name,
        RosterImport.uploaded_at,
        RosterImport.uploaded_by_label,
        RosterImport.state,
        RosterImport.rows_read,
        RosterImport.applied_count,
        RosterImport.new_count,
        RosterImport.changed_count,
        RosterImport.result_file_id,
    ).where(RosterImport.union_id == union_id)
    keys = (RosterImport.uploaded_at, RosterImport.id)
    found = keyset.turn(query, keys, PAGE, before=before, after=after, newest=True)
    ahead = _ahead() if any(row.state == states.UPLOADED for row in found.rows) else {}
    return found._replace(rows=[_line(row, ahead) for row in found.rows])


def finished_since(moment: Any, places: Places) -> ScalarSelect[int]:
    """How many imports of these unions came to an end: a count for another query's columns."""
    is_over = and_(RosterImport.state.in_((states.DONE, states.REFUSED)), RosterImport.state_at >= moment)
    return select(func.count()).select_from(RosterImport).where(is_over, _within(places)).scalar_subquery()


def _within(places: Places) -> ColumnElement[bool]:
    return true() if places is None else RosterImport.union_id.in_(places)


def find_import(import_id: uuid.UUID, places: Places) -> RosterImport:
    """The import, if its union is within `places`. Raises `Missing`: absent and hidden look alike."""
    query = select(RosterImport).where(RosterImport.id == import_id)
    if places is not None:
        query = query.where(RosterImport.union_id.in_(places))
    row = db.session.scalar(query)
    if row is None:
        raise Missing
    return row


def open_import(union_id: uuid.UUID) -> RosterImport | None:
    """The union's import that is not finished."""
    return db.session.scalar(select(RosterImport).where(RosterImport.union_id == union_id, text(OPEN)))


def progress_of(work: Any, ahead: int = 0) -> str:
    """How far an import is, in words."""
    if work.state == states.UPLOADED:
        return f"前面还有 {ahead} 份名册" if ahead else "马上开始核对"
    if work.state == states.READING:
        return f"已核对 {work.rows_read:,} 行"
    if work.state == states.APPLYING:
        return f"已写入 {work.applied_count:,} 人，共 {work.new_count + work.changed_count:,} 人"
    return ""


def position(work: RosterImport) -> int:
    return keeping.position(work)


def rows_of(work: RosterImport, kind: str, *, before: str = "", after: str = "") -> keyset.Turn:
    """The rows of one kind in the order of the file. Rows are `Said`."""
    query = _staged(work.id)
    query = query.where(_is_late() if kind == LATER else RosterImportRow.verdict.in_(_verdicts(kind)))
    newest = kind == states.MISSING  # they count downwards from zero
    size = MOVES if kind == states.MOVED else PAGE
    keys = (RosterImportRow.row_number,)
    found = keyset.turn(query, keys, size, before=before, after=after, newest=newest)
    if kind == states.MISSING:
        return found._replace(rows=_people(found.rows))
    held = _held(found.rows) if work.state == states.PREVIEW else {}
    return found._replace(rows=[_said(row, held) for row in found.rows])


def late_count(work: RosterImport) -> dict[str, int]:
    """How many rows wait for the identity check, and how many it did not confirm."""
    rows = db.session.execute(
        select(RosterImportRow.identity, func.count())
        .where(RosterImportRow.import_id == work.id, _is_late())
        .group_by(RosterImportRow.identity)
    )
    return {row[0]: row[1] for row in rows}


def moved_numbers(work: RosterImport) -> list[int]:
    """The numbers of all rows whose people are on another union's roster."""
    is_moved = and_(RosterImportRow.import_id == work.id, RosterImportRow.verdict == states.MOVED)
    return list(db.session.scalars(select(RosterImportRow.row_number).where(is_moved)))


def _staged(import_id: uuid.UUID) -> Select[Any]:
    table: Any = RosterImportRow.__table__
    return select(*[column for column in table.c if column.name != "import_id"]).where(
        RosterImportRow.import_id == import_id
    )


def _verdicts(kind: str) -> tuple[str, ...]:
    return (states.WRONG, states.LATE) if kind == states.WRONG else (kind,)


def _is_late() -> Any:
    """Rows the identity check has something to say about."""
    asked = (states.WAITING, states.MISMATCH, states.UNKNOWN)
    writes = RosterImportRow.verdict.in_((states.NEW, states.CHANGED))
    return and_(writes, RosterImportRow.identity.in_(asked))


def _ahead() -> dict[uuid.UUID, int]:
    """How many imports each waiting one has before it. One statement."""
    query = select(RosterImport.id).where(RosterImport.state.in_(keeping.WORKED_ON))
    rows = db.session.scalars(query.order_by(RosterImport.uploaded_at, RosterImport.id))
    return {one: n for n, one in enumerate(rows)}


def _line(row: Any, ahead: dict[uuid.UUID, int]) -> ImportLine:
    return ImportLine(
        row.id,
        row.file_name,
        row.uploaded_at,
        row.uploaded_by_label,
        row.state,
        states.LABELS[row.state],
        progress_of(row, ahead.get(row.id, 0)),
        row.result_file_id is not None,
    )


def _held(rows: Iterable[Any]) -> dict[uuid.UUID, bulk.OnFile]:
    """What the roster holds now of the people who would change. One statement."""
    indexes = [bytes(row.id_number_bi) for row in rows if row.verdict == states.CHANGED and row.id_number_bi]
    return {one.id: one for one in bulk.on_file(indexes).values()}


def _said(row: Any, held: dict[uuid.UUID, bulk.OnFile]) -> Said:
    writes = row.verdict in (states.NEW, states.CHANGED, states.LATE)
    owner = row.employee_id if writes and row.employee_id else row.id
    values = bulk.opened(owner, row)
    there = held.get(row.employee_id) if row.employee_id else None
    return Said(
        row.row_number,
        values["name"],
        ID_TYPES.get(values["id_type"], ""),
        mask_id(values["id_number"]),
        mask_phone(values["phone"]),
        row.verdict,
        _words(row),
        _changes(row, values, there),
        result_of(row),
        states.IDENTITY_WORDS.get(row.identity, ""),
        row.employee_id,
        row.wants_move,
    )


def _words(row: Any) -> list[tuple[str, str, bool]]:
    """(heading, words, is it why the row is not imported)"""
    if row.verdict == states.LATE:
        return [("", states.CHANGED_MEANWHILE, True)]
    if row.findings_ct is None:
        return []
    place = f"roster_import_row.findings|{row.id}".encode()
    found = json.loads(context.keyring().open(row.findings_ct, place))
    return [(TITLES[column], words, is_refusal) for column, words, is_refusal in found]


def _changes(row: Any, values: dict[str, Any], there: bulk.OnFile | None) -> list[tuple[str, str, str]]:
    """(heading, what is on file, what the file says), for the columns that differ."""
    return [
        (TITLES[key], _shown(key, there.values.get(key)) if there else "", _shown(key, values.get(key)))
        for key in row.changed.split(",")
        if key
    ]


def _shown(key: str, value: Any) -> str:
    if not value:
        return "（空）"
    if key == "id_type":
        return ID_TYPES.get(value, str(value))
    return MASKS[key](str(value)) if key in MASKS else str(value)


def _people(rows: Iterable[Any]) -> list[Said]:
    """People on the roster whom the file does not name."""
    known = {one.id: one for one in employees.people([row.employee_id for row in rows], None)}
    return [
        Said(0, one.name, ID_TYPES[one.id_type], mask_id(one.id_number), mask_phone(one.phone),
             states.MISSING, [], [], "", "", one.id, False)
        for row in rows
        if (one := known.get(row.employee_id))
    ]  # fmt: skip
