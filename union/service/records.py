"""How does a union's record change? Seen, compared, written; and its chair takes the seat."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from core import audit, clock
from core.access import Actor
from core.audit import AuditEntry
from core.db import db
from core.errors import Conflict, Refused
from staff import service as staff
from union import queries, rules
from union.models import Union

EDIT = "union.edit"


def may_name_chair(union: Union, by: Actor) -> bool:
    """The chair, administrators, and everybody who keeps the records of a union above."""
    above = queries.chain_of(union.parent_id) if union.parent_id else frozenset()
    return by.within(queries.chain_of(union.id)).has(*rules.NAMES_CHAIR) or by.within(above).has(
        *rules.EDITORS
    )


def edit(union: Union, values: Mapping[str, str], by: Actor, seen: int) -> tuple[str, ...]:
    """Write what differs; the names of the fields that did. `seen` is the version the form was made from.

    Raises `Conflict` when somebody else saved meanwhile, `Refused` for a chair who may not be named.
    """
    db.session.refresh(union, with_for_update=True)
    changed = tuple(name for name, text in values.items() if _text(union, name) != text)
    if not changed:
        return ()
    if union.version != seen:
        raise Conflict(_who_was_first(union))
    if set(changed) & set(rules.CHAIR_FIELDS):
        _check_chair(union, values, by)
    for name in changed:
        setattr(union, name, int(values[name]) if name == "headcount" else values[name] or _empty(name))
    union.version += 1
    audit.record(EDIT, "union", union.id, by, fields=changed)
    if set(changed) & set(rules.CHAIR_FIELDS):
        staff.seat_chair(union.id, union.chair_name or "", union.chair_phone or "", by)
    return changed


def current(union: Union) -> dict[str, str]:
    """The record as text, as the form shows it."""
    return {name: _text(union, name) for name in rules.LABELS if name not in ("level", "parent_id")}


def _check_chair(union: Union, values: Mapping[str, str], by: Actor) -> None:
    if not may_name_chair(union, by):
        raise Refused(rules.NOT_CHAIR, "chair_name")
    if by.id and staff.is_person(by.id, "", values.get("chair_phone", "")):
        raise Refused(rules.NOT_ONESELF, "chair_phone")


def _text(union: Union, name: str) -> str:
    value = getattr(union, name)
    return "" if value is None else str(value)


def _empty(name: str) -> str | None:
    return "" if name == "nature" else None


def _who_was_first(union: Union) -> str:
    last = db.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.object_id == str(union.id), AuditEntry.action.startswith("union."))
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    ).first()
    who, when = (last.actor_label, clock.shown(last.at)) if last else ("另一位同事", "刚才")
    return rules.TAKEN_MEANWHILE.format(who=who, when=when)
