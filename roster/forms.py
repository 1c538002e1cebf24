"""What did the operator type about one person? Read by the import's own rules, word for word (XM-36)."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from werkzeug.datastructures import MultiDict

from core.errors import Invalid
from core.identifiers import ID_TYPES
from roster import rules
from roster.rules import Layout
from roster.rules.columns import KEYS
from roster.rules.diagnosis import Person

# A form has a cell for every column, in their order.
LAYOUT = Layout(1, tuple(range(len(KEYS))))
LONGEST = 400


class Typed(NamedTuple):
    """A checked form: the person, and what is worth saying although it stops nothing."""

    person: Person
    warnings: list[str]


def read_person(typed: MultiDict[str, str], today: date, held: dict[str, Any] | None = None) -> Typed:
    """The typed person; with `held`, a blank keeps what is on file. Raises `Invalid`."""
    cells = [_cell(key, typed, held) for key in KEYS]
    person, findings = rules.read_row(cells, LAYOUT, today)
    refused: dict[str, str] = {}
    for finding in findings:
        if finding.is_refusal:
            refused.setdefault(finding.column, finding.words)
    if refused:
        raise Invalid(refused)
    return Typed(person, [finding.words for finding in findings])


def _cell(key: str, typed: MultiDict[str, str], held: dict[str, Any] | None) -> Any:
    text = typed.get(key, "").strip()[:LONGEST]
    if key == "id_type":
        text = ID_TYPES.get(text, text)
    if held is None:
        return text or None
    if key in ("sex", "born_on") and typed.get("id_number", "").strip() and text == _shown(held.get(key)):
        return None  # the new number says them itself
    kept: Any = held.get(key)
    return text or (ID_TYPES.get(kept, kept) if key == "id_type" else kept) or None


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else value or ""
