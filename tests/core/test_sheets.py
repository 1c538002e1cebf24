"""Tables in and out: nothing hostile is parsed, no cell is ever run, every digit survives (U5–U7)."""

from __future__ import annotations

import csv
import io
import random
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.sheets import read_rows, write_csv, write_xlsx
from core.sheets.reading import WORDS

ID_NUMBER = "110101199003070038"  # fictional, 18 digits
CARD = "6222020000000000007"  # fictional, 19 digits


def rows(data: bytes, **options: object) -> list[list[object]]:
    return list(read_rows(data, filename="名册.xlsx", **options))


def archive(members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def with_part(name: str, content: bytes) -> bytes:
    return archive({**parts(write_xlsx(["姓名"], [["张三"]])), name: content})


def with_sheet(inner: str) -> bytes:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{inner}</sheetData></worksheet>"
    )
    return with_part("xl/worksheets/sheet1.xml", sheet.encode())


def forged_size(data: bytes) -> bytes:
    """The directory says that the big member is small."""
    spot = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/worksheets/sheet1.xml"))
    return data[: spot + 24] + struct.pack("<I", 1000) + data[spot + 28 :]


def forged_size_and_sum() -> bytes:
    """The declared size and check sum fit the first bytes; the stream goes on for long."""
    content = b" " * 3_000_000
    data = with_part("xl/worksheets/sheet1.xml", content)
    spot = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/worksheets/sheet1.xml"))
    short = struct.pack("<I", zlib.crc32(content[:1000]))
    return (
        data[: spot + 16] + short + data[spot + 20 : spot + 24] + struct.pack("<I", 1000) + data[spot + 28 :]
    )


ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 10) for n in range(8))
    + b']><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    b'<c r="A1" t="inlineStr"><is><t>&i;</t></is></c></row></sheetData></worksheet>'
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600

HOSTILE: list[tuple[str, Callable[[], bytes], str]] = [
    ("nothing", lambda: b"", "empty"),
    ("zeros", lambda: b"\0" * 100, "empty"),
    ("over 20 MB", lambda: b"a," * (11 << 20), "too_many_bytes"),
    ("old .xls", lambda: OLE, "old_excel"),
    ("password", lambda: OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
    ("web page named xls", lambda: b"<html><table><tr><td>1</td></tr></table>", "old_excel"),
    ("PDF", lambda: b"%PDF-1.4", "not_a_sheet"),
    ("photo", lambda: b"\xff\xd8\xff\xe0" + b"x" * 99, "not_a_sheet"),
    ("any ZIP", lambda: archive({"a.txt": b"hello"}), "not_a_sheet"),
    ("only a ZIP start", lambda: b"PK\x03\x04" + b"\1" * 50, "broken"),
    ("cut xlsx", lambda: write_xlsx(["a"], [["b"]] * 500)[:-60], "broken"),
    ("macros", lambda: with_part("xl/vbaProject.bin", b"x"), "macros"),
    ("links to other files", lambda: with_part("xl/externalLinks/externalLink1.xml", b"<x/>"), "links"),
    ("an archive inside", lambda: with_part("xl/embeddings/a.bin", archive({"a": b"b"})), "broken"),
    ("10,000 members", lambda: archive({f"m{n}": b"" for n in range(10_000)}), "too_large"),
    ("53 KB that unpack to 50 MB", lambda: with_part("xl/media/a.bin", b"\0" * (50 << 20)), "too_large"),
    ("201 MB declared", lambda: with_part("xl/media/a.bin", b"\0" * (201 << 20)), "too_large"),
    ("forged size", lambda: forged_size(with_part("xl/worksheets/sheet1.xml", b" " * 3_000_000)), "broken"),
    ("forged size and check sum", forged_size_and_sum, "broken"),
    ("entity bomb", lambda: with_part("xl/worksheets/sheet1.xml", ENTITIES), "broken"),
    ("sheet that is no XML", lambda: with_part("xl/worksheets/sheet1.xml", b"hello"), "broken"),
    (
        "one cell in each far corner",
        lambda: with_sheet(
            '<row r="1"><c r="A1"><v>1</v></c></row>'
            '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        ),
        "too_large",
    ),
    ("bytes of no encoding", lambda: b"name,\xff\xfe\xff\n", "encoding"),
    ("UTF-16", lambda: "姓名,电话".encode("utf-16"), "not_a_sheet"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "word"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_table_is_refused_in_words_that_say_what_to_do(
    make: Callable[[], bytes], word: str
) -> None:
    with pytest.raises(Refused) as refusal:
        rows(make(), field="roster")
    assert refusal.value.text == WORDS[word]
    assert refusal.value.field == "roster"


def test_an_entity_is_never_expanded() -> None:
    with pytest.raises(Refused):
        rows(with_part("xl/worksheets/sheet1.xml", ENTITIES))


def test_two_hundred_mutated_files_are_read_or_refused() -> None:
    dice = random.Random(20262)
    source = write_xlsx(["姓名", "证件号码"], [[f"张{n}", ID_NUMBER] for n in range(20)])
    bare = archive(parts(source), zipfile.ZIP_STORED)  # so that mutations reach the XML
    for n in range(200):
        data = bytearray((source, bare)[n % 2])
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(4, len(data))] = dice.randrange(256)
        try:
            rows(bytes(data))
        except Refused as refusal:
            assert refusal.text in WORDS.values()


def test_too_many_rows_or_columns_are_refused_with_the_number() -> None:
    table = write_xlsx(["a", "b", "c"], [["1", "2", "3"]] * 10)
    with pytest.raises(Refused, match="超过 5 行"):
        rows(table, max_rows=5)
    with pytest.raises(Refused, match="超过 2 列"):
        rows(table, max_columns=2)
    with pytest.raises(Refused, match="超过 5 行"):
        rows(write_csv(["a"], [["1"]] * 10), max_rows=5)
    assert len(rows(table, max_rows=11, max_columns=3)) == 11


def test_reading_may_stop_half_way() -> None:
    table = write_xlsx(["a"], [[str(n)] for n in range(20_000)])
    reading = read_rows(table)
    assert next(reading) == ["a"]
    reading.close()
    read_rows(table)  # dropped without reading


# -- kinds of files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        "姓名,证件号码\r\n张三,110101199003070038\r\n".encode(),
        "姓名,证件号码\r\n张三,110101199003070038\r\n".encode("utf-8-sig"),
        "姓名,证件号码\n张三,110101199003070038".encode("gbk"),
        "姓名\t证件号码\n张三\t110101199003070038\n".encode("gb18030"),
        '姓名;证件号码\n"张三";110101199003070038\n\n\n'.encode(),
        write_xlsx(["姓名", "证件号码"], [["张三", ID_NUMBER]]),
    ],
    ids=["UTF-8", "UTF-8 with mark", "GBK", "tabs", "semicolons", "xlsx"],
)
def test_the_content_decides_how_a_file_is_read_not_its_name(data: bytes) -> None:
    """A csv named .xlsx is read all the same."""
    assert rows(data) == [["姓名", "证件号码"], ["张三", ID_NUMBER]]


def test_cells_come_typed() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["text", 12, 1.5, date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5), True, None, "007"])
    sheet.append([None, None, 110101199003070038])
    out = io.BytesIO()
    book.save(out)
    first, second = rows(out.getvalue())
    assert first == ["text", 12, 1.5, date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5), "TRUE", None, "007"]
    assert type(first[1]) is int and type(first[3]) is date
    assert isinstance(second[2], float), "digits lost by the program that saved it must stay recognisable"


def test_row_numbers_and_columns_are_those_people_see() -> None:
    book = openpyxl.Workbook()
    book.active["B3"] = "x"
    book.active["C6"] = "y"
    book.create_sheet("second")["A1"] = "other"
    out = io.BytesIO()
    book.save(out)
    assert rows(out.getvalue()) == [[], [], [None, "x"], [], [], [None, None, "y"]]
    assert rows(b"\n\n,x\n\n\n,,y\n\n") == [[], [], [None, "x"], [], [], [None, None, "y"]]


def test_a_hidden_first_sheet_is_passed_over() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "hidden"
    book.active.sheet_state = "hidden"
    book.create_sheet("shown")["A1"] = "shown"
    out = io.BytesIO()
    book.save(out)
    assert rows(out.getvalue()) == [["shown"]]


# -- formulas -----------------------------------------------------------------------------------------------

COMMANDS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.invalid","点")',
    '=WEBSERVICE("http://x.invalid")', "=IMPORTXML(A1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "  +1",
    "\u3000=1",
    "＝1+1", "＋1", "－1", "＠SUM(A1)", "|calc", "｜calc", "'=1+1", "''=1+1", "' =1", "'\t=1",
    '=DDE("a";"b")',
    "@A1", "-2+3+cmd|' /C calc'!A0", "=A1:A9", "{=1+1}", '"=1+1', ";=1+1", ",=1+1", "%0A=1+1", "\ufeff=1",
    "\xa0=1",
    "=\u200b1", "\u200b=1", "=张三", "-张三", "+8613800000000",
]  # fmt: skip


def test_there_are_forty_payloads() -> None:
    assert len(set(COMMANDS)) == 40


@pytest.mark.parametrize("payload", COMMANDS)
def test_no_text_becomes_a_formula(payload: str) -> None:
    """U6."""
    data = write_xlsx([payload], [[payload, "x"]])
    for row in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows():
        assert all(cell.data_type != "f" for cell in row)
    assert b"<f" not in parts(data)["xl/worksheets/sheet1.xml"].replace(b"<fo", b"")
    assert rows(data)[1][0] == payload.replace("\r", "\n")
    for encoding in ("utf-8-sig", "gbk"):
        table = write_csv(["文字", "x"], [[payload, "x"]], encoding)
        text = table.decode("gb18030" if encoding == "gbk" else encoding)
        for row in csv.reader(io.StringIO(text, newline="")):
            assert row[0][:1] not in tuple("=+-@|＝＋－＠｜\t\r\n")
            assert row[0].lstrip()[:1] not in tuple("=+-@|＝＋－＠｜")
        assert rows(table)[1][0] == payload


# -- round trips --------------------------------------------------------------------------------------------

RARE = [
    "𬭎",
    "𠮷野",
    "㙓",
    "䶮",
    "阿不都·热合曼",
    "é",
    "Ω",
    "😀",
    "囯",
    "﹒",
    "_x0041_",
    "a_x000D_b",
    "&<>\"'",
    "]]>",
]


@pytest.mark.parametrize("text", [ID_NUMBER, CARD, "007", "1e5", "TRUE", "2026-01-01", "1/2", *RARE])
def test_every_digit_and_every_rare_character_survives(text: str) -> None:
    assert rows(write_xlsx(["h"], [[text]]))[1] == [text]
    assert rows(write_csv(["h"], [[text]], "gbk"))[1] == [text]
    assert rows(write_csv(["h"], [[text]]))[1] == [text]
    again = openpyxl.load_workbook(io.BytesIO(write_xlsx(["h"], [[text]]))).active["A2"]
    assert (again.data_type, again.number_format) == ("s", "@")
    assert "_x" in text or again.value == text  # openpyxl leaves the _x005F_ escape of the standard as it is


typed = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"], include_characters="=+-@'|,;\"_x0041&<\n"
    ),
    max_size=40,
)


@given(st.lists(st.lists(typed, min_size=1, max_size=5), min_size=1, max_size=8))
def test_text_comes_back_as_it_went(table: list[list[str]]) -> None:
    """U7; blank cells at the end of a row, and blank rows at the end, are not part of a table."""
    expected = [[text or None for text in row] for row in table]
    for row in expected:
        while row and row[-1] is None:
            row.pop()
    while expected and not expected[-1]:
        expected.pop()
    head = ["列"] * 5
    for encoding in ("utf-8-sig", "gbk"):
        assert rows(write_csv(head, table, encoding))[1:] == expected
    written = write_xlsx(head, table)
    values = openpyxl.load_workbook(io.BytesIO(written)).active.iter_rows(min_row=2, values_only=True)
    for row, wanted in zip(values, expected, strict=False):
        assert list(row)[: len(wanted)] == wanted


def test_texts_drawn_at_random_come_back_from_xlsx() -> None:
    dice = random.Random(7)
    letters = "张三_x0041&<>'\"=+-@ \n\t，𬭎é0123456789"
    table = [["".join(dice.choices(letters, k=dice.randrange(1, 12))) for _ in range(4)] for _ in range(3000)]
    assert rows(write_xlsx(["h"] * 4, table))[1:] == table


def test_values_keep_their_type() -> None:
    moment = datetime(2026, 1, 1, 16, 30, tzinfo=UTC)
    row = [1, -5, 1.25, Decimal("3206.30"), date(2026, 2, 28), moment, True, None, 10**17 + 1, float("nan")]
    data = write_xlsx([str(n) for n in range(10)], [row])
    local = datetime(2026, 1, 2, 0, 30)
    assert rows(data)[1] == [
        1,
        -5,
        1.25,
        3206.3,
        date(2026, 2, 28),
        local,
        "TRUE",
        None,
        str(10**17 + 1),
        "nan",
    ]
    cells = openpyxl.load_workbook(io.BytesIO(data)).active[2]
    assert cells[3].number_format == "#,##0.00"
    assert [cells[4].value, cells[5].value] == [datetime(2026, 2, 28), local]
    text = write_csv(["h"], [row]).decode("utf-8-sig").split("\r\n")[1]
    assert text == f"1,-5,1.25,3206.30,2026-02-28,2026-01-02 00:30:00,TRUE,,{10**17 + 1},nan"


def test_letters_that_xml_cannot_carry_are_left_out() -> None:
    assert rows(write_xlsx(["h"], [["a\x00b\x0bc\ud800d\uffff"]]))[1] == ["abcd"]


def test_the_same_rows_give_the_same_bytes() -> None:
    table = [["张三", 1, date(2026, 1, 1)]]
    assert write_xlsx(["a"], table) == write_xlsx(["a"], iter(table))
    assert b"20" + b"26" not in parts(write_xlsx(["a"], []))["xl/workbook.xml"]
    with zipfile.ZipFile(io.BytesIO(write_xlsx(["a"], table))) as file:
        assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_empty_template_keeps_digits_that_people_type() -> None:
    """Columns are set to text, so that a typed identity number is not rounded."""
    sheet = parts(write_xlsx(["姓名", "证件号码"], []))["xl/worksheets/sheet1.xml"].decode()
    assert len(re.findall(r'<col [^>]*style="1"', sheet)) == 2
    assert "frozen" in sheet


def test_what_a_sheet_cannot_hold_is_an_error_not_a_loss() -> None:
    with pytest.raises(ValueError, match="longer"):
        write_xlsx(["h"], [["x" * 32_768]])
    with pytest.raises(ValueError, match="more rows"):
        write_xlsx(["h"], ([] for _ in range(1_048_576)))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_reader_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    monkeypatch.setenv("SECRET_KEY", "canary-9d1")
    reading = read_rows(write_xlsx(["a"], [[str(n) * 20] for n in range(60_000)]))
    children = Path("/proc/thread-self/children").read_text().split()
    ours = [n for n in children if b"sheet_worker" in Path(f"/proc/{n}/cmdline").read_bytes()]
    assert ours
    for number in ours:
        assert b"canary" not in Path(f"/proc/{number}/environ").read_bytes()
        assert "Max open files            0 " in Path(f"/proc/{number}/limits").read_text()
    reading.close()
