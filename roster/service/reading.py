"""What does an uploaded table say about whom? Read in lots, diagnosed, compared with the roster, staged.

Nothing is written to the roster here. A worker that dies in the middle starts over: the staged rows of the
import are thrown away first.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, LargeBinary, and_, delete, func, insert, literal, update
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock, context
from core.db import db, new_ids, transaction
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
from roster.service import keeping, telling
from union import queries as unions

LOT = 5000
MOST_ROWS = 200_000
MOST_NAMED = 1000
# A table that ends its worker every time must not do so for ever.
MOST_TRIES = 20
# What a row is copied as, in binary: sealed bytes cost half of what they cost as text.
_TYPES = {
    "id": "uuid",
    "import_id": "uuid",
    "row_number": "int4",
    "verdict": "varchar",
    "findings_ct": "bytea",
    "changed": "varchar",
    "employee_id": "uuid",
    "seen_xmin": "int8",
    "identity": "varchar",
    "identity_bi": "bytea",
    "ask_at": "timestamptz",
    "id_type": "varchar",
    "sex": "varchar",
    "insurance_type": "varchar",
    "hired_on": "date",
    "name_ct": "bytea",
    "id_number_ct": "bytea",
    "phone_ct": "bytea",
    "born_on_ct": "bytea",
    "insurance_card_ct": "bytea",
    "note_ct": "bytea",
    "id_number_bi": "bytea",
    "phone_bi": "bytea",
    "is_applied": "bool",
    "wants_move": "bool",
    "tries": "int4",
}
_COLUMNS = tuple(_TYPES)
_COPY = f"COPY roster_import_row ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT BINARY)"  # noqa: S608
_SEALED = _COLUMNS[_COLUMNS.index("name_ct") : _COLUMNS.index("is_applied")]
_FINDINGS = b"roster_import_row.findings|"
# What the identity check vouches for; a new phone or note needs no question to anybody.
_VOUCHED = frozenset({"name", "id_type", "id_number"})


NOBODY = uuid.UUID(int=0)


@dataclass
class Reading:
    """What one pass over a table keeps in mind between its lots."""

    import_id: uuid.UUID
    union_id: uuid.UUID
    layout: rules.Layout
    asks_identity: bool
    index_of: Callable[[str], bytes]
    counts: Counter[str] = field(default_factory=Counter)
    first_row: dict[bytes, int] = field(default_factory=dict)
    phones: Counter[str] = field(default_factory=Counter)
    unfit: set[bytes] = field(default_factory=set)
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
    id: uuid.UUID = NOBODY
    employee_id: uuid.UUID | None = None
    identity_key: bytes | None = None

    @property
    def is_wrong(self) -> bool:
        return bool(self.findings) and any(finding.is_refusal for finding in self.findings)


def read_in(work: RosterImport) -> None:
    """Stage every row of an import and show what it would do; a wrong template refuses the whole file."""
    with transaction():
        _forget_rows(work)
        keeping.go_on(work, tries=work.tries + 1, rows_read=0)
        if work.state == states.UPLOADED:
            perform(states.WORKFLOW, work, "read", keeping.SYSTEM)
    try:
        if work.tries > MOST_TRIES:
            raise Refused(states.CANNOT_BE_READ)
        reading, rows = _opened(work)
        for lot in _lots(rows, reading.layout.header):
            with transaction():
                _stage(reading, lot)
                keeping.go_on(work, rows_read=reading.rows_read)
    except Refused as refusal:
        with transaction():
            words = refusal.text[:400]
            keeping.hold(work)
            _forget_rows(work)
            perform(
                states.WORKFLOW, work, "refuse", keeping.SYSTEM, note=words, problem=words, lease_until=None
            )
            telling.refused(work)
        return
    with transaction():
        keeping.hold(work)
        _finish(work, reading)


def _forget_rows(work: RosterImport) -> None:
    db.session.execute(delete(RosterImportRow).where(RosterImportRow.import_id == work.id))


def _opened(work: RosterImport) -> tuple[Reading, Iterator[list[Cell]]]:
    content = keeping.content_of(work.file_id)
    rows = read_rows(content, filename=work.file_name, field="file", max_rows=MOST_ROWS)
    top = list(itertools.islice(rows, ROWS_BEFORE_HEADER))
    layout = rules.find_layout(top)
    if isinstance(layout, rules.WrongTemplate):
        raise Refused(layout.words, "file")
    reading = Reading(work.id, work.union_id, layout, identity.is_asked(), bulk.Sealing().index)
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
    """A number may stand in the file once. Who is named in a row with other mistakes is not missing."""
    person = row.person
    if not person.id_number or any(f.is_refusal and f.column == "id_number" for f in row.findings):
        return
    row.index = reading.index_of(person.id_number)
    if person.phone:
        reading.phones[person.phone] += 1
    if row.is_wrong:
        reading.unfit.add(row.index)
        return
    first = reading.first_row.setdefault(row.index, row.number)
    if first != row.number:
        row.findings.append(Finding("id_number", states.TWICE_IN_FILE.format(row=first)))


def _compare(reading: Reading, row: Row) -> None:
    """New, changed, unchanged, or on another union's roster."""
    there = row.on_file
    if there is None:
        row.verdict = states.NEW
    elif there.is_deceased:
        row.verdict = states.WRONG
        row.findings.append(Finding("id_number", _of_the_dead(reading, row, there)))
    elif there.is_active and there.union_id != reading.union_id:
        row.verdict = states.MOVED
    else:
        _merge(row, there)
        is_back = not there.is_active or there.union_id != reading.union_id
        row.verdict = states.CHANGED if row.changed or is_back else states.UNCHANGED


def _of_the_dead(reading: Reading, row: Row, there: bulk.OnFile) -> str:
    """That somebody died is said to their own union, and to who knows their name as well."""
    knows = comparison_key(there.values["name"]) == comparison_key(row.person.name)
    if there.union_id != reading.union_id and not knows:
        return states.OTHER_NAME_ELSEWHERE
    return states.DECEASED.format(operator=context.scheme().brand.operator)


def _merge(row: Row, there: bulk.OnFile) -> None:
    """A blank cell keeps what is on file: an import adds and corrects, it never erases."""
    merged: dict[str, Any] = {}
    changed = []
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
    """Stage a lot by COPY: thousands of rows in one statement."""
    if not rows:
        return
    fresh = iter(new_ids(len(rows) + sum(row.verdict == states.NEW for row in rows)))
    for row in rows:
        row.id = next(fresh)
        is_new, there = row.verdict == states.NEW, row.on_file
        row.employee_id = next(fresh) if is_new else (there.id if there else None)
        if reading.asks_identity and _is_vouched_anew(row):
            row.identity_key = identity.key_of(row.person.id_type, row.person.id_number, row.person.name)
    known = identity.remembered([row.identity_key for row in rows if row.identity_key])
    now, sealing = clock.now(), bulk.Sealing()
    connection = db.session.connection().connection.driver_connection
    with connection.cursor().copy(_COPY) as out:  # type: ignore[union-attr]
        out.set_types(_TYPES.values())
        for row in rows:
            out.write_row((*_columns(reading, row, known, now, sealing), False, False, 0))


def _columns(
    reading: Reading, row: Row, known: Mapping[bytes, str], now: datetime, sealing: bulk.Sealing
) -> list[Any]:
    person, key = row.person, row.identity_key
    writes = row.verdict in (states.NEW, states.CHANGED)
    # A row that is only shown is sealed under its own id: there is nobody it belongs to.
    owner = row.employee_id if writes and row.employee_id else row.id
    ready = sealing(owner, person._asdict(), row.index)
    is_known = known.get(key) == states.MATCH if key else False
    return [
        row.id,
        reading.import_id,
        row.number,
        row.verdict,
        _sealed_findings(row.id, row.findings),
        row.changed,
        row.employee_id,
        row.on_file.seen if row.on_file else None,
        (states.MATCH if is_known else states.WAITING) if key else states.NOT_NEEDED,
        key,
        now if key else None,
        person.id_type,
        person.sex,
        person.insurance_type[:40],
        person.hired_on,
        *(ready[name] for name in _SEALED),
    ]


def _is_vouched_anew(row: Row) -> bool:
    """Does the row say something that the identity check has to vouch for?"""
    is_changed = row.verdict == states.CHANGED and bool(_VOUCHED & set(row.changed.split(",")))
    return row.verdict == states.NEW or is_changed


def _sealed_findings(row_id: uuid.UUID, findings: list[Finding]) -> bytes | None:
    if not findings:
        return None
    text = json.dumps([list(finding) for finding in sorted(findings, key=_place)], ensure_ascii=False)
    return context.keyring().seal(text.encode(), _FINDINGS + str(row_id).encode())


def _place(finding: Finding) -> int:
    return KEYS.index(finding.column)


def _finish(work: RosterImport, reading: Reading) -> None:
    """The counts, the people the file does not name, shared phones, and the preview's state."""
    named = [*reading.first_row, *reading.unfit]
    missing = bulk.missing_from(reading.union_id, named)
    _name_missing(work, bulk.missing_people(reading.union_id, named, MOST_NAMED) if missing else [])
    _name_shared(work, reading.phones)
    counts: dict[str, Any] = {f"{verdict}_count": reading.counts[verdict] for verdict in states.VERDICTS}
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
    """Who is on the roster and not in the file, as rows without words; numbers below 1 are no rows."""
    rows = [
        {"id": row_id, "import_id": work.id, "row_number": -n, "verdict": states.MISSING, "employee_id": one}
        for n, (row_id, one) in enumerate(zip(new_ids(len(people)), people, strict=True), 1)
    ]
    if rows:
        db.session.execute(insert(RosterImportRow), rows)


def _name_shared(work: RosterImport, phones: Mapping[str, int]) -> None:
    """Say of every staged row how many people of the file have its phone, when they are many."""
    shared = {bulk.phone_index(phone): n for phone, n in phones.items() if n >= states.SHARED_FROM}
    table: Any = RosterImportRow.__table__
    waiting = iter(shared.items())
    while some := list(itertools.islice(waiting, LOT)):
        keys = literal([key for key, _ in some], type_=ARRAY(LargeBinary))
        counts = literal([n for _, n in some], type_=ARRAY(Integer))
        told = func.unnest(keys, counts).table_valued("phone", "n").render_derived(name="told")
        is_it = and_(table.c.import_id == work.id, table.c.phone_bi == told.c.phone)
        db.session.execute(update(table).where(is_it).values(phone_shared=told.c.n))


def findings_of(row: RosterImportRow) -> list[Finding]:
    """What is said about a staged row's cells, in the order of the columns."""
    found = [Finding(*parts) for parts in json.loads(row.findings or "[]")]
    if row.phone_shared:
        words = states.SHARED_PHONE.format(n=row.phone_shared)
        found.append(Finding("phone", words, is_refusal=False))
    return sorted(found, key=_place)
