"""Which plans does this deployment have, and which version did a claim use? Loaded once, frozen once used.

The award engine's words (facts, awards, notes) are handed on from here: other features enter by this door.
"""

from __future__ import annotations

import datetime as dt
import uuid
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from config.scheme import plan_file
from core import clock, context
from core.db import db, uuid7
from plans.models import Coverage, PlanVersion
from plans.rules import (
    Award,
    Case,
    ClaimFacts,
    Cover,
    Group,
    Line,
    Material,
    Memory,
    Note,
    Plan,
    PlanError,
    Replayed,
    Right,
    Standing,
    Threshold,
    Tunable,
    TuningError,
    Window,
    automatic,
    changed,
    check,
    counting_date,
    cover_starts_on,
    deadline,
    evaluate,
    exclusions,
    limited,
    load_plan,
    materials,
    opening,
    participation,
    plan_for,
    questions,
    replay,
    rights,
    said,
    standing,
    stay_days,
    threshold,
    together,
    tunable,
    tuned,
    window,
)

__all__ = [
    "Award",
    "Case",
    "ClaimFacts",
    "Cover",
    "Group",
    "Line",
    "Material",
    "Memory",
    "Note",
    "Plan",
    "PlanError",
    "Replayed",
    "Right",
    "Standing",
    "Tunable",
    "TuningError",
    "Threshold",
    "Window",
    "Covered",
    "all_plans",
    "automatic",
    "changed",
    "check",
    "counting_date",
    "cover_all",
    "cover_starts_on",
    "deadline",
    "enrolment_window",
    "evaluate",
    "exclusions",
    "freeze",
    "limited",
    "is_unchanged",
    "materials",
    "opening",
    "participation",
    "plan",
    "plan_as_used",
    "plan_for",
    "plan_or_none",
    "questions",
    "replay",
    "rights",
    "said",
    "standing",
    "stay_days",
    "threshold",
    "together",
    "tunable",
    "tuned",
]


class Covered(NamedTuple):
    """So many people are covered now, from when to when."""

    people: int
    starts_on: dt.date
    ends_on: dt.date


def all_plans() -> tuple[Plan, ...]:
    """The plans of this deployment's scheme profile, the present period first."""
    return _loaded(context.scheme().plans)


def enrolment_window() -> Window | None:
    """The enrolment that is open today, or begins next, or ended last."""
    return window(all_plans(), clock.today())


def plan(code: str) -> Plan:
    """The plan `code` as its file says now. Raises `PlanError` for a code no file has."""
    found = next((one for one in all_plans() if one.code == code), None)
    if found is None:
        raise PlanError(f"plan {code}: no plan file of this profile has this code")
    return found


def plan_or_none(code: str) -> Plan | None:
    """The plan `code`, or None when its file is gone (an old period that only records speak of)."""
    return next((one for one in all_plans() if one.code == code), None)


def plan_as_used(code: str, version: str) -> Plan:
    """The plan in the version a claim used, from the file when it still is that version, else as frozen."""
    current = next((one for one in all_plans() if one.code == code), None)
    if current is not None and current.version == version:
        return current
    content = db.session.scalar(
        select(PlanVersion.content).where(PlanVersion.code == code, PlanVersion.version == version)
    )
    if content is None:
        raise PlanError(f"plan {code}, version {version}: was never used and no file has it")
    return _frozen(content)


def is_unchanged(used: Plan) -> bool:
    """Does the plan still say what it said when it was first used? True for one nobody used yet."""
    kept = db.session.scalar(
        select(PlanVersion.digest).where(PlanVersion.code == used.code, PlanVersion.version == used.version)
    )
    return kept is None or kept == used.digest()


def freeze(used: Plan) -> None:
    """Keep the plan as first used. Raises `PlanError` when the same version now says something else."""
    table = PlanVersion.__table__
    row = insert(table).values(
        id=uuid7(),
        code=used.code,
        version=used.version,
        name=used.name,
        digest=used.digest(),
        content=used.canonical(),
        first_used_at=clock.now(),
    )
    db.session.execute(row.on_conflict_do_nothing(index_elements=["code", "version"]))
    kept = db.session.scalar(
        select(PlanVersion.digest).where(PlanVersion.code == used.code, PlanVersion.version == used.version)
    )
    if kept != used.digest():
        raise PlanError(f"plan {used.code}, version: {used.version} was used with other figures; raise it")


def cover_all(people: Select[Any], union_id: uuid.UUID, used: Plan, confirmed_on: dt.date) -> Covered:
    """Cover everybody of a query for ids, in one statement; whoever has this period's cover keeps it.

    First in the scheme is who never had a cover before (the waiting period looks at that).
    """
    freeze(used)
    starts_on = cover_starts_on(used, confirmed_on)
    found, table = people.subquery(), Coverage.__table__
    before = Coverage.__table__.alias("before")
    had_one = select(before.c.id).where(before.c.employee_id == found.c[0]).exists()
    rows = select(
        func.gen_random_uuid(),
        found.c[0],
        literal(union_id),
        literal(used.code),
        literal(starts_on),
        literal(used.ends_on),
        ~had_one,
        literal(clock.now()),
    )
    names = [
        "id", "employee_id", "union_id", "plan_code", "starts_on", "ends_on", "is_first_time", "created_at",
    ]  # fmt: skip
    statement = insert(table).from_select(names, rows)
    once = statement.on_conflict_do_nothing(index_elements=["employee_id", "plan_code"])
    done = db.session.execute(once, execution_options={"preserve_rowcount": True})
    return Covered(done.rowcount, starts_on, used.ends_on)  # type: ignore[attr-defined]


@lru_cache(maxsize=8)
def _loaded(names: tuple[str, ...]) -> tuple[Plan, ...]:
    return tuple(load_plan(plan_file(name)) for name in names)


@lru_cache(maxsize=32)
def _frozen(content: str) -> Plan:
    return load_plan(content)
