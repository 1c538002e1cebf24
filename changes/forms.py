"""What did the person type into 变更申请填单? Tidied values; no database."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from werkzeug.datastructures import MultiDict

from changes.rules import FIELDS, Facts, tidy_card
from core import identifiers, names
from core.days import parse_day
from core.fields import mask_card, mask_id, mask_phone

MASKS: dict[str, Callable[[str | None], str]] = {
    "id_number": mask_id,
    "insurance_card": mask_card,
    "phone": mask_phone,
}


def masked(facts: Mapping[str, str]) -> Facts:
    """The same with its numbers covered, as the form shows them until somebody asks to see them (§5.3)."""
    return {**facts, **{field: mask(facts[field]) for field, mask in MASKS.items()}}


def read_change_form(
    typed: MultiDict[str, str], before: Mapping[str, str], shown: Mapping[str, str] | None = None
) -> Facts:
    """The whole form; a question that was not sent counts as left alone, and so does a covered number.

    `shown` is what the form started from, where that is not what is on file: a request that came back.
    """
    typed = uncovered(typed, before, shown or before)
    given = {field: typed.get(field, before[field])[:120] for field in FIELDS}
    born = parse_day(given["born_on"])
    return {
        **given,
        "name": names.normalise(given["name"]),
        "id_number": _left_alone(typed, before, "id_number")
        or identifiers.normalise(given["id_type"], given["id_number"]),
        "born_on": born.isoformat() if born else given["born_on"].strip(),
        "insurance_card": _left_alone(typed, before, "insurance_card") or tidy_card(given["insurance_card"]),
        "phone": identifiers.normalise_mobile(given["phone"]),
    }


def uncovered(typed: Mapping[str, str], *known: Mapping[str, str]) -> MultiDict[str, str]:
    """What was typed; a number that came back covered as it was shown is the number it stands for."""
    found = MultiDict(typed)
    for field, mask in MASKS.items():
        text = found.get(field, "").strip()
        if plain := next((facts[field] for facts in reversed(known) if mask(facts[field]) == text), ""):
            found[field] = plain
    return found


def _left_alone(typed: Mapping[str, str], before: Mapping[str, str], field: str) -> str:
    """What is on file, when it came back as it was shown: however it is written, nobody changed it."""
    return before[field] if typed.get(field, before[field]).strip() == before[field] else ""
