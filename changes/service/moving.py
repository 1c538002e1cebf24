"""How does a request go one step on, and who is told? One call for every verb."""

from __future__ import annotations

import json
from typing import Any

from changes.models import ChangeRequest
from changes.rules import WORKFLOW, Facts
from core.access import Actor
from core.db import db
from core.errors import Missing
from core.history import Transition, perform
from notify import service as notify


def move(
    request: ChangeRequest,
    action: str,
    by: Actor,
    *,
    note: str = "",
    seen: int | None = None,
    values: dict[str, str] | None = None,
    **changes: Any,
) -> Transition:
    """Perform `action` and send the message its row of the workflow names, in one transaction."""
    step = perform(WORKFLOW, request, action, by, note, None, seen, **changes)
    row = WORKFLOW.move(action, step.from_state)
    if row and row.tells:
        notify.send(
            row.tells,
            employee=request.employee_id,
            about=("change", request.id, request.number),
            values=values or {},
            dedupe=f"change:{request.id}:{action}:v{request.version}",
        )
    return step


def hold(request: ChangeRequest) -> None:
    """Lock the request for this transaction and read what it is now: whoever comes second waits."""
    db.session.flush()
    db.session.refresh(request, with_for_update=True)


def owning(request: ChangeRequest, by: Actor) -> Actor:
    """`by` as the owner. Raises `Missing` for anybody else: not theirs looks like not there."""
    if by.kind != "employee" or request.employee_id != by.id:
        raise Missing
    return by.owning()


def before(request: ChangeRequest) -> Facts:
    """What was on file when the request was handed in."""
    return opened(request.old_values)


def wanted(request: ChangeRequest) -> Facts:
    """What the request changes: field → new value."""
    return opened(request.new_values)


def sealed(facts: Facts) -> str:
    """As `old_values` and `new_values` keep it."""
    return json.dumps(facts, ensure_ascii=False)


def opened(text: str | None) -> Facts:
    """What `sealed` made, read again; nothing once it was forgotten."""
    found: Facts = json.loads(text or "{}")
    return found
