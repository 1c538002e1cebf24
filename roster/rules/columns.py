"""Which columns does the roster's template have, and is an uploaded table made from it? (XM-31, XM-37)"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

VERSION = "R2026-1"
TITLE = "职工名册导入模板"
MARK = "模板版本："
ROWS_BEFORE_HEADER = 30
RESULT, REASON = "处理结果", "原因"


class Column(NamedTuple):
    """One column: the attribute it fills, its heading, whether it must be there, what to write in it."""

    key: str
    title: str
    needed: bool
    hint: str


COLUMNS = (
    Column(
        "name", "姓名", True, "与证件上一致；中文姓名中间不能有空格；生僻字请直接粘贴汉字，不要用拼音或图片"
    ),
    Column("id_type", "证件类型", False, "不填按居民身份证"),
    Column("id_number", "证件号码", True, "最后一位是字母的请用大写字母；这一列请保持“文本”格式"),
    Column("sex", "性别", False, "男或女；居民身份证可以不填"),
    Column("born_on", "出生日期", False, "例如 1980-01-31；居民身份证可以不填"),
    Column("phone", "手机号码", False, "11 位数字；不填的话本人收不到短信，也不能绑定微信"),
    Column("insurance_type", "社保类型", False, "例如 城镇职工基本医疗保险"),
    Column("insurance_card", "社保卡号", False, "没有可以不填"),
    Column("hired_on", "入职日期", False, "例如 2020-07-01；没有可以不填"),
    Column("note", "备注", False, "不要写病情等与参保无关的内容"),
)
TITLES = tuple(column.title for column in COLUMNS)
KEYS = tuple(column.key for column in COLUMNS)
_BY_TITLE = {column.title: place for place, column in enumerate(COLUMNS)}
_OF_OURS = {RESULT, REASON, "序号"}

NOT_THE_TEMPLATE = (
    "这个表格不是职工名册模板：没有找到“姓名”和“证件号码”这一行表头。请下载最新模板，把数据贴进去再导入。"
)
COLUMN_MISSING = "列{missing}找不到，请用最新模板"
COLUMN_TWICE = "列“{title}”有两列，请删掉一列再导入"
OLD_TEMPLATE = "这是旧模板（{old}），现在用的是 {new}。{differs}请下载最新模板，把数据贴过去再导入。"
HIDDEN_MERGE = "表头有合并的单元格，请用最新模板，不要合并单元格"


class Layout(NamedTuple):
    """`header` is the heading row's number from 1, `places[i]` the cell of COLUMNS[i] (None: not there)."""

    header: int
    places: tuple[int | None, ...]
    unknown: tuple[str, ...] = ()


class WrongTemplate(NamedTuple):
    """The whole file is refused, in the words to show."""

    words: str


def find_layout(top: Sequence[Sequence[object]]) -> Layout | WrongTemplate:
    """Read the headings among a table's first rows; a version mark above them must be the present one."""
    version = ""
    for number, row in enumerate(top[:ROWS_BEFORE_HEADER], 1):
        titles = [_tidy(cell) for cell in row]
        if "姓名" in titles or "证件号码" in titles:
            return _layout(number, titles, version)
        version = version or _version(row)
    return WrongTemplate(NOT_THE_TEMPLATE)


def _layout(number: int, titles: list[str], version: str) -> Layout | WrongTemplate:
    if version and version != VERSION:
        differs = _differs(titles)
        return WrongTemplate(OLD_TEMPLATE.format(old=version, new=VERSION, differs=differs))
    twice = next((title for title in TITLES if titles.count(title) > 1), None)
    if twice:
        return WrongTemplate(COLUMN_TWICE.format(title=twice))
    missing = [column.title for column in COLUMNS if column.needed and column.title not in titles]
    if missing and "" in titles[: _last(titles)]:
        return WrongTemplate(HIDDEN_MERGE)
    if missing:
        return WrongTemplate(COLUMN_MISSING.format(missing=_quoted(missing)))
    places = tuple(titles.index(title) if title in titles else None for title in TITLES)
    unknown = tuple(title for title in titles if title and title not in _BY_TITLE and title not in _OF_OURS)
    return Layout(number, places, unknown)


def _last(titles: list[str]) -> int:
    """The place of the last heading; a blank one before it is what merging leaves."""
    return max(place for place, title in enumerate(titles) if title)


def _differs(titles: list[str]) -> str:
    """What an old template has too much and too little."""
    lacks = [title for title in TITLES if title not in titles]
    extra = [title for title in titles if title and title not in _BY_TITLE and title not in _OF_OURS]
    parts = [f"少了{_quoted(lacks)}" if lacks else "", f"多了{_quoted(extra)}" if extra else ""]
    said = "，".join(part for part in parts if part)
    return f"不同之处：{said}。" if said else ""


def _version(row: Sequence[object]) -> str:
    found = re.search(r"模板版本[:：]\s*([A-Za-z0-9.\-]+)", " ".join(str(cell) for cell in row if cell))
    return found.group(1) if found else ""


def _quoted(titles: list[str]) -> str:
    return "、".join(f"“{title}”" for title in titles)


def _tidy(cell: object) -> str:
    """A heading as typed: blanks, line breaks, stars and brackets after it do not count."""
    plain = re.sub(r"[\s*＊\u200b\ufeff]", "", str(cell or ""))  # noqa: RUF001  the full-width star
    return re.sub(r"[（(].*[）)]$", "", plain)  # noqa: RUF001


def instructions() -> list[str]:
    """录入说明, a line each, as they stand above the headings."""
    lines = [f"{TITLE}　{MARK}{VERSION}", "录入说明："]
    for number, column in enumerate(COLUMNS, 1):
        must = "必填。" if column.needed else ""
        lines.append(f"{number}. {column.title}：{must}{column.hint}。")
    return [*lines, "请从表头的下一行开始填写，一人一行；不要改动表头，不要合并单元格。"]
