"""How does anything change its state? Through `perform`, and through nothing else.

It updates `WHERE id AND state AND version = what I saw`, demands exactly one row, writes the transition
row, and leaves an audit row. Whoever comes second gets a `Conflict` that says who was first and when.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Protocol

from sqlalchemy import Index, Integer, String, Uuid, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr
from sqlalchemy.orm.attributes import set_committed_value

from core import audit, clock
from core.access import Actor
from core.db import column, db, moment, primary_key
from core.errors import Conflict, NotAllowed, Refused
from core.fields import Sealed
from core.workflow import Move, Workflow

STALE = "这条记录刚刚被修改过，已为您显示最新内容，请核对后再操作。"


class Stateful:
    """Columns of everything that has a workflow. Only `perform` writes them."""

    @declared_attr
    def state(cls) -> Mapped[str]:
        return column(String(24), nullable=False)

    @declared_attr
    def state_at(cls) -> Mapped[dt.datetime]:
        return moment(nullable=False, default=clock.now)

    @declared_attr
    def version(cls) -> Mapped[int]:
        return column(Integer, nullable=False, default=0)


class HasState(Protocol):
    id: Any
    state: Any
    version: Any


class Transition(db.Model):
    """One change of state: who, from, to, when, why. The note is sealed: reviewers write freely there."""

    __tablename__ = "transition"
    __table_args__ = (
        Index("ix_transition_object", "object_id", "at"),
        Index("ix_transition_actor", "actor_id", "at", "id"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    workflow: Mapped[str] = column(String(32), nullable=False)
    object_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    action: Mapped[str] = column(String(32), nullable=False)
    from_state: Mapped[str] = column(String(24), nullable=False)
    to_state: Mapped[str] = column(String(24), nullable=False)
    actor_kind: Mapped[str] = column(String(16), nullable=False)
    actor_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    actor_label: Mapped[str] = column(String(64), nullable=False)
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    note = Sealed("personal")
    meta: Mapped[dict[str, Any]] = column(JSONB, nullable=False, default=dict)


def perform(
    workflow: Workflow,
    row: Any,
    action: str,
    by: Actor,
    note: str = "",
    meta: dict[str, Any] | None = None,
    seen: int | None = None,
    **changes: Any,
) -> Transition:
    """Move `row` by `action`; `seen` is the version the person looked at, `changes` further columns.

    Raises `Conflict` (somebody was first, or the state has no such move), `NotAllowed`, `Refused` (no note).
    """
    move = _checked_move(workflow, row, action, by, note, seen)
    db.session.flush()
    came_from = row.state
    _compare_and_set(workflow, row, move, row.version, changes)
    step = Transition(
        workflow=workflow.name,
        object_id=row.id,
        action=action,
        from_state=came_from,
        to_state=move.target,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=by.label,
        meta=meta or {},
    )
    step.note = note.strip() or None
    db.session.add(step)
    audit.record(f"{workflow.name}.{action}", workflow.name, row.id, by, moved=f"{came_from}>{move.target}")
    return step


def begin(workflow: Workflow, row: Any, by: Actor, note: str = "") -> None:
    """Write the first line of `row`'s history: it was made."""
    db.session.add(
        Transition(
            workflow=workflow.name,
            object_id=row.id,
            action="create",
            from_state="",
            to_state=row.state,
            actor_kind=by.kind,
            actor_id=by.id,
            actor_label=by.label,
            meta={},
        )
    )
    audit.record(f"{workflow.name}.create", workflow.name, row.id, by)


def _checked_move(
    workflow: Workflow, row: HasState, action: str, by: Actor, note: str, seen: int | None
) -> Move:
    if seen is not None and seen != row.version:
        raise Conflict(who_was_first(row))
    move = workflow.move(action, row.state)
    if move is None:
        raise Conflict(who_was_first(row))
    if not move.who & by.roles:
        raise NotAllowed
    if move.needs_note and not note.strip():
        raise Refused("请填写退回原因，申请人要看到", "note")
    return move


def _compare_and_set(workflow: Workflow, row: Any, move: Move, version: int, changes: dict[str, Any]) -> None:
    table = type(row).__table__
    values = {"state": move.target, "state_at": clock.now(), "version": version + 1, **changes}
    result = db.session.execute(
        update(table)
        .where(table.c.id == row.id, table.c.state == row.state, table.c.version == version)
        .values(**values)
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(who_was_first(row))
    for name, value in values.items():
        set_committed_value(row, name, value)


def who_was_first(row: HasState) -> str:
    """`已由 王审核 于 2026-11-21 10:32:05 处理。` and what to do now."""
    last = db.session.scalars(
        select(Transition).where(Transition.object_id == row.id).order_by(Transition.at.desc()).limit(1)
    ).first()
    first = f"已由 {last.actor_label} 于 {clock.shown(last.at)} 处理。" if last else ""
    return first + STALE


def timeline(object_id: uuid.UUID) -> list[Transition]:
    """Every change of state of one object, oldest first."""
    return list(
        db.session.scalars(
            select(Transition).where(Transition.object_id == object_id).order_by(Transition.at, Transition.id)
        )
    )
