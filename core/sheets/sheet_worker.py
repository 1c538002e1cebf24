"""What does a stranger's xlsx hold? Runs alone, as a caged process, one file in its life.

Started by `core.sheets.reading` by path with an empty environment. The whole file comes on stdin; lines of
JSON go out: `{"refused": word}`, or lists of rows, then `"end"`. The archive is measured before anything is
parsed: a member that unpacks to more than it declares, or a cell far away that would make the reader
reserve the whole grid, ends here and not in the process that serves people.
"""

from __future__ import annotations

import io
import itertools
import json
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

MEMORY = 1 << 30
CPU_SECONDS = 60
MEMBERS = 500
UNPACKED = 200 << 20
RATIO = 100
RATIO_FREE = 1 << 20  # small members of zeros may pack better; they cannot hurt
ROWS_A_LINE = 200
EXACT = 10**15  # spreadsheets keep 15 digits; a longer "number" has already lost some
LOCAL_HEADER = struct.Struct("<4s5H3I2H")


class Unfit(Exception):
    """The file is refused; the argument is a word of `core.sheets.reading.WORDS`."""


# -- the archive, before it is parsed --------------------------------------------------------------------


def check_archive(data: bytes) -> None:
    """Raises `Unfit` unless every member is what the directory says and the whole is of a sane size."""
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError):
        raise Unfit("broken") from None
    if len(members) > MEMBERS or sum(member.file_size for member in members) > UNPACKED:
        raise Unfit("too_large")
    names = [member.filename.replace("\\", "/").lstrip("/").lower() for member in members]
    _check_names(names)
    for member in members:
        _check_member(data, member)


def _check_names(names: list[str]) -> None:
    if len(set(names)) != len(names):
        raise Unfit("broken")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Unfit("macros")
    if any("externallinks/" in name for name in names):
        raise Unfit("links")
    if "xl/workbook.xml" not in names:
        raise Unfit("not_a_sheet")


def _check_member(data: bytes, member: zipfile.ZipInfo) -> None:
    if member.flag_bits & 1:
        raise Unfit("password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unfit("broken")
    if member.file_size > max(RATIO_FREE, member.compress_size * RATIO):
        raise Unfit("too_large")
    head = data[member.header_offset : member.header_offset + LOCAL_HEADER.size]
    if len(head) < LOCAL_HEADER.size or head[:4] != b"PK\x03\x04":
        raise Unfit("broken")
    *_, name_length, extra_length = LOCAL_HEADER.unpack(head)
    start = member.header_offset + LOCAL_HEADER.size + name_length + extra_length
    packed = memoryview(data)[start : start + member.compress_size]
    if _is_forged(packed, member):
        raise Unfit("broken")


def _is_forged(packed: memoryview, member: zipfile.ZipInfo) -> bool:
    """Whether the content is not the declared number of bytes, or is an archive of its own."""
    if member.compress_type == zipfile.ZIP_STORED:
        return len(packed) != member.file_size or bytes(packed[:4]) == b"PK\x03\x04"
    unpacker, size, rest = zlib.decompressobj(-15), 0, bytes(packed)
    try:
        while not unpacker.eof and (piece := unpacker.decompress(rest, 1 << 20)):
            if size == 0 and piece[:4] == b"PK\x03\x04":
                return True
            size += len(piece)
            rest = unpacker.unconsumed_tail
            if size > member.file_size:
                return True
    except zlib.error:
        return True
    return size != member.file_size or not unpacker.eof


# -- the rows --------------------------------------------------------------------------------------------


def rows_of(data: bytes, max_rows: int, max_columns: int) -> Iterator[list[Any]]:
    """The rows of the first visible sheet, from the sheet's first row on, blank rows at its end left out."""
    sheet = _first_visible(CalamineWorkbook.from_filelike(io.BytesIO(data)))
    pad = [None] * (sheet.start or (0, 0))[1]  # the reader fills up rows from the top, not columns
    if sheet.height > max_rows and _last_row(sheet) > max_rows:
        raise Unfit("too_many_rows")  # before the first row is given: nobody begins on what will not end
    waiting = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        row = _row([*pad, *cells])
        if not row:
            waiting += 1
            continue
        if number > max_rows:
            raise Unfit("too_many_rows")
        if len(row) > max_columns:
            raise Unfit("too_many_columns")
        yield from ([] for _ in range(waiting))
        waiting = 0
        yield row


def _last_row(sheet: CalamineSheet) -> int:
    return max((number for number, cells in enumerate(sheet.iter_rows(), 1) if any(cells)), default=0)


def _first_visible(book: CalamineWorkbook) -> CalamineSheet:
    for number, sheet in enumerate(book.sheets_metadata):
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
            return book.get_sheet_by_index(number)
    raise Unfit("not_a_sheet")


def _row(cells: list[Any]) -> list[Any]:
    """Cells as JSON carries them, without the blank ones at the end."""
    row = [_cell(value) for value in cells]
    while row and row[-1] is None:
        row.pop()
    return row


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < EXACT else value
    if isinstance(value, datetime):
        if value.time() == time():
            return {"on": value.date().isoformat()}
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    if isinstance(value, time | timedelta):
        return str(value)
    return value


# -- the cage and the conversation -----------------------------------------------------------------------


def enter_cage() -> None:
    limits = {"RLIMIT_AS": MEMORY, "RLIMIT_CPU": CPU_SECONDS, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0}
    for name, limit in (*limits.items(), ("RLIMIT_NOFILE", 0)):
        try:
            resource.setrlimit(getattr(resource, name), (limit, limit))
        except (AttributeError, ValueError, OSError):
            if sys.platform == "linux":
                raise


def say(something: object) -> None:
    sys.stdout.write(json.dumps(something, ensure_ascii=True) + "\n")


def tell(data: bytes, max_rows: int, max_columns: int) -> None:
    check_archive(data)
    rows = rows_of(data, max_rows, max_columns)
    while lot := list(itertools.islice(rows, ROWS_A_LINE)):
        say(lot)
    say("end")


def main() -> None:
    max_rows, max_columns = map(int, sys.argv[1:])
    _warm_up()
    enter_cage()
    try:
        tell(sys.stdin.buffer.read(), max_rows, max_columns)
    except Unfit as refusal:
        say({"refused": str(refusal)})
    except PasswordError:
        say({"refused": "password"})
    except BrokenPipeError:
        return  # nobody reads on
    except BaseException:  # noqa: BLE001  a panic of the reader is no Exception; the file is not fit
        say({"refused": "broken"})
    sys.stdout.flush()


def _warm_up() -> None:
    """Walk the way once, so that nothing is loaded lazily after the doors are shut."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    check_archive(out.getvalue())
    json.dumps({"on": date(2000, 1, 1).isoformat()})


if __name__ == "__main__":
    main()
