"""Does a value fit the type of its template field? The rules behind errcode 47003."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

FIELD = re.compile(r"\{\{\s*([A-Za-z_]+\d*)\.DATA\s*\}\}")

_CLOCK = r"\d{1,2}:\d{2}"
_DAY = r"(?:\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{4}\.\d{1,2}\.\d{1,2})"
_MOMENT = rf"(?:{_DAY}(?:\s?{_CLOCK})?|{_CLOCK})"
_TIME = re.compile(rf"{_MOMENT}(?:\s?~\s?{_MOMENT})?")
_AMOUNT = re.compile(r"[¥￥$€£]?\d{1,10}(?:\.\d+)?元?")


def _is_name(text: str) -> bool:
    return len(text) <= (20 if text.isascii() else 10)


def _is_phrase(text: str) -> bool:
    return len(text) <= 5 and all("\u4e00" <= c <= "\u9fff" for c in text)


def _is_symbols(text: str) -> bool:
    return len(text) <= 5 and not any(c.isalnum() for c in text)


_RULES: dict[str, Callable[[str], bool]] = {
    "thing": lambda t: len(t) <= 20,
    "character_string": lambda t: len(t) <= 32 and t.isascii() and t.isprintable(),
    "number": lambda t: len(t) <= 32 and re.fullmatch(r"\d+(\.\d+)?", t) is not None,
    "letter": lambda t: len(t) <= 32 and t.isascii() and t.isalpha(),
    "symbol": _is_symbols,
    "time": lambda t: _TIME.fullmatch(t) is not None,
    "date": lambda t: _TIME.fullmatch(t) is not None,
    "amount": lambda t: _AMOUNT.fullmatch(t) is not None,
    "phone_number": lambda t: len(t) <= 17 and re.fullmatch(r"[\d+()\- ]+", t) is not None,
    "car_number": lambda t: len(t) <= 8,
    "name": _is_name,
    "phrase": _is_phrase,
    "keyword": lambda t: len(t) <= 20,
}


def fields_of(content: str) -> list[str]:
    return FIELD.findall(content)


def kind_of(field: str) -> str:
    return field.rstrip("0123456789")


def complaint(field: str, value: object, choices: list[str] | None = None) -> str:
    """ "" when the value fits, else the words of 47003 after `argument invalid! `."""
    if not isinstance(value, str) or not value.strip():
        return f"data.{field}.value is empty"
    if any(unicodedata.category(c) == "Cc" for c in value):
        return f"data.{field}.value invalid"
    kind = kind_of(field)
    if kind in ("enum", "const"):
        return "" if not choices or value in choices else f"data.{field}.value invalid"
    rule = _RULES.get(kind)
    return "" if rule is None or rule(value) else f"data.{field}.value invalid"


def first_complaint(content: str, data: dict, enums: dict[str, list[str]]) -> str:
    for field in fields_of(content):
        entry = data.get(field)
        value = entry.get("value") if isinstance(entry, dict) else entry
        if words := complaint(field, value, enums.get(field)):
            return words
    return ""


def filled(content: str, data: dict) -> str:
    """The template with its values, as the phone shows it."""

    def one(match: re.Match) -> str:
        entry = data.get(match.group(1), "")
        return str(entry.get("value", "")) if isinstance(entry, dict) else str(entry)

    return FIELD.sub(one, content)
