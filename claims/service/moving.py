"""How does a claim go one step on, and who is told? One call for every verb of filing, review and payment."""

from __future__ import annotations

from typing import Any

from claims.models import Claim
from claims.rules import PAYEE_EDITABLE, WORKFLOW
from core.access import Actor
from core.db import db
from core.errors import Missing
from core.history import Transition, perform
from notify import service as notify


def move(
    claim: Claim,
    action: str,
    by: Actor,
    *,
    note: str = "",
    seen: int | None = None,
    values: dict[str, str] | None = None,
    meta: dict[str, Any] | None = None,
    delay: float = 0,
    **changes: Any,
) -> Transition:
    """Perform `action` and send the message its row of the workflow names, in one transaction."""
    step = perform(WORKFLOW, claim, action, by, note, meta, seen, **changes)
    row = WORKFLOW.move(action, step.from_state)
    if row and row.tells:
        notify.send(
            row.tells,
            employee=claim.employee_id,
            about=("claim", claim.id, claim.number),
            values=values or {},
            dedupe=said_as(claim, action),
            delay=delay,
        )
    return step


def said_as(claim: Claim, action: str) -> str:
    """The name under which the message of the claim's last move was written."""
    return f"claim:{claim.id}:{action}:v{claim.version}"


def hold(claim: Claim) -> None:
    """Lock the claim for this transaction and read what it is now: whoever comes second waits."""
    db.session.flush()
    db.session.refresh(claim, with_for_update=True)


def owning(claim: Claim, by: Actor) -> Actor:
    """`by` as the claim's owner. Raises `Missing` for anybody else: not theirs looks like not there.

    A visitor from outside WeChat stays one: the table lets them put a bounced payment right, no more.
    """
    if by.kind == "visitor" and claim.employee_id == by.id and claim.state in PAYEE_EDITABLE:
        return by
    is_owner = by.kind == "employee" and claim.employee_id == by.id
    is_filer = claim.filed_by_kind == by.kind and claim.filed_by_id == by.id
    if not (is_owner or is_filer):
        raise Missing
    return by.owning()
