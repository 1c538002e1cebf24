"""How is money read, shown and written in capitals? Always integer fen inside."""

import re
import unicodedata

NOT_A_SUM = "金额请填数字，最多两位小数，例如 3206.30"
LIMIT_YUAN = 10_000_000
TOO_MUCH = f"金额不能超过 {LIMIT_YUAN:,} 元，请核对"

# Commas group by three (western) or four (万); "3,20" could be a decimal comma, so it is refused.
_SUM = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,4}(?:,[0-9]{4})+)(?:\.(?P<cents>[0-9]{1,2}))?"
)
_IGNORED = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_SECTIONS = ("", "万", "亿", "万亿")


def yuan(text: str) -> int:
    """What a person typed, in fen. Raises ValueError with the words to show."""
    plain = _IGNORED.sub("", unicodedata.normalize("NFKC", text)).replace("。", ".")
    plain = plain.removeprefix("¥").removesuffix("元")
    found = _SUM.fullmatch(plain)
    if not found:
        raise ValueError(NOT_A_SUM)
    whole = found["whole"].replace(",", "").lstrip("0")
    if len(whole) > 12:  # longer strings need not even become a number
        raise ValueError(TOO_MUCH)
    fen = int(whole or 0) * 100 + int((found["cents"] or "").ljust(2, "0"))
    if fen > LIMIT_YUAN * 100:
        raise ValueError(TOO_MUCH)
    return fen


def shown_yuan(fen: int) -> str:
    """320630 → 3,206.30"""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"


def upper_yuan(fen: int) -> str:
    """人民币大写 as banks want it: 123450 → 壹仟贰佰叁拾肆元伍角整"""
    if fen < 0:
        return "负" + upper_yuan(-fen)
    whole, jiao, cent = fen // 100, fen // 10 % 10, fen % 10
    if whole >= 10 ** (4 * len(_SECTIONS)):
        raise ValueError("too large to write in capitals")
    if fen == 0:
        return "零元整"
    said = _said_whole(whole) + "元" if whole else ""
    if jiao:
        said += _DIGITS[jiao] + "角"
    elif cent and whole:
        said += "零"
    return said + (_DIGITS[cent] + "分" if cent else "整")


def _said_whole(whole: int) -> str:
    """Four digits at a time; one 零 for any run of zeros inside the number, none at a section's end."""
    said = ""
    for place in range(len(_SECTIONS) - 1, -1, -1):
        section = whole // 10000**place % 10000
        if not section:
            continue
        if said and (section < 1000 or whole // 10000 ** (place + 1) % 10000 == 0):
            said += "零"
        said += _said_section(section) + _SECTIONS[place]
    return said


def _said_section(section: int) -> str:
    said, has_gap = "", False
    for digit, unit in zip(map(int, f"{section:04d}"), _PLACES, strict=True):
        if not digit:
            has_gap = bool(said)
            continue
        said += ("零" if has_gap else "") + _DIGITS[digit] + unit
        has_gap = False
    return said
