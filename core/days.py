"""Which day did somebody type or a spreadsheet keep? Pure: pages, imports and rules read dates alike."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from datetime import date

_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})|(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?")


def parse_day(text: str) -> date | None:
    """A date as people type it: 2026-10-01, 20261001, 2026.10.1, 2026/10/1, 2026年10月1日, full width."""
    if len(text) == 10 and text.isascii() and text[4] == "-" == text[7]:  # the usual case of an import
        with contextlib.suppress(ValueError):
            return date.fromisoformat(text)
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).replace("。", ".")
    parts = _DAY.fullmatch(plain)
    if not parts:
        return None
    year, month, number = (int(p) for p in parts.groups() if p is not None)
    try:
        return date(year, month, number)
    except ValueError:
        return None
