"""Does a value fit a field of a WeChat template? The rules behind errcode 47003, in words (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_FIELD = re.compile(r"([^\n{}]*)\{\{\s*([A-Za-z_]+[0-9]*)\.DATA\s*\}\}")
_CLOCK = r"[0-9]{1,2}:[0-9]{2}"
_DAY = r"[0-9]{4}(?:年[0-9]{1,2}月[0-9]{1,2}日|([-/.])[0-9]{1,2}\1[0-9]{1,2})"
_MOMENT = re.compile(rf"(?:{_DAY}(?: ?{_CLOCK})?|{_CLOCK})")
_AMOUNT = re.compile(r"[¥￥$€£]?[0-9]{1,10}(?:\.[0-9]+)?元?")


def _is_time(text: str) -> bool:
    return all(_MOMENT.fullmatch(part.strip()) for part in text.split("~", 1))


def _is_name(text: str) -> bool:
    return len(text) <= (20 if text.isascii() else 10)


def _is_phrase(text: str) -> bool:
    return len(text) <= 5 and all("\u4e00" <= sign <= "\u9fff" for sign in text)


# kind of field → (what it takes, is it right?)
RULES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "thing": ("最多 20 个字", lambda t: len(t) <= 20),
    "character_string": (
        "最多 32 位数字、字母或符号，不能有汉字",
        lambda t: len(t) <= 32 and t.isascii() and t.isprintable(),
    ),
    "number": ("最多 32 位数字", lambda t: len(t) <= 32 and bool(re.fullmatch(r"[0-9]+(\.[0-9]+)?", t))),
    "letter": ("最多 32 个字母", lambda t: len(t) <= 32 and t.isascii() and t.isalpha()),
    "symbol": ("最多 5 个符号", lambda t: len(t) <= 5 and not any(sign.isalnum() for sign in t)),
    "time": ("时间，如 2026-10-01 15:01，不带秒", _is_time),
    "date": ("日期，如 2026年10月1日", _is_time),
    "amount": ("金额，如 1234.50元", lambda t: bool(_AMOUNT.fullmatch(t))),
    "phone_number": ("最多 17 位号码", lambda t: bool(re.fullmatch(r"[0-9+() -]{1,17}", t))),
    "car_number": ("最多 8 位车牌", lambda t: len(t) <= 8),
    "name": ("最多 10 个汉字或 20 个字母", _is_name),
    "phrase": ("最多 5 个汉字，不能有别的", _is_phrase),
    "keyword": ("最多 20 个字", lambda t: len(t) <= 20),
}


def fields_of(content: str) -> list[tuple[str, str]]:
    """(label, field) of a template's content, in its order: 申请编号：{{character_string1.DATA}}."""
    return [(label.strip().rstrip(":：").strip() or field, field) for label, field in _FIELD.findall(content)]


def kind_of(field: str) -> str:
    return field.rstrip("0123456789")


def rule_words(field: str) -> str:
    """What the field takes; empty for kinds whose values are set at the console (enum, const) or are new."""
    return RULES[kind_of(field)][0] if kind_of(field) in RULES else ""


def complaint(field: str, value: str) -> str:
    """Why WeChat would refuse `value`; empty when it fits."""
    if not value.strip():
        return "不能为空"
    if any(unicodedata.category(sign) == "Cc" for sign in value):
        return "不能换行"
    rule = RULES.get(kind_of(field))
    return "" if rule is None or rule[1](value) else rule[0]
