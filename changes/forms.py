"""What did the person type into 变更申请填单? Tidied values; no database."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from changes.rules import FIELDS, Facts, tidy_card
from core import identifiers, names
from core.days import parse_day


def read_change_form(typed: MultiDict[str, str], before: Mapping[str, str]) -> Facts:
    """The whole form; a question that was not sent counts as left alone."""
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


def _left_alone(typed: Mapping[str, str], before: Mapping[str, str], field: str) -> str:
    """What is on file, when it came back as it was shown: however it is written, nobody changed it."""
    return before[field] if typed.get(field, before[field]).strip() == before[field] else ""
