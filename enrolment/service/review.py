"""What happens when somebody decides on an enrolment? Agree, send back; never on one's own filing.

Each verb takes the version the reviewer looked at: whoever comes second gets a `Conflict` that says who was
first. The second agreement fixes the fee and tells the operator what to pay, to whom, until when.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from core import clock, context
from core.access import Actor
from core.errors import Conflict, NotAllowed, Refused
from core.history import who_was_first
from core.money import shown_yuan
from enrolment.models import Enrolment
from enrolment.rules import FIRST, LEVEL_ROLES, PASSES, RETURNS, SECOND
from enrolment.rules.words import ANSWER_BAD, DID_FIRST, NO_REASON, OWN_FILING
from enrolment.service import checks
from enrolment.service.moving import acting_for, hold, move, plan_of


def why_not(enrolment: Enrolment, by: Actor) -> str:
    """Why `by` may not decide on it, in words; empty when they may."""
    if by.id is None:
        return NotAllowed().text
    if by.id in (enrolment.filed_by_id, enrolment.submitted_by_id):
        return OWN_FILING
    if enrolment.state == SECOND and enrolment.first_reviewer_id == by.id:
        labels = context.scheme().review.labels
        first, second = (labels[level].removeprefix("待") for level in (FIRST, SECOND))
        return DID_FIRST.format(first=first, second=second)
    return ""


def may_take(enrolment: Enrolment, by: Actor) -> None:
    """Raises unless it waits at a level where `by` decides, and nothing else forbids it."""
    role = LEVEL_ROLES.get(enrolment.state)
    if role is None:
        raise Conflict(who_was_first(enrolment))
    if not acting_for(enrolment, by).has(role):
        raise NotAllowed
    if words := why_not(enrolment, by):
        raise NotAllowed(words)


def approve(enrolment: Enrolment, by: Actor, seen: int, note: str = "") -> None:
    """同意 at the present level; at the last one the fee is fixed and 缴费通知 goes out (XM-69)."""
    by = _guard(enrolment, by, seen)
    bad = sum(one.level == "bad" for one in checks.run(enrolment))
    if bad and not note.strip():
        raise Refused(ANSWER_BAD.format(n=bad), "note")
    level = enrolment.state
    if level == FIRST:
        move(enrolment, PASSES[level], by, note=note, seen=seen, first_reviewer_id=by.id)
        return
    fee = fee_of(enrolment)
    due = clock.today() + dt.timedelta(days=context.scheme().fees.due_days)
    move(
        enrolment,
        PASSES[level],
        by,
        note=note,
        seen=seen,
        values=due_words(fee, due),
        second_reviewer_id=by.id,
        fee_due_fen=fee,
        due_on=due,
        approved_at=clock.now(),
    )


def send_back(enrolment: Enrolment, by: Actor, seen: int, note: str) -> None:
    """退回: it is a draft again under the same number, and the operator reads why."""
    by = _guard(enrolment, by, seen)
    if not note.strip():
        raise Refused(NO_REASON, "note")
    changes: dict[str, Any] = {"first_reviewer_id": None}
    move(
        enrolment,
        RETURNS[enrolment.state],
        by,
        note=note,
        seen=seen,
        values={"reason": note.strip()},
        **changes,
    )


def fee_of(enrolment: Enrolment) -> int:
    """What is to be paid: people × the fee of the plan in the version that was used."""
    return enrolment.participant_count * plan_of(enrolment).fee_fen


def due_words(fee_fen: int, due: dt.date) -> dict[str, str]:
    """What 缴费通知 says beyond the enrolment itself: how much, to which account, until when."""
    fees = context.scheme().fees
    return {
        "amount": shown_yuan(fee_fen),
        "receiver": fees.account_name or "请联系上级工会",
        "bank": fees.bank or "请联系上级工会",
        "card": fees.account or "请联系上级工会",
        "due": due.isoformat(),
    }


def _guard(enrolment: Enrolment, by: Actor, seen: int) -> Actor:
    """Still as it was seen, and not their own filing. Returns `by` with the rights they hold there."""
    hold(enrolment)
    if seen != enrolment.version:
        raise Conflict(who_was_first(enrolment))
    may_take(enrolment, by)
    return acting_for(enrolment, by)
