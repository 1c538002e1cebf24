"""What does an uploaded table say about whom? Read in lots, diagnosed, compared with the roster, staged.

Nothing is written to the roster here. A worker that dies in the middle starts over: the staged rows of the
import are thrown away first.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select

from core import clock, context
from core.db import db, transaction
from core.errors import Refused
from core.history import perform
from core.names import comparison_key
from core.sheets import Cell, read_rows
from employee.service import bulk, identity
from roster import rules
from roster.models import RosterImport, RosterImportRow
from roster.rules import states
from roster.rules.columns import KEYS, ROWS_BEFORE_HEADER
from roster.rules.diagnosis import Finding, Person
from roster.service import keeping
from union import queries as unions

LOT = 5000
MOST_ROWS = 200_000
MOST_NAMED = 1000
_COLUMNS = (
    "id",
    "import_id",
    "row_number",
    "verdict",
    "findings_ct",
    "changed",
    "employee_id",
    "seen_xmin",
    "identity",
    "identity_bi",
    "ask_at",
    "id_type",
    "sex",
    "insurance_type",
    "hired_on",
    "name_ct",
    "id_number_ct",
    "phone_ct",
    "born_on_ct",
    "insurance_card_ct",
    "note_ct",
    "id_number_bi",
    "phone_bi",
)
_COPY = f"COPY roster_import_row ({', '.join(_COLUMNS)}, is_applied, wants_move, tries) FROM STDIN"  # noqa: S608
_FINDINGS = b"roster_import_row.findings|"
# What the identity check vouches for; a new phone or note needs no question to anybody.
_VOUCHED = frozenset({"name", "id_type", "id_number"})


@dataclass
class Reading:
    """What one pass over a table keeps in mind between its lots."""

    import_id: uuid.UUID
    union_id: uuid.UUID
    layout: rules.Layout
    asks_identity: bool
    counts: Counter[str] = field(default_factory=Counter)
    first_row: dict[bytes, int] = field(default_factory=dict)
    phones: Counter[bytes] = field(default_factory=Counter)
    rows_read: int = 0


@dataclass(slots=True)
class Row:
    """One row on its way: what it says, what is said of it, what it would do."""

    number: int
    person: Person
    findings: list[Finding]
    index: bytes = b""
    verdict: str = ""
    changed: str = ""
    on_file: bulk.OnFile | None = None

    @property
    def is_wrong(self) -> bool:
        return any(finding.is_refusal for finding in self.findings)


def read_in(work: RosterImport) -> None:
    """Stage every row of an import and show what it would do; a wrong template refuses the whole file."""
    with transaction():
        db.session.execute(delete(RosterImportRow).where(RosterImportRow.import_id == work.id))
        if work.state == states.UPLOADED:
            perform(states.WORKFLOW, work, "read", keeping.SYSTEM)
    try:
        reading, rows = _opened(work)
        for lot in _lots(rows, reading.layout.header):
            with transaction():
                _stage(reading, lot)
                keeping.go_on(work, rows_read=reading.rows_read)
    except Refused as refusal:
        with transaction():
            words = refusal.text[:400]
            perform(states.WORKFLOW, work, "refuse", keeping.SYSTEM, note=words, problem=words)
        return
    with transaction():
        _finish(work, reading)


def _opened(work: RosterImport) -> tuple[Reading, Iterator[list[Cell]]]:
    content = keeping.content_of(work.file_id)
    rows = read_rows(content, filename=work.file_name, field="file", max_rows=MOST_ROWS)
    top = list(itertools.islice(rows, ROWS_BEFORE_HEADER))
    layout = rules.find_layout(top)
    if isinstance(layout, rules.WrongTemplate):
        raise Refused(layout.words, "file")
    reading = Reading(work.id, work.union_id, layout, identity.is_asked())
    return reading, itertools.chain(top[layout.header :], rows)


def _lots(rows: Iterable[list[Cell]], header: int) -> Iterator[list[tuple[int, list[Cell]]]]:
    """The rows below the headings with their numbers in the sheet, blank ones left out."""
    numbered = ((number, row) for number, row in enumerate(rows, header + 1) if not rules.is_blank(row))
    while lot := list(itertools.islice(numbered, LOT)):
        yield lot


def _stage(reading: Reading, lot: Sequence[tuple[int, list[Cell]]]) -> None:
    today = clock.today()
    rows = [Row(number, *rules.read_row(cells, reading.layout, today)) for number, cells in lot]
    for row in rows:
        _note_twins(reading, row)
    known = bulk.on_file(row.index for row in rows if not row.is_wrong)
    for row in rows:
        row.on_file = known.get(row.index)
        if not row.is_wrong:
            _compare(reading, row)
    _name_other_unions(reading, rows)
    for row in rows:
        row.verdict = states.WRONG if row.is_wrong else row.verdict
        reading.counts[row.verdict] += 1
    reading.rows_read += len(rows)
    _copy(reading, [row for row in rows if row.verdict != states.UNCHANGED or row.findings])


def _note_twins(reading: Reading, row: Row) -> None:
    if row.person.id_number and not row.is_wrong:
        row.index = bulk.number_index(row.person.id_number)
        first = reading.first_row.setdefault(row.index, row.number)
        if first != row.number:
            row.findings.append(Finding("id_number", states.TWICE_IN_FILE.format(row=first)))


def _compare(reading: Reading, row: Row) -> None:
    """New, changed, unchanged, or on another union's roster."""
    there = row.on_file
    if there is None:
        row.verdict = states.NEW
    elif there.is_active and there.union_id != reading.union_id:
        row.verdict = states.MOVED
    else:
        _merge(row, there)
        is_back = not there.is_active or there.union_id != reading.union_id
        row.verdict = states.CHANGED if row.changed or is_back else states.UNCHANGED


def _merge(row: Row, there: bulk.OnFile) -> None:
    """A blank cell keeps what is on file: an import adds and corrects, it never erases."""
    merged, changed = {}, []
    for key, typed in row.person._asdict().items():
        held = there.values.get(key) or ("" if key not in ("born_on", "hired_on") else None)
        same = comparison_key(typed) == comparison_key(held) if key == "name" and held else typed == held
        merged[key] = held if same or typed in ("", None) else typed
        if merged[key] != held:
            changed.append(key)
    row.person, row.changed = Person(**merged), ",".join(changed)


def _name_other_unions(reading: Reading, rows: list[Row]) -> None:
    """Say which union somebody is in, but only to who knows their name as well."""
    moved = [row for row in rows if row.verdict == states.MOVED and row.on_file]
    names = unions.names_of(row.on_file.union_id for row in moved if row.on_file)
    for row in moved:
        there = row.on_file
        if there and comparison_key(there.values["name"]) == comparison_key(row.person.name):
            words = states.ELSEWHERE.format(union=names.get(there.union_id, "别的工会"))
            row.findings.append(Finding("id_number", words, is_refusal=False))
        else:
            row.findings.append(Finding("id_number", states.OTHER_NAME_ELSEWHERE))


def _copy(reading: Reading, rows: list[Row]) -> None:
    if not rows:
        return
    connection = db.session.connection().connection.driver_connection
    ids, fresh = bulk.new_ids(len(rows)), iter(bulk.new_ids(sum(row.verdict == states.NEW for row in rows)))
    with connection.cursor().copy(_COPY) as out:  # type: ignore[union-attr]
        for row_id, row in zip(ids, rows, strict=True):
            employee_id = next(fresh) if row.verdict == states.NEW else (row.on_file and row.on_file.id)
            out.write_row((*_columns(reading, row_id, row, employee_id), False, False, 0))


def _columns(reading: Reading, row_id: uuid.UUID, row: Row, employee_id: uuid.UUID | None) -> list[Any]:
    person = row.person
    writes = row.verdict in (states.NEW, states.CHANGED)
    asks = reading.asks_identity and writes and (row.verdict == states.NEW or _is_vouched_again(row))
    # A row that is only shown is sealed under its own id: there is nobody it belongs to.
    ready = bulk.sealed(employee_id if writes and employee_id else row_id, person._asdict())
    return [
        row_id,
        reading.import_id,
        row.number,
        row.verdict,
        _sealed_findings(row_id, row.findings),
        row.changed,
        employee_id,
        row.on_file.seen if row.on_file else None,
        states.WAITING if asks else states.NOT_NEEDED,
        identity.key_of(person.id_type, person.id_number, person.name) if asks else None,
        clock.now() if asks else None,
        person.id_type,
        person.sex,
        person.insurance_type[:40],
        person.hired_on,
        *(ready.get(name) for name in _COLUMNS[15:]),
    ]


def _is_vouched_again(row: Row) -> bool:
    return bool(_VOUCHED & set(row.changed.split(",")))


def _sealed_findings(row_id: uuid.UUID, findings: list[Finding]) -> bytes | None:
    if not findings:
        return None
    text = json.dumps([list(finding) for finding in sorted(findings, key=_place)], ensure_ascii=False)
    return context.keyring().seal(text.encode(), _FINDINGS + str(row_id).encode())


def _place(finding: Finding) -> int:
    return KEYS.index(finding.column)


def _finish(work: RosterImport, reading: Reading) -> None:
    """The counts, the people the file does not name, and the preview's state."""
    missing = bulk.missing_from(reading.union_id, reading.first_row.keys())
    _name_missing(work, bulk.missing_people(reading.union_id, reading.first_row.keys(), MOST_NAMED))
    counts = {f"{verdict}_count": reading.counts[verdict] for verdict in states.VERDICTS}
    perform(
        states.WORKFLOW,
        work,
        "preview",
        keeping.SYSTEM,
        **counts,
        rows_read=reading.rows_read,
        missing_count=missing,
        header=reading.layout.header,
        lease_until=None,
    )


def _name_missing(work: RosterImport, people: list[uuid.UUID]) -> None:
    """Who is on the roster and not in the file, as rows that say nothing; numbers below 1 stand for no row."""
    rows = [
        {"id": row_id, "import_id": work.id, "row_number": -n, "verdict": states.MISSING, "employee_id": one}
        for n, (row_id, one) in enumerate(zip(bulk.new_ids(len(people)), people, strict=True), 1)
    ]
    if rows:
        db.session.execute(insert(RosterImportRow), rows)


def findings_of(row: RosterImportRow) -> list[Finding]:
    """What is said about a staged row's cells, in the order of the columns."""
    return [Finding(*parts) for parts in json.loads(row.findings or "[]")]


def staged(import_id: uuid.UUID) -> Any:
    """The staged rows of an import, by number."""
    return select(RosterImportRow).where(RosterImportRow.import_id == import_id)
