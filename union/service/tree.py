"""How does the tree grow and move? One writer at a time; a subtree's paths change in one statement."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select, update

from core import audit
from core.access import Actor
from core.db import db
from core.errors import Missing, Refused
from union import rules
from union.models import Union

TREE_LOCK = 0x5452_4545


def create_child(parent_id: uuid.UUID | None, name: str, level: str, by: Actor) -> Union:
    """A new union under `parent_id`, or (None) at the top. Raises `Refused`."""
    _hold_tree()
    parent = _fresh(parent_id) if parent_id else None
    if parent:
        _refuse(rules.level_problem(parent.level, level), "level")
        _refuse(rules.depth_problem(parent.path), "name")
    _check_name(parent, name)
    row = Union(name=name, level=level, parent_id=parent_id, path="/", nature="", headcount=0)
    row.path = f"{parent.path if parent else '/'}{row.id}/"
    db.session.add(row)
    db.session.flush()
    audit.record("union.create", "union", row.id, by, parent=str(parent_id or ""))
    return row


def move(union_id: uuid.UUID, to_id: uuid.UUID, by: Actor) -> None:
    """Put a union with all below it under another parent; never under itself. Raises `Refused`."""
    _hold_tree()
    union, to = _fresh(union_id), _fresh(to_id)
    if union.parent_id == to.id:
        raise Refused(rules.THERE_ALREADY, "to")
    depths = func.length(Union.path) - func.length(func.replace(Union.path, "/", "")) - 1
    below = Union.path.startswith(union.path, autoescape=True)
    deepest = db.session.scalar(select(func.max(depths)).where(below)) or 0
    _refuse(rules.move_problem(union.path, to.path, deepest), "to")
    _refuse(rules.level_problem(to.level, union.level), "to")
    _check_name(to, union.name, "to")
    came_from, old, new = union.parent_id, union.path, f"{to.path}{union.id}/"
    union.parent_id, union.version = to.id, union.version + 1
    db.session.flush()
    table = Union.__table__
    db.session.execute(
        update(table)  # type: ignore[arg-type]
        .where(table.c.path.startswith(old, autoescape=True))
        .values(path=func.concat(new, func.substr(table.c.path, len(old) + 1)))
    )
    db.session.expire_all()
    audit.record(
        "union.move",
        "union",
        union_id,
        by,
        fields=("parent_id",),
        parent=str(to_id),
        was=str(came_from or ""),
    )


def _check_name(parent: Union | None, name: str, field: str = "name") -> None:
    """Sisters have different names, or nobody could tell them apart."""
    is_sister = Union.parent_id == parent.id if parent else Union.parent_id.is_(None)
    if db.session.scalar(select(Union.id).where(is_sister, Union.name == name)):
        raise Refused(rules.SAME_NAME.format(parent=f"“{parent.name}”" if parent else "最上级"), field)


def _hold_tree() -> None:
    """Two moves at once could put each under the other."""
    db.session.execute(select(func.pg_advisory_xact_lock(TREE_LOCK)))


def _fresh(union_id: uuid.UUID) -> Union:
    row = db.session.get(Union, union_id, populate_existing=True)
    if row is None:
        raise Missing
    return row


def _refuse(words: str | None, field: str) -> None:
    if words:
        raise Refused(words, field)
