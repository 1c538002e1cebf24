"""How is an uploaded table read? xlsx or csv, told apart by content, refused in words that say what to do."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from core.errors import Refused
from core.sheets.formulas import restored

Cell = str | int | float | date | None
PROGRAM = Path(__file__).with_name("sheet_worker.py")
MAX_BYTES = 20 << 20
MAX_ROWS = 200_000
MAX_COLUMNS = 100
WORDS = {
    "empty": "这个文件是空的，请选择填好的表格再上传。",
    "too_many_bytes": "表格太大（超过 20 MB），请分成几个文件再上传。",
    "too_large": "表格里的内容太多，打不开。请把要导入的数据复制到新的表格里，只保留文字，再上传。",
    "too_many_rows": "表格超过 {rows} 行，请分成几个文件再上传。",
    "too_many_columns": "表格超过 {columns} 列，请按模板的列填写后再上传。",
    "old_excel": "这是旧格式的表格（.xls），请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”再上传。",
    "password": "这个表格设了密码，打不开。请在 Excel 或 WPS 里取消密码，保存后再上传。",
    "macros": "这个表格带有宏，不能上传。请另存为“Excel 工作簿（.xlsx）”再上传。",
    "links": "这个表格里有指向其他文件的链接。请全选、复制，再“选择性粘贴”为数值，保存后再上传。",
    "not_a_sheet": "这个文件不是表格，请上传 .xlsx 或 .csv 文件。",
    "broken": "这个表格已损坏，打不开。请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。",
    "encoding": "看不懂这个 CSV 文件的文字编码，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。",
}
STATUS = {"too_many_bytes": 413, "too_large": 413, "not_a_sheet": 415, "old_excel": 415}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
BINARY_STARTS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"{\\rtf")


def read_rows(
    data: bytes,
    *,
    filename: str = "",
    field: str | None = None,
    max_rows: int = MAX_ROWS,
    max_columns: int = MAX_COLUMNS,
) -> Iterator[list[Cell]]:
    """The rows of the first sheet, from its first row on; cells at the end of a row that are blank are
    left out, a blank row is `[]`. Text stays text digit for digit; a number beyond 15 digits stays a float,
    for the diagnosis to tell that the program which saved it lost digits. Raises `Refused`, most of the
    time before the first row is given; `filename` is never trusted, the content decides.
    """
    refuse = _Refuse(field, max_rows, max_columns)
    if not data.strip(b"\0"):
        raise refuse("empty")
    if len(data) > MAX_BYTES:
        raise refuse("too_many_bytes")
    if data.startswith(OLE):
        raise refuse("password" if ENCRYPTED in data else "old_excel")
    rows = _xlsx_rows(data, refuse) if data.startswith(b"PK") else _csv_rows(data, refuse)
    next(rows)  # checked up to here; the first value is a sign that the start went well
    return rows


class _Refuse:
    """Makes the refusal for a word."""

    def __init__(self, field: str | None, max_rows: int, max_columns: int) -> None:
        self.field, self.max_rows, self.max_columns = field, max_rows, max_columns

    def __call__(self, word: str) -> Refused:
        text = WORDS.get(word, WORDS["broken"])
        text = text.replace("{rows}", str(self.max_rows)).replace("{columns}", str(self.max_columns))
        return Refused(text, self.field, STATUS.get(word))


# -- xlsx ------------------------------------------------------------------------------------------------


def _xlsx_rows(data: bytes, refuse: _Refuse) -> Iterator[list[Cell]]:
    process = subprocess.Popen(  # noqa: S603  our own file, run by our own interpreter
        [sys.executable, "-I", str(PROGRAM), str(refuse.max_rows), str(refuse.max_columns)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
        cwd="/",
    )
    with process:
        try:
            lots = _lots(process, data, refuse)
            first = next(lots, [])
            yield []
            yield from first
            for lot in lots:
                yield from lot
        finally:
            process.kill()


def _lots(process: subprocess.Popen[bytes], data: bytes, refuse: _Refuse) -> Iterator[list[list[Cell]]]:
    """What the caged process says, until it says that this was all."""
    if process.stdin is None or process.stdout is None:
        raise refuse("broken")
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        raise refuse("broken") from None
    for line in process.stdout:
        said = json.loads(line, object_hook=_dated)
        if said == "end":
            return
        if isinstance(said, _Word):
            raise refuse(said.word)
        yield said
    raise refuse("too_large")  # it ended before the end: a limit was hit


class _Word:
    def __init__(self, word: str) -> None:
        self.word = word


def _dated(said: dict[str, str]) -> Any:
    if "on" in said:
        return date.fromisoformat(said["on"])
    if "at" in said:
        return datetime.fromisoformat(said["at"])
    return _Word(said["refused"])


# -- csv -------------------------------------------------------------------------------------------------


def _csv_rows(data: bytes, refuse: _Refuse) -> Iterator[list[Cell]]:
    text = _decoded(data, refuse)
    delimiter = _delimiter(text[: text.find("\n") + 1 or None])
    if text.count("\n") > refuse.max_rows and _last_row(text, delimiter) > refuse.max_rows:
        raise refuse("too_many_rows")  # before the first row is given: nobody begins on what will not end
    yield []
    waiting = 0
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(lines, 1):
            row = _csv_row(cells)
            if not row:
                waiting += 1
                continue
            if number > refuse.max_rows:
                raise refuse("too_many_rows")
            if len(row) > refuse.max_columns:
                raise refuse("too_many_columns")
            yield from ([] for _ in range(waiting))
            waiting = 0
            yield row
    except csv.Error:
        raise refuse("broken") from None


def _last_row(text: str, delimiter: str) -> int:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return max((number for number, cells in enumerate(lines, 1) if _csv_row(cells)), default=0)
    except csv.Error:
        return 0


def _delimiter(first_line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", first_line)
    return next((letter for letter in ",\t;" if letter in bare), ",")


def _csv_row(cells: list[str]) -> list[Cell]:
    row: list[Cell] = [restored(cell) or None for cell in cells]
    while row and row[-1] is None:
        row.pop()
    return row


def _decoded(data: bytes, refuse: _Refuse) -> str:
    """UTF-8 with or without its mark, else GB18030 (covers GBK, GB2312); never a guess that loses."""
    if data.startswith(BINARY_STARTS) or b"\0" in data:
        raise refuse("not_a_sheet")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.lstrip()[:1] == "<":
            raise refuse("old_excel")  # a web page saved under the name of a table
        return text
    raise refuse("encoding")
