"""How does a table go out? xlsx or csv: text stays text, no cell is ever run, same rows give same bytes.

The xlsx is written by hand: six small parts and one sheet of inline strings. The libraries for it need
either seven times as long or a plain temporary file full of personal data (docs: bench B6).
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, cast
from xml.sax.saxutils import escape

from core.clock import SHANGHAI
from core.sheets.formulas import defused

Value = str | int | float | Decimal | date | bool | None
MAX_ROWS = 1_048_576
MAX_TEXT = 32_767
EXACT = 10**15
LINES_A_WRITE = 500
FAST = 1  # deflate's level for the rows: half the time of the usual one for a fifth more bytes
TEXT, DAY, MOMENT, MONEY, HEADER = 1, 2, 3, 4, 5
DAY_ZERO = date(1899, 12, 30)
MOMENT_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  sheets know no zone
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
NEEDS_CARE = re.compile(r"[&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]|_x|^\s|\s$").search
SAME_DAY = (1980, 1, 1, 0, 0, 0)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
STYLES = (
    f'{XML}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="等线"/></font>'
    '<font><b/><sz val="11"/><name val="等线"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="6">'
    + "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"'
        ' applyFont="1"/>'
        for number, font in ((0, 0), (49, 0), (164, 0), (165, 0), (4, 0), (49, 1))
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


# -- xlsx ------------------------------------------------------------------------------------------------


def write_xlsx(
    headers: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    title: str = "Sheet1",
    above: Sequence[str] = (),
) -> bytes:
    """A workbook of one sheet: bold headings that stay in sight, every column set to text.

    `above` are lines of explanation before the headings. An int beyond 15 digits is written as text,
    because a spreadsheet would round it.
    """
    out = io.BytesIO()
    stream_xlsx(out, headers, rows, title=title, above=above)
    return out.getvalue()


def stream_xlsx(
    out: IO[bytes] | io.RawIOBase,
    headers: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    title: str = "Sheet1",
    above: Sequence[str] = (),
) -> None:
    """As `write_xlsx`, into something that can only be written to: no more than some rows are in memory."""
    with zipfile.ZipFile(cast("IO[bytes]", out), "w", zipfile.ZIP_DEFLATED, compresslevel=FAST) as archive:
        for name, content in _frame(title):
            archive.writestr(_part(name), content)
        # By name, not as a part of our own: only so the level counts; the day is 1980 here too.
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(_sheet_head(headers, len(above) + 1).encode())
            lines = [_line(number, [text]) for number, text in enumerate(above, 1)]
            lines.append(_line(len(above) + 1, headers, HEADER))
            for number, row in enumerate(rows, len(above) + 2):
                if number > MAX_ROWS:
                    raise ValueError("more rows than a sheet holds")
                lines.append(_line(number, row))
                if len(lines) == LINES_A_WRITE:
                    sheet.write("".join(lines).encode())
                    lines.clear()
            sheet.write(("".join(lines) + "</sheetData></worksheet>").encode())


def _part(name: str) -> zipfile.ZipInfo:
    part = zipfile.ZipInfo(name, SAME_DAY)
    part.compress_type, part.external_attr, part.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
    return part


def _frame(title: str) -> list[tuple[str, str]]:
    """Everything around the sheet."""
    name = escape(
        re.sub(r"[\[\]:*?/\\']", " ", ILLEGAL.sub("", title))[:31].strip() or "Sheet1", {'"': "&quot;"}
    )

    def relations(*items: tuple[str, str]) -> str:
        inner = "".join(
            f'<Relationship Id="rId{n}" Type="{RELATION}/{kind}" Target="{target}"/>'
            for n, (kind, target) in enumerate(items, 1)
        )
        return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{inner}</Relationships>'

    return [
        (
            "[Content_Types].xml",
            f'{XML}<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/></Types>',
        ),
        ("_rels/.rels", relations(("officeDocument", "xl/workbook.xml"))),
        (
            "xl/workbook.xml",
            f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>'
            f'<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        ),
        ("xl/styles.xml", STYLES),
    ]


def _sheet_head(headers: Sequence[str], frozen: int) -> str:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{_width(header)}" style="{TEXT}" customWidth="1"/>'
        for n, header in enumerate(headers, 1)
    )
    return (
        f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
        f'<pane ySplit="{frozen}" topLeftCell="A{frozen + 1}" activePane="bottomLeft" state="frozen"/>'
        "</sheetView></sheetViews>" + (f"<cols>{columns}</cols>" if columns else "") + "<sheetData>"
    )


def _width(header: str) -> int:
    """Room for the header, or for an identity number."""
    wide = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in header)
    return min(60, max(12, wide + 4))


def _line(number: int, row: Sequence[Value], style: int = TEXT) -> str:
    cells = []
    _letters(len(row))
    for letter, value in zip(_LETTERS, row, strict=False):
        if value is None or value == "":
            continue
        if type(value) is str and (value.isalnum() or not NEEDS_CARE(value)) and len(value) <= MAX_TEXT:
            cells.append(f'<c r="{letter}{number}" s="{style}" t="inlineStr"><is><t>{value}</t></is></c>')
        elif type(value) is int and -EXACT < value < EXACT:
            cells.append(f'<c r="{letter}{number}" s="0"><v>{value}</v></c>')
        else:
            cells.append(_cell(f"{letter}{number}", value, style))
    return f'<row r="{number}">{"".join(cells)}</row>'


_LETTERS: list[str] = []


def _letters(column: int) -> str:
    while column >= len(_LETTERS):
        n, text = len(_LETTERS), ""
        while n >= 0:
            n, rest = divmod(n, 26)
            text = chr(65 + rest) + text
            n -= 1
        _LETTERS.append(text)
    return _LETTERS[column]


def _cell(place: str, value: Value, style: int) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" s="{style}" t="inlineStr"><is>{_text(value)}</is></c>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        return f'<c r="{place}" s="{MOMENT}"><v>{_moment(value)!r}</v></c>'
    if isinstance(value, date):
        return f'<c r="{place}" s="{DAY}"><v>{(value - DAY_ZERO).days}</v></c>'
    if value is not None and math.isfinite(value) and -EXACT < value < EXACT:
        kind = MONEY if isinstance(value, Decimal) else 0
        return f'<c r="{place}" s="{kind}"><v>{value}</v></c>'
    return _cell(place, str(value), style)


def _moment(value: datetime) -> float:
    """Days since the sheets' day zero, on the clock of the people who read it."""
    if value.tzinfo is not None:
        value = value.astimezone(SHANGHAI).replace(tzinfo=None)
    passed = value - MOMENT_ZERO
    return passed.days + passed.seconds / 86400


def _text(value: str) -> str:
    """Text as XML carries it; letters that XML cannot carry are left out."""
    text = ILLEGAL.sub("", value).replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT:
        raise ValueError("longer than a cell holds")
    if "_x" in text:
        text = LOOKS_ESCAPED.sub("_x005F_", text)
    keep = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f"<t{keep}>{escape(text)}</t>"


# -- csv -------------------------------------------------------------------------------------------------


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Value]], encoding: str = "utf-8-sig") -> bytes:
    """Comma-separated lines with CRLF. `encoding` is `utf-8-sig` (Excel, WPS) or `gbk` (banks).

    `gbk` is written as GB18030: the same bytes for all that GBK holds, and rare names survive.
    """
    codec = {"gbk": "gb18030", "gb18030": "gb18030", "utf-8-sig": "utf-8-sig", "utf-8": "utf-8"}[encoding]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_written(header) for header in headers])
    writer.writerows([_written(value) for value in row] for row in rows)
    return out.getvalue().encode(codec)


def _written(value: Value) -> str | int | float | Decimal | None:
    if isinstance(value, str):
        return defused(ILLEGAL.sub("", value))
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        local = value.astimezone(SHANGHAI) if value.tzinfo else value
        return local.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else value
