"""Which files are refused whole, in which words, and does nothing of them reach the roster? (XM-37, U5)"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select

from core.db import transaction
from core.errors import Conflict, Missing, Refused
from core.files.models import StoredFile
from core.sheets import write_csv
from employee.models import Employee
from roster import jobs, service
from roster.models import RosterImport, RosterImportRow
from roster.rules import COLUMNS
from roster.service import keeping
from tests.core.test_sheets import ENTITIES, HOSTILE, archive, parts
from tests.roster import desk
from tests.roster.golden import TITLES, number, saved, workbook
from tests.world import World
from union.models import Union

ONE = ["张测试", None, number(1), None, None, "13900000001"]
NOT_OURS = (
    "这个表格不是职工名册模板：没有找到“姓名”和“证件号码”这一行表头。请下载最新模板，把数据贴进去再导入。"
)
BROKEN = "这个表格已损坏，打不开。请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。"
TOO_LARGE = "表格里的内容太多，打不开。请把要导入的数据复制到新的表格里，只保留文字，再上传。"
MERGED = "表头有合并的单元格，请用最新模板，不要合并单元格"


@pytest.fixture
def union(db: SQLAlchemy, sandbox: str) -> Union:
    return World().union()


def table(titles: list[str], *, above: list[str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in [*([line] for line in above or []), titles, ["x"] * len(titles)]:
        book.active.append(row)
    return saved(book)


def of_kind(name: str) -> bytes:
    return next(make() for what, make, _ in HOSTILE if what == name)


def with_entities() -> bytes:
    return archive({**parts(service.template()), "xl/worksheets/sheet1.xml": ENTITIES})


def ten_thousand_sheets() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts(service.template()).items():
            book.writestr(name, content)
        for n in range(2, 10_001):
            book.writestr(f"xl/worksheets/sheet{n}.xml", b"")
    return out.getvalue()


def merged_in_two() -> bytes:
    """姓名 over two rows, 证件 over two columns, its parts beneath."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["姓名", "证件", None, "手机号码"])
    sheet.append([None, "证件类型", "证件号码", None])
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:C1")
    return saved(book)


def cut_in_half() -> bytes:
    content = workbook([ONE] * 50)
    return content[: len(content) // 2]


def a_million_rows() -> bytes:
    return (",".join(TITLES) + "\n" + "测,,1\n" * 1_000_001).encode()


def two_hundred_thousand_rows_and_one() -> bytes:
    made = parts(service.template())
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(20, 200_002))
    sheet = made["xl/worksheets/sheet1.xml"].decode().replace("</sheetData>", rows + "</sheetData>")
    return archive({**made, "xl/worksheets/sheet1.xml": sheet.encode()})


TOO_MANY = "表格超过 200000 行，请分成几个文件再上传。"
OLD = "模板版本：R2025-2"
FILES: list[tuple[str, Callable[[], bytes], str]] = [
    ("no file", lambda: b"", "请选择填好的表格再上传"),
    ("1,000,001 rows", a_million_rows, TOO_MANY),
    ("a row too many", two_hundred_thousand_rows_and_one, TOO_MANY),
    ("only zeros", lambda: b"\0" * 512, "这个文件是空的，请选择填好的表格再上传。"),
    ("over 20 MB", lambda: of_kind("over 20 MB"), "表格太大（超过 20 MB），请分成几个文件再上传。"),
    ("53 KB that unpack to 50 MB", lambda: of_kind("53 KB that unpack to 50 MB"), TOO_LARGE),
    ("forged size", lambda: of_kind("forged size"), BROKEN),
    ("entity bomb", with_entities, BROKEN),
    ("10,000 sheets", ten_thousand_sheets, TOO_LARGE),
    ("upload cut in half", cut_in_half, BROKEN),
    ("an archive inside", lambda: of_kind("an archive inside"), BROKEN),
    (
        "macros",
        lambda: of_kind("macros"),
        "这个表格带有宏，不能上传。请另存为“Excel 工作簿（.xlsx）”再上传。",
    ),
    (
        "links to other files",
        lambda: of_kind("links to other files"),
        "这个表格里有指向其他文件的链接。请全选、复制，再“选择性粘贴”为数值，保存后再上传。",
    ),
    (
        "old .xls",
        lambda: of_kind("old .xls"),
        "这是旧格式的表格（.xls），请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”再上传。",
    ),
    (
        "password",
        lambda: of_kind("password"),
        "这个表格设了密码，打不开。请在 Excel 或 WPS 里取消密码，保存后再上传。",
    ),
    ("a photo", lambda: of_kind("photo"), "这个文件不是表格，请上传 .xlsx 或 .csv 文件。"),
    ("a PDF", lambda: of_kind("PDF"), "这个文件不是表格，请上传 .xlsx 或 .csv 文件。"),
    ("any archive", lambda: of_kind("any ZIP"), "这个文件不是表格，请上传 .xlsx 或 .csv 文件。"),
    (
        "bytes of no encoding",
        lambda: of_kind("bytes of no encoding"),
        "看不懂这个 CSV 文件的文字编码，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。",
    ),
    ("another table", lambda: table(["日期", "金额"]), NOT_OURS),
    ("an empty sheet", lambda: saved(openpyxl.Workbook()), NOT_OURS),
    ("no number", lambda: table(["姓名", "手机号码"]), "列“证件号码”找不到，请用最新模板"),
    ("no name", lambda: table(["证件号码", "手机号码"]), "列“姓名”找不到，请用最新模板"),
    ("a column twice", lambda: table([*TITLES, "手机号码"]), "列“手机号码”有两列，请删掉一列再导入"),
    ("merged headings", merged_in_two, MERGED),
    (
        "old template",
        lambda: table(["姓名", "证件号码", "性别", "民族"], above=[f"职工名册导入模板　{OLD}"]),
        "这是旧模板（R2025-2），现在用的是 R2026-1。不同之处：少了“证件类型”、“出生日期”、"
        "“手机号码”、“社保类型”、“社保卡号”、“入职日期”、“备注”，多了“民族”。请下载最新模板，把数据贴过去再导入。",
    ),
    (
        "old template with the same columns",
        lambda: table(TITLES, above=[f"职工名册导入模板　{OLD}"]),
        "这是旧模板（R2025-2），现在用的是 R2026-1。请下载最新模板，把数据贴过去再导入。",
    ),
]


def stored(*models: type[Any]) -> list[int]:
    from core.db import db

    return [db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


@pytest.mark.parametrize(("make", "words"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_a_file_that_is_no_roster_is_refused_at_once_and_leaves_nothing(
    union: Union, make: Callable[[], bytes], words: str
) -> None:
    """XM-37: in words that say what differs and what to do."""
    with pytest.raises(Refused) as refusal:
        desk.upload(union, make())
    assert (refusal.value.text, refusal.value.field) == (words, "file")
    assert stored(RosterImport, RosterImportRow, Employee, StoredFile) == [0, 0, 0, 0]


def test_what_looks_odd_and_is_sound_is_read(union: Union) -> None:
    """A csv named xlsx, a line above the headings merged over all columns, hidden rows, computed formulas."""
    book = workbook([], save=False, above=["测试一厂 2026 年名册"])
    sheet = book.active
    sheet.merge_cells("A1:J1")
    sheet.append(ONE)
    sheet.append(["李测试", None, number(2), None, None, "13900000002"])
    sheet.row_dimensions[sheet.max_row].hidden = True
    computed = parts(saved(book))
    text = computed["xl/worksheets/sheet1.xml"].decode()
    assert text.count('<c r="A4"') == 1
    start = text.index('<c r="A4"')
    end = text.index("</c>", start)
    cell = '<c r="A4" t="str"><f>"李"&amp;"测试"</f><v>李测试</v>'
    computed["xl/worksheets/sheet1.xml"] = (text[:start] + cell + text[end:]).encode()
    work = desk.imported(union, archive(computed))
    assert (work.applied_count, work.wrong_count) == (2, 0)
    named = write_csv(TITLES, [["王测试", None, number(3), None, None, "13900000003"]])
    assert desk.imported(union, named, "名册.xlsx").applied_count == 1
    assert {value[0] for value in desk.roster().values()} == {"张测试", "李测试", "王测试"}


def test_more_columns_and_another_order_do_no_harm(union: Union) -> None:
    titles = ["序号", "部门", *reversed([column.title for column in COLUMNS]), "处理结果", "原因"]
    row = dict(zip(TITLES, ONE, strict=False)) | {"序号": 1, "部门": "一车间", "原因": "上次的原因"}
    book = openpyxl.Workbook()
    book.active.append(titles)
    book.active.append([row.get(title) for title in titles])
    assert desk.imported(union, saved(book)).applied_count == 1


def test_the_second_of_two_operators_learns_who_was_first(union: Union) -> None:
    """XM-33: one open import a union; the same file by two people at once is imported once."""
    first = desk.upload(union, workbook([ONE]), "甲.xlsx")
    with pytest.raises(Conflict) as conflict:
        desk.upload(union, workbook([ONE]), "乙.xlsx")
    assert "王经办" in conflict.value.text and "《甲.xlsx》" in conflict.value.text
    desk.worked(first)
    desk.worked(desk.confirm(first))
    assert desk.imported(union, workbook([ONE]), "乙.xlsx").unchanged_count == 1


def test_a_month_after_its_end_an_import_keeps_its_counts_only(union: Union, db: SQLAlchemy) -> None:
    work = desk.imported(union, workbook([ONE, ["李 测试", None, number(2)]]))
    open_one = desk.read(World().union("测试三厂"), workbook([["张测试", None, number(3)]]))
    with transaction():
        keeping.forget_old()
    assert stored(RosterImportRow) == [3]
    with transaction():
        for one in (work, open_one):
            db.session.get(RosterImport, one.id).state_at -= dt.timedelta(days=31)
    jobs.sweep()
    db.session.refresh(work), db.session.refresh(open_one)
    assert stored(RosterImportRow) == [0]
    assert (work.applied_count, work.wrong_count, open_one.state) == (1, 1, "cancelled")
    for file_id in (work.file_id, work.result_file_id, open_one.file_id):
        with pytest.raises(Missing):
            keeping.content_of(file_id)


def test_the_table_of_files_names_what_the_issue_asks_for() -> None:
    """«Bad input, at least», as far as it is a file; what people and workers do stands in other tests."""
    asked = {
        "53 KB that unpack to 50 MB", "entity bomb", "macros", "links to other files", "10,000 sheets",
        "old .xls", "password", "merged headings", "an empty sheet", "no file", "1,000,001 rows",
        "upload cut in half",
    }  # fmt: skip
    assert asked <= {name for name, _, _ in FILES}
