"""How does a claim go one step on, and who is told? One call for every verb of filing, review and payment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select

from claims.models import Claim
from claims.rules import DEATH, NOT_COUNTED, PAYEE_EDITABLE, TELLS_FILER, WORKFLOW
from core.access import Actor
from core.db import db
from core.errors import Missing
from core.history import Transition, perform
from employee import service as employees
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
        _tell(claim, row.tells, _said_as(claim, action), by, values or {}, delay)
    return step


def _tell(claim: Claim, kind: str, said: str, by: Actor, values: dict[str, str], delay: float) -> None:
    """The insured person, and whoever filed it for them (XM-94); for a dead person whoever filed it alone."""
    about = ("claim", claim.id, claim.number)
    if not _is_dead(claim):
        notify.send(kind, employee=claim.employee_id, about=about, values=values, dedupe=said, delay=delay)
    for_filer = TELLS_FILER.get(kind)
    if for_filer and claim.filed_by_kind == "staff" and claim.filed_by_id != by.id:
        filer, said = claim.filed_by_id, _to_filer(said)
        notify.send(for_filer, staff=filer, about=about, values=values, dedupe=said, delay=delay)


def _is_dead(claim: Claim) -> bool:
    """Nobody writes to the dead: those the roster says so of, and those whose death somebody reported."""
    reported = exists().where(
        Claim.employee_id == claim.employee_id,
        Claim.kind == DEATH,
        Claim.filed_by_kind == "staff",
        Claim.state.not_in(NOT_COUNTED),
    )
    if claim.kind == DEATH and claim.filed_by_kind == "staff":
        return True
    return employees.card(claim.employee_id).is_deceased or bool(db.session.scalar(select(reported)))


def unsay(claim: Claim, action: str) -> bool:
    """Take back the messages of the claim's last move; False when one has left or was read."""
    said = _said_as(claim, action)
    to_person, to_filer = notify.take_back(said), notify.take_back(_to_filer(said))
    return to_person and to_filer


def _said_as(claim: Claim, action: str) -> str:
    """The name under which the message of the claim's last move was written."""
    return f"claim:{claim.id}:{action}:v{claim.version}"


def _to_filer(said: str) -> str:
    return f"{said}:filer"


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
