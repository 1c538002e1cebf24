"""How does an enrolment go one step on, and who is told? One call for every verb of filing and review."""

from __future__ import annotations

from typing import Any

from core.access import Actor
from core.db import db
from core.errors import Missing, NotAllowed, Refused
from core.history import Transition, perform
from enrolment.models import Enrolment
from enrolment.rules import DRAFT, KEEPERS, WORKFLOW
from enrolment.rules.words import NOT_DRAFT
from notify import service as notify
from plans import service as plans
from union import queries as unions


def move(
    enrolment: Enrolment,
    action: str,
    by: Actor,
    *,
    note: str = "",
    seen: int | None = None,
    values: dict[str, str] | None = None,
    **changes: Any,
) -> Transition:
    """Perform `action` and tell the operator in charge what its row of the workflow names."""
    step = perform(WORKFLOW, enrolment, action, by, note, None, seen, **changes)
    row = WORKFLOW.move(action, step.from_state)
    if row and row.tells:
        notify.send(
            row.tells,
            staff=enrolment.filed_by_id,
            about=("enrolment", enrolment.id, enrolment.number),
            values={**told(enrolment), **(values or {})},
            dedupe=f"enrolment:{enrolment.id}:{action}:v{enrolment.version}",
        )
    return step


def told(enrolment: Enrolment) -> dict[str, str]:
    """What every message about an enrolment says of it."""
    return {
        "union": enrolment.union_name,
        "plan": plan_name(enrolment.plan_code),
        "people": f"{enrolment.participant_count:,}",
    }


def plan_name(code: str) -> str:
    found = plans.plan_or_none(code)
    return found.name if found else code


def plan_of(enrolment: Enrolment) -> plans.Plan:
    """The plan in the version this enrolment used."""
    return plans.plan_as_used(enrolment.plan_code, enrolment.plan_version)


def acting_for(enrolment: Enrolment, actor: Actor) -> Actor:
    """`actor` with the roles that hold in the union: a grant elsewhere is worth nothing here."""
    return actor.within(unions.chain_of(enrolment.union_id)) if actor.is_spread else actor


def hold(enrolment: Enrolment) -> None:
    """Lock it for this transaction and read what it is now: whoever comes second waits."""
    db.session.flush()
    db.session.refresh(enrolment, with_for_update=True)


def open_draft(enrolment: Enrolment, by: Actor) -> Actor:
    """Lock a draft that `by` may fill in. Raises `Refused` when it has been handed in meanwhile.

    Returns `by` with the rights they hold in its union.
    """
    hold(enrolment)
    by = acting_for(enrolment, by)
    if not by.has(*KEEPERS):
        raise NotAllowed if by.kind == "staff" else Missing
    if enrolment.state != DRAFT:
        raise Refused(NOT_DRAFT, status=409)
    return by
