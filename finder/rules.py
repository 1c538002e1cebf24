"""Which stay may somebody have forgotten to claim for, and what does the uploaded table look like? Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from core import identifiers
from core.days import parse_day
from core.money import yuan
from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, OPERATOR, SYSTEM
from core.terms import Term
from core.workflow import Move, Workflow

READERS = (OPERATOR, CHAIR, ADMINISTRATOR, AUDITOR)
OVERSEERS = (ADMINISTRATOR, AUDITOR)
# How long after the last day to apply a found stay is kept.
KEEP = Term(days=30)

_SYSTEM, _KEEPER = frozenset({SYSTEM}), frozenset({ADMINISTRATOR})
RUN = Workflow(
    "finder",
    {
        "uploaded": "未处理",
        "reading": "核对中",
        "found": "待发提醒",
        "telling": "提醒中",
        "done": "已提醒",
        "closed": "已关闭",
        "refused": "不能处理",
    },
    (
        Move("read", ("uploaded",), "reading", _SYSTEM, "开始核对"),
        Move("find", ("reading",), "found", _SYSTEM, "核对完"),
        Move("refuse", ("uploaded", "reading"), "refused", _SYSTEM, "不能处理", needs_note=True),
        Move("tell", ("found",), "telling", _KEEPER, "发出提醒"),
        Move("close", ("found",), "closed", _KEEPER, "不提醒，关闭"),
        Move("finish", ("telling",), "done", _SYSTEM, "提醒完"),
    ),
    final=frozenset({"done", "closed", "refused"}),
)
WORKED_ON = ("uploaded", "reading", "telling")
STATES = {"new": "还没提醒", "told": "已提醒", "claimed": "已申请", "muted": "不接收提醒"}

EMPTY = "没有找到可能漏申请的住院。"
NO_FILE = "请选择填好的表格再上传"
OPEN_ALREADY = "还有一份结算数据没有处理完，请等它处理完、发出提醒或关闭以后再上传。"
NOTHING_KEPT = "没有以前上传的数据可以再核对，请先上传结算数据。"
NOBODY = "这次没有要提醒的人。"

# --- the table

TITLE = "医保结算数据模板"
MARK = "模板版本："
VERSION = "F2026-1"
ROWS_BEFORE_HEADER = 30
NOT_THE_TEMPLATE = (
    "这个表格不是结算数据模板：没有找到“证件号码”“入院日期”“出院日期”这一行表头。"
    "请下载模板，把数据贴进去再上传。"
)
COLUMN_TWICE = "列“{title}”有两列，请删掉一列再上传"


class Column(NamedTuple):
    """One column: what it fills, its heading, whether it must be there, what to write in it."""

    key: str
    title: str
    needed: bool
    hint: str


COLUMNS = (
    Column("id_number", "证件号码", True, "与名册上登记的一致；这一列请保持“文本”格式"),
    Column("admitted_on", "入院日期", True, "例如 2026-03-01"),
    Column("discharged_on", "出院日期", True, "例如 2026-03-08"),
    Column("hospital", "医院名称", False, "没有可以不填"),
    Column("total_fen", "医疗总费用", False, "元，例如 12000.00；没有可以不填"),
    Column("pooled_fen", "统筹支付", False, "元；没有可以不填"),
    Column("self_paid_fen", "个人自付", False, "元；填了才能排除算下来没有补助的住院"),
    Column("own_expense_fen", "个人自费", False, "元；没有可以不填"),
)
TITLES = tuple(column.title for column in COLUMNS)
SUMS = tuple(column.key for column in COLUMNS if column.key.endswith("_fen"))

Cell = str | int | float | date | None

NO_NUMBER = "没有填证件号码"
ROUNDED = "证件号码被表格存成了数字，末尾几位已变成 0，请把该列设成“文本”"
WRONG_NUMBER = "证件号码有误，请核对"
NO_DAY = "没有填{title}"
ODD_DAY = "{title}看不懂，请写成 2026-03-01 这样"
DAY_AHEAD = "{title}不能晚于今天"
DATE_ORDER = "出院日期早于入院日期"
ODD_SUM = "{title}请填数字，最多两位小数"
_DAY_ZERO = date(1899, 12, 30)


class Stay(NamedTuple):
    """One row, cleaned: who, from when to when, where, and the sums in fen (0 for those not given)."""

    id_number: str
    admitted_on: date
    discharged_on: date
    hospital: str
    total_fen: int
    pooled_fen: int
    self_paid_fen: int
    own_expense_fen: int

    @property
    def has_sums(self) -> bool:
        return self.self_paid_fen > 0


class Layout(NamedTuple):
    """`header` is the heading row's number from 1, `places[i]` the cell of COLUMNS[i] (None: not there)."""

    header: int
    places: tuple[int | None, ...]


def find_layout(top: Sequence[Sequence[object]]) -> Layout | str:
    """Read the headings among a table's first rows; the words when it is not the template."""
    for number, row in enumerate(top[:ROWS_BEFORE_HEADER], 1):
        titles = [_tidy(cell) for cell in row]
        if "证件号码" not in titles:
            continue
        twice = next((title for title in TITLES if titles.count(title) > 1), None)
        if twice:
            return COLUMN_TWICE.format(title=twice)
        if all(column.title in titles for column in COLUMNS if column.needed):
            return Layout(number, tuple(titles.index(t) if t in titles else None for t in TITLES))
    return NOT_THE_TEMPLATE


def instructions() -> list[str]:
    """What to write, a line each, as it stands above the headings."""
    lines = [f"{TITLE}　{MARK}{VERSION}", "填写说明："]
    for number, column in enumerate(COLUMNS, 1):
        lines.append(f"{number}. {column.title}：{'必填。' if column.needed else ''}{column.hint}。")
    return [
        *lines,
        "一次住院一行，从表头的下一行开始填写。系统只保留核对到的参保职工，其他行不保存。",
    ]


def is_blank(row: Sequence[Cell]) -> bool:
    return not any(cell is not None and str(cell).strip() for cell in row)


def read_row(row: Sequence[Cell], layout: Layout, today: date) -> Stay | list[str]:
    """The stay a row describes, or what is wrong with it in words."""
    cells = {
        column.key: row[place] if place is not None and place < len(row) else None
        for column, place in zip(COLUMNS, layout.places, strict=True)
    }
    wrong: list[str] = []
    number = _number(cells["id_number"], wrong)
    admitted = _day("入院日期", cells["admitted_on"], today, wrong)
    discharged = _day("出院日期", cells["discharged_on"], today, wrong)
    if admitted and discharged and discharged < admitted:
        wrong.append(DATE_ORDER)
    sums = [_sum(column.title, cells[column.key], wrong) for column in COLUMNS if column.key in SUMS]
    if wrong or admitted is None or discharged is None:
        return wrong
    hospital = "" if cells["hospital"] is None else str(cells["hospital"]).strip()[:60]
    return Stay(number, admitted, discharged, hospital, *sums)


def last_day(
    deadline_on: date | None, deadline_days: int | None, discharged_on: date, otherwise: date
) -> date:
    """Until when one may still apply."""
    days = [deadline_on] if deadline_on else []
    if deadline_days is not None:
        days.append(discharged_on + timedelta(days=deadline_days))
    return min(days) if days else otherwise


def _number(cell: Cell, wrong: list[str]) -> str:
    if isinstance(cell, float) or (isinstance(cell, int) and cell >= 10**15):
        wrong.append(ROUNDED)
        return ""
    number = identifiers.normalise("resident_id", "" if cell is None else str(cell).lstrip("'"))
    if not number:
        wrong.append(NO_NUMBER)
    elif not re.fullmatch(r"[A-Z0-9]{5,20}", number):
        wrong.append(WRONG_NUMBER)
    return number


def _day(title: str, cell: Cell, today: date, wrong: list[str]) -> date | None:
    if cell is None or not str(cell).strip():
        wrong.append(NO_DAY.format(title=title))
        return None
    day = _as_day(cell)
    if day is None:
        wrong.append(ODD_DAY.format(title=title))
    elif day > today:
        wrong.append(DAY_AHEAD.format(title=title))
    return day


def _as_day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and 3_000 <= cell < 100_000:
        return _DAY_ZERO + timedelta(days=int(cell))
    return parse_day(str(cell).strip()[:10])


def _sum(title: str, cell: Cell, wrong: list[str]) -> int:
    if cell is None or not str(cell).strip():
        return 0
    try:
        return yuan(str(round(cell, 2)) if isinstance(cell, float) else str(cell))
    except ValueError:
        wrong.append(ODD_SUM.format(title=title))
        return 0


def _tidy(cell: object) -> str:
    plain = re.sub(r"[\s*＊\u200b\ufeff]", "", str(cell or ""))  # noqa: RUF001  the full-width star
    return re.sub(r"[（(].*[）)]$", "", plain)  # noqa: RUF001
