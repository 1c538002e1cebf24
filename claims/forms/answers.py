"""How is one question read? Messy input is understood where it is plain, kept as typed where it is not."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from wtforms import Field, Form
from wtforms.validators import StopValidation

from core import identifiers, money
from core.pages import parse_day
from core.pages.words import day

NO_DEGREE = "伤残等级是 1 级到 10 级，请照伤残等级鉴定书填写；没有评上等级的不能申请本项补助"
NO_DAY = "{label}没有看懂，请按 2026-10-01 这样填写"
_STRANGE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


class Answer(Field):
    """One question: `raw` is what was typed, `data` what it means; `column` is where it is kept."""

    def __init__(self, label: str, column: str = "", empty: str = "", **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.column, self.empty = column, empty

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.written(self.data) if self.data is not None else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = self.read(str(valuelist[0]).strip())

    def pre_validate(self, form: Form) -> None:
        if self.empty and self.data in (None, "") and not self.process_errors:
            raise StopValidation(self.empty)

    def read(self, text: str) -> Any:
        return text

    def written(self, data: Any) -> str:
        return str(data)

    @property
    def was_sent(self) -> bool:
        return bool(self.raw_data)


class Words(Answer):
    """A line of text."""

    def __init__(
        self, label: str, column: str = "", empty: str = "", longest: int = 60, **kwargs: Any
    ) -> None:
        super().__init__(label, column, empty, **kwargs)
        self.longest = longest

    def read(self, text: str) -> str:
        plain = re.sub(r"\s+", " ", _STRANGE.sub("", unicodedata.normalize("NFC", text))).strip()
        if len(plain) > self.longest:
            raise ValueError(f"{self.label.text}最多 {self.longest} 个字，现在是 {len(plain)} 个字")
        return plain


class Day(Answer):
    """A date in any of the ways people write one."""

    def read(self, text: str) -> dt.date | None:
        if not text:
            return None
        found = parse_day(text)
        if found is None or not 1950 <= found.year <= 2100:
            raise ValueError(NO_DAY.format(label=self.label.text))
        return found

    def written(self, data: dt.date) -> str:
        return day(data)


class Yuan(Answer):
    """A sum of money, kept in fen."""

    def read(self, text: str) -> int | None:
        return money.yuan(text) if text else None

    def written(self, data: int) -> str:
        return f"{data // 100}.{data % 100:02d}"


class Digits(Answer):
    """A number of a bill: spaces, hyphens and full-width digits go."""

    def read(self, text: str) -> str:
        return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text)).upper()[:40]


class Card(Answer):
    """A bank card number."""

    def read(self, text: str) -> str:
        return identifiers.normalise_card(text)[:40]


class Degree(Answer):
    """伤残等级: 1 is the gravest, 10 the lightest."""

    choices = [(str(n), f"{n} 级") for n in range(1, 11)]

    def read(self, text: str) -> int | None:
        if not text:
            return None
        plain = unicodedata.normalize("NFKC", text).removesuffix("级").strip()
        if not plain.isascii() or not plain.isdigit() or not 1 <= int(plain) <= 10:
            raise ValueError(NO_DEGREE)
        return int(plain)


class Choice(Answer):
    """One of a few words; anything else counts as not answered."""

    def __init__(self, label: str, column: str, options: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(label, column, **kwargs)
        self.choices = [(option, option) for option in options]

    def read(self, text: str) -> str:
        return text if any(text == key for key, _ in self.choices) else ""


class YesNo(Answer):
    """A question with two answers; one that was not given changes nothing."""

    def __init__(self, label: str, column: str, yes: str, no: str, **kwargs: Any) -> None:
        super().__init__(label, column, **kwargs)
        self.choices = [("y", yes), ("n", no)]

    def read(self, text: str) -> bool:
        if text not in ("y", "n"):
            raise ValueError(f"请选择{self.label.text}")
        return text == "y"

    def written(self, data: bool) -> str:
        return "y" if data else "n"


class Sheet(Form):
    """Shared reading of a page of questions."""

    def changes(self) -> dict[str, Any]:
        """Column → value of every question that was sent; a draft may have gaps.

        What could not be read leaves its column empty: an older answer must not stand for it (`odd`).
        """
        self.validate()
        sent = [field for field in self if field.column and field.was_sent]
        found = {field.column: field.data for field in sent if not field.process_errors}
        odd = self.odd()
        empty = {field.column: None for field in sent if field.name in odd}
        return {**found, **empty}

    def odd(self) -> dict[str, list[str]]:
        """Question → its label and what was typed, for all that has to be a day or a sum and is none."""
        return {
            field.name: [field.label.text, str(field.raw_data[0]).strip()[:60]]
            for field in self
            if isinstance(field, Day | Yuan | Degree) and field.was_sent and field.process_errors
        }

    def kept_as_typed(self, earlier: str | None) -> str | None:
        """`earlier` without the questions that were answered now, with those that cannot be read."""
        old = json.loads(earlier or "{}")
        still = {name: said for name, said in old.items() if name not in self or not self[name].was_sent}
        now = {**still, **self.odd()}
        return json.dumps(now, ensure_ascii=False) if now else None

    def wrong(self) -> dict[str, str]:
        """Question → words, before anything is compared with the rest of the claim."""
        self.validate()
        return {field.name: str(field.errors[0]) for field in self if field.errors}


def read(sheet: type[Sheet], sent: Any, stored: Mapping[str, Any]) -> Any:
    """The sheet as sent; questions that were not on the page keep what is stored."""
    if sent is not None:
        return sheet(sent, data=stored)
    shown = sheet(data=stored)
    for name, (_, text) in json.loads(stored.get("as_typed") or "{}").items():
        if name in shown:
            shown[name].raw_data = [text]  # shown as it was typed
    return shown
