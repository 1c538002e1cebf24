"""Who is meant by a name or number typed into a report's search? Exact; the report's scope is asked later."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from core import identifiers
from core.errors import Refused
from core.names import is_same
from employee import queries as employees
from reports.queries.narrowing import Given
from reports.queries.scope import reaches
from reports.rules import CHOOSE_FIRST, NOTHING_TYPED, TOO_LARGE
from union.queries import Reach


def found_people(scope: Mapping[str, Any], typed: str, given: Given) -> list[uuid.UUID]:
    """By certificate number or phone (blind index); by whole name in one union. Raises `Refused`."""
    plain = "".join(typed.split())
    if not plain:
        raise Refused(NOTHING_TYPED, "q")
    if any(char.isdigit() for char in plain):
        numbers = {identifiers.normalise(kind, plain) for kind in identifiers.ID_TYPES}
        # Whoever moved to another union since still has their record here: the report's rows decide.
        return employees.with_number(numbers, identifiers.normalise_mobile(plain), None)
    return _by_name(typed.strip(), list(reaches(scope, given).values()))


def _by_name(name: str, places: list[Reach]) -> list[uuid.UUID]:
    """Names are sealed: they are opened one by one, so in one union only."""
    ids = {one for reach in places for one in reach.ids or ()}
    if len(ids) != 1 or any(reach.ids is None for reach in places):
        raise Refused(CHOOSE_FIRST, "q")
    try:
        near = employees.with_name(name, next(iter(ids)))
    except employees.TooManyToScan:
        raise Refused(TOO_LARGE.format(most=employees.MOST_SCANNED), "q") from None
    known = employees.named(near)
    return [one for one in near if is_same(known[one].name, name)]
