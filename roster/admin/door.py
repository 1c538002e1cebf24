"""Who is at the roster's door, and which union do they mean? Shared by the pages of this room."""

from __future__ import annotations

import uuid

from flask import Blueprint, g, request
from sqlalchemy import Select

from core.access import Actor, current_actor
from core.errors import Missing, NotAllowed
from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, OPERATOR
from union import queries as unions
from union.queries import Union

blueprint = Blueprint("roster", __name__, url_prefix="/admin/roster")

WRITERS = (OPERATOR, CHAIR)
READERS = (*WRITERS, ADMINISTRATOR, AUDITOR)
SEES_NAMES = (*WRITERS, ADMINISTRATOR)
MAY_REVEAL = (*WRITERS, ADMINISTRATOR)


def places() -> Select[uuid.UUID] | None:
    """The unions whose rosters the asker may read; None means all. Put into every query."""
    return unions.places_of(current_actor(), *READERS)


def union_of(union_id: uuid.UUID) -> Union:
    """The union, if the asker may read its roster. Raises `Missing`."""
    return unions.find(union_id, current_actor(), *READERS)


def union_to_write(union_id: uuid.UUID) -> Union:
    """The union, if the asker keeps its roster. Raises `Missing`, or `NotAllowed` to who may only read."""
    union = union_of(union_id)
    if not me(union.id).has(*WRITERS):
        raise NotAllowed
    return union


def chosen_union() -> Union | None:
    """The union in the address or form; else the only one of the asker's; else nobody said."""
    text = request.args.get("union") or request.form.get("union", "")
    if request.args.get("choose"):
        return None
    if text:
        return union_of(_id(text))
    tops = current_actor().unions_of(*READERS)
    return union_of(next(iter(tops))) if tops is not None and len(tops) == 1 else None


def chosen_to_write() -> Union:
    """The chosen union, for a form that writes to its roster. Raises `Missing`, `NotAllowed`."""
    chosen = chosen_union()
    if chosen is None:
        raise Missing
    return union_to_write(chosen.id)


def me(union_id: uuid.UUID) -> Actor:
    """The asker with the rights they hold in this union: a grant elsewhere is worth nothing here."""
    actor = current_actor()
    if not actor.is_spread:
        return actor
    if g.get("roster_actor", (None, None))[0] != union_id:
        g.roster_actor = (union_id, actor.within(unions.chain_of(union_id)))
    found: Actor = g.roster_actor[1]
    return found


def seen() -> int:
    """The version the page was made from; -1 (never right) for a form that was tampered with."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text[:40])
    except ValueError:
        return uuid.UUID(int=0)
