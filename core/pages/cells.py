"""What does a form macro need to know about one question, whatever the question was made from?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context


@dataclass(frozen=True)
class Cell:
    name: str
    label: str
    value: Any
    error: str
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        return f"f-{self.name}"


@pass_context
def cell(context: Context, source: Any, label: str = "", value: Any = None, error: str = "") -> Cell:
    """From a WTForms field, or from a name with its value and error in the page's `values` and `errors`."""
    found = dict(error_list(context.get("errors")))
    if isinstance(source, str):
        value = _typed(context.get("values"), source) if value is None else value
        return Cell(source, label, "" if value is None else value, error or found.get(source, ""))
    if value is None:
        # only text-like WTForms fields keep the raw text; the others have nothing better than data
        read = getattr(source, "_value", None)
        value = read() if read else source.data
    choices = tuple((str(choice[0]), str(choice[1])) for choice in getattr(source, "choices", None) or ())
    error = error or first_words(source.errors) or found.get(source.name, "")
    return Cell(source.name, label or source.label.text, "" if value is None else value, error, choices)


def _typed(values: Any, name: str) -> Any:
    return values.get(name) if isinstance(values, Mapping) else getattr(values, name, None)


def error_list(errors: Any) -> list[tuple[str, str]]:
    """(field, words) pairs out of {field: words or [words]}, pairs or plain words; "" is the whole form."""
    pairs: list[tuple[str, str]] = []
    for item in errors.items() if isinstance(errors, Mapping) else errors or ():
        name, found = ("", item) if isinstance(item, str) else item
        if words := first_words(found):
            pairs.append((str(name or ""), words))
    return list(dict.fromkeys(pairs))


def first_words(found: Any) -> str:
    """The first message of a field: one thing at a time is enough to put right."""
    while isinstance(found, list | tuple):
        found = next((part for part in found if part), "")
    return str(found or "")


def join_reasons(note: str, picked: Iterable[str]) -> str:
    """The note with those ticked 常用退回意见 that are not in it yet (with JavaScript they already are)."""
    parts = [note.strip()] if note.strip() else []
    parts += [reason for reason in picked if reason and reason not in note]
    return "\n".join(parts)
