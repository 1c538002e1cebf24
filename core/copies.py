"""What does a person's own copy of a row say? Labelled facts in plain words, for the export of one's data."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core import clock, money

Facts = list[tuple[str, str]]


@dataclass(frozen=True)
class Copy:
    """One chapter of the copy: a list of entries, each with its facts and photos (label, file)."""

    title: str
    entries: list[Facts]
    photos: list[tuple[str, uuid.UUID]] = field(default_factory=list)


def facts(row: Any, labels: Mapping[str, str], words: Mapping[str, Mapping[str, str]] | None = None) -> Facts:
    """The attributes `labels` names, in its order; `words` turns codes of one attribute into words."""
    said = []
    for name, label in labels.items():
        value = getattr(row, name)
        known = (words or {}).get(name, {})
        said.append((label, known.get(str(value)) or _text(name, value)))
    return said


def _text(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if name.endswith("_fen"):
        return f"{money.shown_yuan(value)} 元"
    if isinstance(value, dt.datetime):
        return clock.shown(value)
    return str(value)
