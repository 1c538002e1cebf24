"""How far do somebody's rights reach for a report? The one place that lists, counts and exports all ask."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from core.access import Actor
from reports.rules import FINANCE, FINANCED, READERS, SEES_WHOLE
from union import queries as unions
from union.queries import Reach

# "readers" and, for claims, "finance" (decided ones only) → the unions, or None for the whole scheme.
Scope = dict[str, list[str] | None]


def scope_of(actor: Actor, kind: str, *, is_whole: bool = False) -> Scope:
    """The unions where `actor` may read this report; with `is_whole`, where they may see numbers in clear."""
    names = SEES_WHOLE[kind] if is_whole else READERS[kind]
    found: Scope = {}
    if actor.has(*names):
        found["readers"] = _texts(actor.unions_of(*names))
    if kind in FINANCED and not is_whole and actor.has(*FINANCE):
        found["finance"] = _texts(actor.unions_of(*FINANCE))
    return found


def still_holds(asked: Mapping[str, Any], now: Scope) -> bool:
    """Do the rights of this moment reach everything that `asked` reached?"""
    return bool(asked) and all(
        part in now and unions.covers(_ids(now[part]), _ids(tops)) for part, tops in asked.items()
    )


def reaches(scope: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Reach]:
    """Each part of a scope, narrowed to the unions the filters name. Raises `Missing`."""
    under, part = uuid_of(given.get("under")), str(given.get("union") or "")
    found = {}
    for name, tops in scope.items():
        found[name] = unions.reach(_ids(tops), under=under, part=part)
    return found


def uuid_of(text: Any) -> uuid.UUID | None:
    """The id in an address; one that is none of ours matches nothing."""
    if not text:
        return None
    try:
        return uuid.UUID(str(text)[:40])
    except ValueError:
        return uuid.UUID(int=1)


def _texts(tops: Iterable[uuid.UUID] | None) -> list[str] | None:
    return None if tops is None else sorted(str(one) for one in tops)


def _ids(tops: Iterable[str] | None) -> list[uuid.UUID] | None:
    return None if tops is None else [uuid.UUID(one) for one in tops]
