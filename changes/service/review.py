"""What happens when somebody decides on a request? Agree, send back; never on one's own.

Each verb takes the version the reviewer looked at: whoever comes second gets a `Conflict` that says who was
first. The second agreement changes the person in the same transaction.
"""

from __future__ import annotations

from typing import Any

from changes.models import ChangeRequest
from changes.rules import FIELDS, LEVEL_ROLES, PASSES, RETURNS
from changes.service import checks, photos
from changes.service.moving import before, hold, move, wanted
from core import clock
from core.access import Actor
from core.errors import Conflict, NotAllowed, Refused
from core.history import who_was_first
from employee import service as employees
from employee.service import applying
from staff import service as staff
from union import queries as unions

OWN = "这是您本人的申请，不能由您审核，请交给其他人员"
DID_FIRST = "您做过本件的初核，不能再做复核，请交给其他人员"
NO_REASON = "请填写退回原因，申请人要看到"
ANSWER_BAD = "还有 {n} 项“不符”没有处理，请在意见里说明"


def acting_for(request: ChangeRequest, actor: Actor) -> Actor:
    """`actor` with the roles that hold in the request's union: a grant elsewhere is worth nothing here."""
    return actor.within(unions.chain_of(request.union_id)) if actor.is_spread else actor


def why_not(request: ChangeRequest, by: Actor) -> str:
    """Why `by` may not decide on `request`, in words; empty when they may."""
    if by.id is None:
        return NotAllowed().text
    person, new = employees.card(request.employee_id), wanted(request)
    for number, phone in ((person.id_number, person.phone), (new.get("id_number", ""), new.get("phone", ""))):
        if staff.is_person(by.id, number, phone):
            return OWN
    if request.state == "second_review" and request.first_reviewer_id == by.id:
        return DID_FIRST
    return ""


def may_take(request: ChangeRequest, by: Actor) -> None:
    """Raises unless the request waits at a level where `by` decides, and nothing else forbids it."""
    role = LEVEL_ROLES.get(request.state)
    if role is None:
        raise Conflict(who_was_first(request))
    if not acting_for(request, by).has(role):
        raise NotAllowed
    if words := why_not(request, by):
        raise NotAllowed(words)


def approve(request: ChangeRequest, by: Actor, seen: int, note: str = "") -> None:
    """同意 at the present level; at the last one the person's details change and the person is told."""
    by = _guard(request, by, seen)
    found = checks.run(request, len(photos.photos_of(request)))
    bad = sum(check.level == "bad" for check in found)
    if bad and not note.strip():
        raise Refused(ANSWER_BAD.format(n=bad), "note")
    level = request.state
    said: dict[str, Any] = {"first_reviewer_id": by.id}
    if level == "second_review":
        applying.change_details(
            request.employee_id, before(request), wanted(request), by, labels=FIELDS, number=request.number
        )
        said = {"second_reviewer_id": by.id, "decided_at": clock.now()}
    move(request, PASSES[level], by, note=note, seen=seen, **said)


def send_back(request: ChangeRequest, by: Actor, seen: int, note: str) -> None:
    """退回: the request is a draft again, with the reason as its 备注 (GX-50)."""
    by = _guard(request, by, seen)
    if not note.strip():
        raise Refused(NO_REASON, "note")
    request.note = note.strip()
    move(request, RETURNS[request.state], by, note=note, seen=seen, values={"reason": note.strip()})


def _guard(request: ChangeRequest, by: Actor, seen: int) -> Actor:
    """Still as it was seen, and nobody's own case. Returns `by` with the rights they hold in this union."""
    hold(request)
    if seen != request.version:
        raise Conflict(who_was_first(request))
    may_take(request, by)
    return acting_for(request, by)
