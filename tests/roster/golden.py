"""Which damage do spreadsheets and hands do to a roster, and what is said of each? A workbook of it, by row.

`CASES` is the golden table: what was done, the cells, the preview's verdict, every word by column, and what
the result file says in the end. The words stand here in full on purpose: they are what operators read.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import openpyxl

from roster.rules import COLUMNS, instructions
from tests.world import id_number

TITLES = [column.title for column in COLUMNS]
KEYS = [column.key for column in COLUMNS]
Row = Mapping[str, Any]


class Text(str):
    """Text that openpyxl would take for something else."""


class Case(NamedTuple):
    """One row. `words` is everything said of it, in the order of the columns; `result` the final word."""

    what: str
    cells: dict[str, Any]
    verdict: str
    words: Sequence[str] = ()
    result: str = ""

    @property
    def ends_as(self) -> str:
        known = {"new": "已新增", "changed": "已更新", "unchanged": "没有变化"}
        return self.result or known.get(self.verdict, "未导入")


def number(n: int) -> str:
    """A sound fictional identity number, apart from those that `World` gives out."""
    return id_number(n, dt.date(1985, 3, 1))


NO_PHONE = "没有手机号码：本人收不到短信，也不能绑定微信"
ROUNDED = "证件号码被表格存成了数字，末尾几位已变成 0，请把该列设成“文本”，对照证件重新填写"
LOST = "证件号码有误，请对照证件逐位核对"
RARE = "生僻字请直接粘贴汉字，不要用拼音或图片"
SPACE = "中文姓名中间不能有空格"
NUMBER_CLEANED = "已去掉证件号码里的空格或符号"
SHARED = "这个手机号码在表里有 3 人共用，请核对；共用号码的人不能用短信查询"
BORN = "出生日期与证件号码不一致（证件号码里是 1985-03-01），请核对"
TYPES = (
    "居民身份证、护照、港澳居民来往内地通行证、台湾居民来往大陆通行证、港澳台居民居住证、外国人永久居留身份证"
)

CASES = (
    Case("nothing wrong", {}, "new"),
    Case("no phone", {"phone": None}, "new", [NO_PHONE]),
    Case("phone with blanks", {"phone": "138 0013 8000"}, "new", ["已去掉手机号码里的空格或符号"]),
    Case("phone with its country", {"phone": "+86-13800138001"}, "new", ["已去掉手机号码里的空格或符号"]),
    Case("phone as a number", {"phone": 13800138002}, "new"),
    Case("phone of ten digits", {"phone": "1380013800"}, "wrong", ["手机号码应为 11 位数字"]),
    Case("phone of a desk", {"phone": "07711234567"}, "wrong", ["手机号码有误，请逐位核对"]),
    Case("phone in powers of ten", {"phone": "1.38E+10"}, "wrong", ["手机号码应为 11 位数字"]),
    Case("blank inside the name", {"name": "张 测试"}, "wrong", [SPACE]),
    Case("wide blank inside the name", {"name": "张　测试"}, "wrong", [SPACE]),
    Case("blanks around the name", {"name": "  张测试 "}, "new"),
    Case("line break after the name", {"name": "张测试\n"}, "new"),
    Case("invisible letter in the name", {"name": "张\u200b测试"}, "new"),
    Case("digit in the name", {"name": "张测试1"}, "wrong", ["姓名里不能有数字"]),
    Case("no name", {"name": None}, "wrong", ["没有填姓名"]),
    Case("lost rare character", {"name": "张?测"}, "wrong", [RARE]),
    Case("character of a private font", {"name": "张\ue000测"}, "wrong", [RARE]),
    Case("rare character of XM-40", {"name": "张磳"}, "new"),
    Case("rare surname of XM-40", {"name": "石爨"}, "new"),
    Case("character of extension B", {"name": "张𠮷测"}, "new"),
    Case("middle dot of another kind", {"name": "阿依•测试"}, "new"),
    Case("name that never ends", {"name": "测" * 51}, "wrong", ["姓名太长，请核对"]),
    Case("formula gone wrong", {"name": "#N/A"}, "wrong", ["没有填姓名"]),
    Case(
        "formula gone wrong, pasted as text",
        {"name": Text("#N/A")},
        "wrong",
        ["这一格是公式出错的结果（#N/A），请填写内容"],
    ),
    Case("formula nobody computed", {"name": "=A1"}, "wrong", ["没有填姓名"]),
    Case("no number", {"id_number": None}, "wrong", ["没有填证件号码"]),
    Case("number kept as a number", {"id_number": 450101198503010010}, "wrong", [ROUNDED]),
    Case("text of a rounded number", {"id_number": "450100198503020000"}, "wrong", [ROUNDED]),
    Case(
        "powers of ten",
        {"id_number": "4.50101E+17"},
        "wrong",
        ["身份证号在表格里被显示成科学计数，请把该列设成“文本”，对照证件重新填写"],
    ),
    Case(
        "number turned into a date",
        {"id_number": dt.date(1985, 3, 1)},
        "wrong",
        ["证件号码被表格变成了日期，请把该列设成“文本”，对照证件重新填写"],
    ),
    Case(
        "lost X",
        {"id_number": number(31)[:17]},
        "wrong",
        ["身份证号少一位，可能是最后的字母 X 丢了，请对照证件补上"],
    ),
    Case("apostrophe before the number", {"id_number": "'" + number(32)}, "new"),
    Case(
        "full-width digits",
        {"id_number": number(33).translate({48 + n: 0xFF10 + n for n in range(10)})},
        "new",
        [NUMBER_CLEANED],
    ),
    Case(
        "blanks in the number",
        {"id_number": f"{number(34)[:6]} {number(34)[6:14]} {number(34)[14:]}"},
        "new",
        [NUMBER_CLEANED],
    ),
    Case("small x", {"id_number": "45010019850301702x", "name": "张小写"}, "new"),
    Case("one digit wrong", {"id_number": number(36)[:17] + "Y"}, "wrong", [LOST]),
    Case(
        "old number of 15 digits",
        {"id_number": "450101850301001"},
        "wrong",
        ["证件号码应为 18 位，现在是 15 位"],
    ),
    Case("31 February", {"id_number": "450101198502310018"}, "wrong", [LOST]),
    Case("born tomorrow or later", {"id_number": "450101209901010013"}, "wrong", [LOST]),
    Case(
        "card of no kind",
        {"id_type": "军官证"},
        "wrong",
        [f"没有“军官证”这种证件类型，请填{TYPES}之一"],
    ),
    Case("short name of the card", {"id_type": "身份证"}, "new"),
    Case("passport", {"id_type": "护照", "id_number": "E12345678", "name": "JOHN SAMPLE"}, "new"),
    Case("passport too short", {"id_type": "护照", "id_number": "E12"}, "wrong",
         ["证件号码应为 5 至 9 位，现在是 3 位"]),
    Case(
        "permit with its renewals",
        {"id_type": "回乡证", "id_number": "H0123456702"},
        "new",
        [NUMBER_CLEANED],
    ),
    Case("sex against the number", {"sex": "女", "id_number": "450100198503017118"}, "wrong",
         ["性别与证件号码不一致（证件号码里是男），请核对"]),
    Case("no such sex", {"sex": "未知"}, "wrong", ["性别请填“男”或“女”"]),
    Case("birthday against the number", {"born_on": "1985-03-02"}, "wrong", [BORN]),
    Case("birthday in words", {"born_on": "八五年三月"}, "wrong", ["出生日期看不懂，请写成 1980-01-31 这样"]),
    Case("birthday as a date", {"born_on": dt.date(1985, 3, 1)}, "new"),
    Case("hired in the future", {"hired_on": dt.date(2099, 1, 1)}, "wrong", ["入职日期不能晚于今天"]),
    Case("hired in a year", {"hired_on": 2020}, "wrong", ["入职日期看不懂，请写成 1980-01-31 这样"]),
    Case("hired on a bare number", {"hired_on": 43831}, "new"),
    Case("hired in Chinese", {"hired_on": "2020年7月1日"}, "new"),
    Case("note without end", {"note": "备" * 201}, "wrong", ["备注太长（最多 200 个字）"]),
    Case(
        "insurance card as a number",
        {"insurance_card": 6222020000000000007},
        "wrong",
        ["社保卡号被表格存成了数字，末尾几位可能已变成 0，请把该列设成“文本”，对照卡片重新填写"],
    ),
    Case("first of twins", {"id_number": number(57)}, "new"),
    Case("second of twins", {"id_number": number(57)}, "wrong", ["证件号码与第 {twin} 行重复"]),
    Case("as on file", {"id_number": number(900), "name": "在册甲", "phone": "13700000900"}, "unchanged"),
    Case("new phone", {"id_number": number(901), "name": "在册乙", "phone": "13900000901"}, "changed"),
    Case(
        "blank cells keep what is on file",
        {"id_number": number(902), "name": "在册丙", "phone": None},
        "unchanged",
        [NO_PHONE],
    ),
    Case(
        "dot of another kind on file",
        {"id_number": number(903), "name": "在册・丁", "phone": "13700000903"},
        "unchanged",
    ),
    Case("came back", {"id_number": number(904), "name": "离职甲", "phone": "13700000904"}, "changed"),
    Case(
        "with another union",
        {"id_number": number(905), "name": "外单位甲", "phone": "13700000905"},
        "moved",
        ["该职工现在在“测试二厂工会委员会”的名册里。如已调入本单位，请在核对时选“申请调入”"],
    ),
    Case(
        "with another union under another name",
        {"id_number": number(906), "name": "冒名者", "phone": "13700000906"},
        "wrong",
        ["这个证件号码在别的工会名册里登记的是另一个姓名，请核对姓名和证件号码"],
    ),
    Case("one phone for three, first", {"phone": "13800009999"}, "new", [SHARED]),
    Case("one phone for three, second", {"phone": "13800009999"}, "new", [SHARED]),
    Case("one phone for three, third", {"phone": "13800009999"}, "new", [SHARED]),
    Case("does not match at the police", {"name": "张不符"}, "new", (), "未导入"),
    Case("unknown to the police", {"name": "张查无"}, "new", (), "未导入"),
    Case(
        "three things at once",
        {"name": "张 测", "phone": "123", "sex": "?"},
        "wrong",
        [SPACE, "性别请填“男”或“女”", "手机号码应为 11 位数字"],
    ),
)  # fmt: skip

AFTER_ASKING = {
    "does not match at the police": "姓名与证件号码不一致，请核对；若确实无误，再导入一次",
    "unknown to the police": "公安接口查不到这个证件号码，请检查姓名和证件号码",
}


def cells_of(place: int) -> list[Any]:
    """The cells of the case at that place: everything it does not speak of is sound."""
    case = CASES[place]
    sound: dict[str, Any] = {
        "name": "张测试",
        "id_number": number(100 + place),
        "phone": f"139{place:08d}",
    }
    cells = sound | case.cells
    return [cells.get(key) for key in KEYS]


def workbook(rows: Sequence[Sequence[Any]], *, above: Sequence[str] | None = None, save: bool = True) -> Any:
    """The template as openpyxl, another program, writes it; a text that starts with = is a formula."""
    book = openpyxl.Workbook()
    sheet = book.active
    for line in instructions() if above is None else above:
        sheet.append([line])
    sheet.append(TITLES)
    for row in rows:
        sheet.append(list(row))
    return saved(book) if save else book


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def golden_workbook() -> tuple[bytes, dict[int, Case]]:
    """The workbook, and which case stands in which row; a blank row and a hidden one are among them."""
    book = workbook([], save=False)
    sheet = book.active
    at: dict[int, Case] = {}
    for place, case in enumerate(CASES):
        if place == 5:
            sheet.append([])
            sheet.append([None, "  "])
        sheet.append(cells_of(place))
        for cell, value in zip(sheet[sheet.max_row], cells_of(place), strict=True):
            cell.data_type = "s" if isinstance(value, Text) else cell.data_type
        at[sheet.max_row] = case
    sheet.row_dimensions[sheet.max_row].hidden = True
    twin = next(row for row, case in at.items() if case.what == "first of twins")
    return saved(book), {
        row: case._replace(words=[words.format(twin=twin) for words in case.words])
        for row, case in at.items()
    }
