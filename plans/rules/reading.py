"""How is one table of a plan file read, so that what is wrong with it is said in one clear line?"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from plans.rules.plan import Figure

_MISSING: Any = object()


class PlanError(ValueError):
    """A plan that cannot be used; the text names the plan, the benefit and the key."""


class Table:
    """One table of the file: reads each key once, and says which plan, benefit and key is wrong."""

    def __init__(self, content: Any, where: str, figures: list[Figure]) -> None:
        self.where, self.figures = where, figures
        if not isinstance(content, Mapping):
            raise PlanError(f"{where}: must be a table")
        self.left = dict(content)

    def wrong(self, key: str, text: str) -> PlanError:
        return PlanError(f"{self.where}, {key}: {text}")

    def take(self, key: str, default: Any = _MISSING) -> Any:
        value = self.left.pop(key, default)
        if value is _MISSING:
            raise self.wrong(key, "is missing")
        return value

    def read(self, key: str, reader: Callable[[Any], Any], default: Any = _MISSING) -> Any:
        value = self.take(key, default)
        if value is default:
            return default
        try:
            return reader(value)
        except ValueError as problem:
            raise self.wrong(key, str(problem)) from None

    def figure(self, key: str, reader: Callable[[Any], Any], default: Any = _MISSING) -> Any:
        """A number with its source: `{ value = …, source = "…" }`."""
        if key not in self.left and default is not _MISSING:
            return default
        table = Table(self.take(key), f"{self.where}, {key}", self.figures)
        value = table.take("value")
        self.cite(key, value, table.read("source", text))
        table.end()
        try:
            return reader(value)
        except ValueError as problem:
            raise self.wrong(key, str(problem)) from None

    def rows(self, key: str, reader: Callable[["Table"], Any]) -> tuple[Any, ...]:
        """Numbers that belong together: `{ source = "…", rows = [ … ] }`."""
        table = Table(self.take(key), f"{self.where}, {key}", self.figures)
        source, rows = table.read("source", text), table.take("rows")
        table.end()
        if not isinstance(rows, list) or not rows:
            raise self.wrong(key, "needs at least one row")
        self.cite(key, json.dumps(rows, ensure_ascii=False), source)
        return tuple(
            read_table(row, f"{self.where}, {key} row {number}", self.figures, reader)
            for number, row in enumerate(rows, 1)
        )

    def tables(self, key: str, reader: Callable[["Table"], Any]) -> tuple[Any, ...]:
        rows = self.take(key, [])
        if not isinstance(rows, list):
            raise self.wrong(key, f"must be a list of tables, [[{key}]]")
        return tuple(
            read_table(row, f"{self.where}, {key} {name_of(row, number)}", self.figures, reader)
            for number, row in enumerate(rows, 1)
        )

    def cite(self, key: str, value: Any, source: str) -> None:
        self.figures.append(Figure(f"{self.where}, {key}", str(value), source))

    def end(self) -> None:
        for key in self.left:
            raise self.wrong(key, "is not known here")


def read_table(content: Any, where: str, figures: list[Figure], reader: Callable[[Table], Any]) -> Any:
    table = Table(content, where, figures)
    value = reader(table)
    table.end()
    return value


def name_of(row: Any, number: int) -> str:
    return str(row.get("code", number)) if isinstance(row, Mapping) else str(number)


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("must be a whole number, 0 or more")
    return value


def day(value: Any) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("must be a date like 2026-12-31") from None


def money(value: Any) -> int:
    found = re.fullmatch(r"([0-9]{1,10})\.([0-9]{2})", value) if isinstance(value, str) else None
    if not found:
        raise ValueError('must be yuan in a string with two decimals, like "1200.00"')
    return int(found[1]) * 100 + int(found[2])


def percent(value: Any) -> int:
    found = re.fullmatch(r"([0-9]{1,3})(?:\.([0-9]{1,4}))?%", value) if isinstance(value, str) else None
    ppm = int(found[1]) * 10_000 + int((found[2] or "").ljust(4, "0")) if found else -1
    if not 0 <= ppm <= 1_000_000:
        raise ValueError('must be a percentage from "0%" to "100%" in a string, like "12.5%"')
    return ppm


def one_of(*choices: str) -> Callable[[Any], str]:
    def reader(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return reader


def some_of(*choices: str) -> Callable[[Any], frozenset[str]]:
    def reader(value: Any) -> frozenset[str]:
        if not isinstance(value, list) or not value or not set(value) <= set(choices):
            raise ValueError(f"must be a list of {', '.join(choices)}")
        return frozenset(value)

    return reader


def texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of texts")
    return tuple(text(item) for item in value)
