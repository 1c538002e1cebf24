"""What is wrong with one row of an uploaded roster, in the operator's words, cell by cell? (XM-35 … XM-40)

Spreadsheets damage identity numbers in known ways: 15 digits kept of 18, scientific notation, a lost X, a
date. What can be read safely is cleaned and said; what would have to be guessed is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from core import identifiers, names
from core.days import parse_day
from roster.rules.columns import KEYS, Layout

Cell = str | int | float | date | None

SPACE_IN_NAME = "中文姓名中间不能有空格"  # XM-39
DIGIT_IN_NAME = "姓名里不能有数字"
NO_NAME = "没有填姓名"
NO_NUMBER = "没有填证件号码"
SCIENTIFIC = "身份证号在表格里被显示成科学计数，请把该列设成“文本”，对照证件重新填写"
ROUNDED = "证件号码被表格存成了数字，末尾几位已变成 0，请把该列设成“文本”，对照证件重新填写"
AS_DATE = "证件号码被表格变成了日期，请把该列设成“文本”，对照证件重新填写"
CARD_ROUNDED = "社保卡号被表格存成了数字，末尾几位可能已变成 0，请把该列设成“文本”，对照卡片重新填写"
LOST_X = "身份证号少一位，可能是最后的字母 X 丢了，请对照证件补上"
FORMULA = "这一格是公式出错的结果（{text}），请填写内容"
UNKNOWN_TYPE = "没有“{text}”这种证件类型，请填{known}之一"
OTHER_SEX = "性别请填“男”或“女”"
SEX_DIFFERS = "性别与证件号码不一致（证件号码里是{sex}），请核对"
NO_DAY = "{title}看不懂，请写成 1980-01-31 这样"
DAY_AHEAD = "{title}不能晚于今天"
BORN_DIFFERS = "出生日期与证件号码不一致（证件号码里是 {born}），请核对"
TOO_LONG = "{title}太长（最多 {most} 个字）"
NO_PHONE = "没有手机号码：本人收不到短信，也不能绑定微信"
CLEANED = "已去掉{title}里的空格或符号"
LONGEST = {"insurance_type": 40, "insurance_card": 40, "note": 200}
SHORT_TITLES = {"insurance_type": "社保类型", "insurance_card": "社保卡号", "note": "备注"}

ID_TYPE_OF = {label: kind for kind, label in identifiers.ID_TYPES.items()} | {
    "身份证": "resident_id",
    "二代身份证": "resident_id",
    "港澳通行证": "hk_macau_permit",
    "回乡证": "hk_macau_permit",
    "台胞证": "taiwan_permit",
    "台湾通行证": "taiwan_permit",
    "外国人永久居留证": "foreigner_permanent",
}
SEX_OF = {"男": "男", "女": "女", "男性": "男", "女性": "女", "M": "男", "F": "女"}
_ERRORS = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!)")
_PLAIN_NAME = re.compile("[\u4e00-\u9fff]{2,4}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_SCIENTIFIC = re.compile(r"\s*[0-9](\.[0-9]+)?[Ee]\+?[0-9]{1,2}\s*")
_SERIAL_ZERO = date(1899, 12, 30)


class Finding(NamedTuple):
    """Words about one cell; `is_refusal` means that the row is not imported."""

    column: str
    words: str
    is_refusal: bool = True


class Person(NamedTuple):
    """One row, cleaned. Dates are days or None; texts are "" when nothing was typed."""

    name: str
    id_type: str
    id_number: str
    sex: str
    born_on: date | None
    phone: str
    insurance_type: str
    insurance_card: str
    hired_on: date | None
    note: str


def is_blank(row: Sequence[Cell]) -> bool:
    return not any(cell is not None and str(cell).strip() for cell in row)


def read_row(row: Sequence[Cell], layout: Layout, today: date) -> tuple[Person, list[Finding]]:
    """The person a row describes and what there is to say about its cells."""
    size = len(row)
    cells = [row[place] if place is not None and place < size else None for place in layout.places]
    found: list[Finding] = []
    for key, cell in zip(KEYS, cells, strict=True):
        if type(cell) is str and cell[:1] == "#" and _ERRORS.fullmatch(cell.strip()):
            found.append(Finding(key, FORMULA.format(text=cell.strip())))
    if found:
        return _nobody(), found
    return _person(cells, today, found), found


def _person(cells: list[Cell], today: date, found: list[Finding]) -> Person:
    name, id_type, id_number, sex, born_on, phone, *rest = cells
    insurance_type, insurance_card, hired_on, note = rest
    kind = _id_type(id_type, found)
    number = _id_number(id_number, kind, today, found)
    sound = number if not found or all(finding.column != "id_number" for finding in found) else ""
    is_male, born = identifiers.carried(sound)
    return Person(
        _name(name, found),
        kind,
        number,
        _sex(sex, is_male, found),
        _born_on(born_on, born, today, found),
        _phone(phone, found),
        _text("insurance_type", insurance_type, found),
        _text("insurance_card", insurance_card, found),
        _day("hired_on", "入职日期", hired_on, today, found),
        _text("note", note, found),
    )


def _nobody() -> Person:
    return Person("", "", "", "", None, "", "", "", None, "")


def _name(cell: Cell, found: list[Finding]) -> str:
    if type(cell) is str and _PLAIN_NAME.fullmatch(cell):
        return cell
    text = _shown(cell)
    name = names.normalise(text)
    words = names.problem(text)
    if words == names.EMPTY:
        words = NO_NAME
    elif words == names.SPACE_OR_DIGIT:
        words = SPACE_IN_NAME if " " in name else DIGIT_IN_NAME
    if words:
        found.append(Finding("name", words))
    return name


def _id_type(cell: Cell, found: list[Finding]) -> str:
    if cell is None or cell == "居民身份证":
        return "resident_id"
    text = re.sub(r"\s", "", _shown(cell))
    kind = ID_TYPE_OF.get(text) if text else "resident_id"
    if kind is None:
        known = "、".join(identifiers.ID_TYPES.values())
        found.append(Finding("id_type", UNKNOWN_TYPE.format(text=text[:20], known=known)))
    return kind or ""


def _id_number(cell: Cell, kind: str, today: date, found: list[Finding]) -> str:
    if damage := _damage(cell, kind):
        found.append(Finding("id_number", damage))
        return ""
    if type(cell) is str and kind == "resident_id" and identifiers.is_plain_resident(cell, today):
        return cell
    text = _shown(cell).strip()
    number = identifiers.normalise(kind, text)
    if kind:
        words = identifiers.problem(kind, text, today)
        if words == identifiers.NO_NUMBER:
            words = NO_NUMBER
        elif words and kind == "resident_id":
            words = _resident_words(number) or words
        if words:
            found.append(Finding("id_number", words))
    if number and number != text.upper():
        found.append(Finding("id_number", CLEANED.format(title="证件号码"), is_refusal=False))
    return number


def _damage(cell: Cell, kind: str) -> str | None:
    """What a spreadsheet did to a number that can no longer be read from the cell."""
    if isinstance(cell, date):
        return AS_DATE
    if _is_rounded(cell):
        return SCIENTIFIC if type(cell) is str else ROUNDED
    return None


def _is_rounded(cell: Cell) -> bool:
    """A number of more digits than a spreadsheet keeps, or one it shows in powers of ten."""
    if type(cell) is str:
        return not cell.isdigit() and bool(_SCIENTIFIC.fullmatch(cell))
    return isinstance(cell, float) or (isinstance(cell, int) and cell >= 10**15)


def _resident_words(number: str) -> str | None:
    if len(number) == 17 and number.isdigit():
        return LOST_X
    return ROUNDED if len(number) == 18 and number.endswith("000") else None


def _sex(cell: Cell, is_male: bool | None, found: list[Finding]) -> str:
    carried = "" if is_male is None else ("男" if is_male else "女")
    if cell is None:
        return carried
    text = _shown(cell).strip().upper()
    sex = SEX_OF.get(text, "") if text else carried
    if text and not sex:
        found.append(Finding("sex", OTHER_SEX))
    elif sex and carried and sex != carried:
        found.append(Finding("sex", SEX_DIFFERS.format(sex=carried)))
    return sex


def _born_on(cell: Cell, carried: date | None, today: date, found: list[Finding]) -> date | None:
    if cell is None:
        return carried
    born = _day("born_on", "出生日期", cell, today, found)
    if born and carried and born != carried:
        found.append(Finding("born_on", BORN_DIFFERS.format(born=carried.isoformat())))
    return born or carried


def _phone(cell: Cell, found: list[Finding]) -> str:
    if type(cell) is str and identifiers.is_plain_mobile(cell):
        return cell
    text = "" if cell is None else _shown(cell)
    number = identifiers.normalise_mobile(text)
    if not number:
        found.append(Finding("phone", NO_PHONE, is_refusal=False))
    elif words := identifiers.mobile_problem(text):
        found.append(Finding("phone", words))
    elif number != text.strip():
        found.append(Finding("phone", CLEANED.format(title="手机号码"), is_refusal=False))
    return number


def _text(key: str, cell: Cell, found: list[Finding]) -> str:
    if cell is None:
        return ""
    if type(cell) is str and cell.isalnum() and len(cell) <= LONGEST[key] and not _is_rounded(cell):
        return cell
    text = _shown(cell)
    if not text.isalnum():
        text = _CONTROLS.sub(" ", text).strip()
    if key == "insurance_card" and _is_rounded(cell):
        found.append(Finding(key, CARD_ROUNDED))
    if len(text) > LONGEST[key]:
        found.append(Finding(key, TOO_LONG.format(title=SHORT_TITLES[key], most=LONGEST[key])))
    return text


def _day(key: str, title: str, cell: Cell, today: date, found: list[Finding]) -> date | None:
    if cell is None:
        return None
    day = _as_day(cell)
    if day is None:
        if _shown(cell).strip():
            found.append(Finding(key, NO_DAY.format(title=title)))
    elif day > today:
        found.append(Finding(key, DAY_AHEAD.format(title=title)))
    return day


def _as_day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and 3_000 <= cell < 100_000:  # a bare number; 2020 is a year
        return _SERIAL_ZERO + timedelta(days=int(cell))
    return parse_day(_shown(cell))


def _shown(cell: Cell) -> str:
    """The cell as text; an apostrophe before it is the spreadsheet's mark for "this is text"."""
    if cell is None:
        return ""
    return cell.lstrip("'’‘`") if type(cell) is str else str(cell)
