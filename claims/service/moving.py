"""How does a claim go one step on, and who is told? One call for every verb of filing, review and payment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select

from claims.models import Claim
from claims.rules import ALSO_ONES_OWN, DEATH, NOT_COUNTED, ON_BEHALF, PAYEE_EDITABLE, WORKFLOW
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
    """The person; of what the union filed also whoever did (XM-94). After a death the family instead."""
    about = ("claim", claim.id, claim.number)
    heard, is_dead = ON_BEHALF[kind], is_mourned(claim)
    is_helped = claim.filed_by_kind == "staff"
    if not is_dead:
        words = heard.insured if is_helped else kind
        notify.send(words, employee=claim.employee_id, about=about, values=values, dedupe=said, delay=delay)
    if not is_helped:
        return
    if is_dead and claim.contact_phone:
        to = claim.contact_phone
        notify.send_text(heard.family, to, about=about, dedupe=_to_family(said), delay=delay)
    if claim.filed_by_id != by.id or kind in ALSO_ONES_OWN:
        tell_filer(claim, heard.filer, _to_filer(said), values, delay)


def tell_filer(
    claim: Claim, kind: str, dedupe: str, values: dict[str, str] | None = None, delay: float = 0
) -> None:
    """Tell whoever filed the application at the union's desk."""
    about = ("claim", claim.id, claim.number)
    notify.send(kind, staff=claim.filed_by_id, about=about, values=values, dedupe=dedupe, delay=delay)


def is_mourned(claim: Claim) -> bool:
    """Has the person of this claim died, or did somebody report it? Then no word goes to their phone."""
    reported = exists().where(
        Claim.employee_id == claim.employee_id,
        Claim.kind == DEATH,
        Claim.filed_by_kind == "staff",
        Claim.state.not_in(NOT_COUNTED),
    )
    if claim.kind == DEATH or employees.card(claim.employee_id).is_deceased:
        return True
    return bool(db.session.scalar(select(reported)))


def unsay(claim: Claim, action: str) -> bool:
    """Take back the messages of the claim's last move; False when one has left or was read."""
    said = _said_as(claim, action)
    taken = [notify.take_back(one) for one in (said, _to_filer(said), _to_family(said))]
    return all(taken)


def _said_as(claim: Claim, action: str) -> str:
    """The name under which the message of the claim's last move was written."""
    return f"claim:{claim.id}:{action}:v{claim.version}"


def _to_filer(said: str) -> str:
    return f"{said}:filer"


def _to_family(said: str) -> str:
    return f"{said}:family"


def hold(claim: Claim) -> None:
    """Lock the claim for this transaction and read what it is now: whoever comes second waits."""
    db.session.flush()
    db.session.refresh(claim, with_for_update=True)


def owning(claim: Claim, by: Actor) -> Actor:
    """`by` as the claim's owner. Raises `Missing` for anybody else: not theirs looks like not there.

    A visitor from outside WeChat stays one: the table lets them put a bounced payment right, no more. What
    the union filed is the filer's to change; the insured person reads it.
    """
    is_own = claim.filed_by_kind != "staff" and claim.employee_id == by.id
    if by.kind == "visitor" and is_own and claim.state in PAYEE_EDITABLE:
        return by
    is_filer = claim.filed_by_kind == by.kind and claim.filed_by_id == by.id
    if not (is_filer or (is_own and by.kind == "employee")):
        raise Missing
    return by.owning()
