"""What happens when somebody decides on a claim? Look, pass, return, refuse; never on one's own.

Each verb takes the version the reviewer looked at: whoever comes second gets a `Conflict` that says who was
first. The figure is computed by the same function as the estimate and sealed together with the payee.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from claims.models import Claim
from claims.queries.work import acting_for
from claims.rules import ITEMS, LEVEL_ROLES, PASSES, REFUSES, RETURNS, UNDO_SECONDS, refusals
from claims.service import marks, suspicions
from claims.service.figures import adopt, approval_mark, estimate
from claims.service.holds import hold, must_be_free, put_back, release, release_lapsed, take_next
from claims.service.marks import Spot
from claims.service.moving import move
from claims.service.reasons import count_use, reasons, retire_reason, save_reason, seed_reasons
from core import clock
from core.access import Actor
from core.db import db
from core.db import one_at_a_time as alone
from core.errors import Conflict, Missing, NotAllowed, Refused
from core.history import who_was_first
from core.money import shown_yuan
from employee import service as employees
from staff import service as staff

__all__ = [
    "LEVEL_ROLES",
    "approve",
    "get",
    "hold",
    "may_take",
    "put_back",
    "reasons",
    "refuse",
    "release",
    "release_lapsed",
    "retire_reason",
    "return_to_filer",
    "save_reason",
    "seed_reasons",
    "take_next",
    "why_not",
]

OWN_CLAIM = "这是您本人的申请，不能由您审核，请交给其他人员"
OWN_FILING = "这份申请是您代办提交的，不能由您审核，请交给其他人员"
OWN_ACCOUNT = "这份申请的收款账户或手机号是您本人的，不能由您审核，请交给其他人员"
DID_FIRST = "您做过本件的初核，不能再做复核，请交给其他人员"
NO_REASON = "请填写退回原因，申请人要看到"
ANSWER_BAD = "还有 {n} 项“不符”没有处理，请在意见里说明"
NOTHING_TO_PAY = "按保障计划计算，补助金额为 0 元，不能同意。请核对金额，或选“不予补助”。"


def get(number: str) -> Claim:
    """The claim with this number. Raises `Missing`."""
    row = db.session.scalar(select(Claim).where(Claim.number == number))
    if row is None:
        raise Missing
    return row


def why_not(claim: Claim, by: Actor) -> str:
    """Why `by` may not decide on `claim`, in words; empty when they may."""
    if by.id is None:
        return NotAllowed().text
    person = employees.card(claim.employee_id)
    if staff.is_person(by.id, person.id_number, ""):
        return OWN_CLAIM
    if claim.filed_by_kind == "staff" and claim.filed_by_id == by.id:
        return OWN_FILING
    if any(staff.is_person(by.id, "", phone) for phone in (person.phone, claim.contact_phone or "")) or (
        not claim.is_own_account and claim.payee_name == by.label
    ):
        return OWN_ACCOUNT
    if claim.state == "second_review" and claim.first_reviewer_id == by.id:
        return DID_FIRST
    return ""


def may_take(claim: Claim, by: Actor) -> None:
    """Raises unless the claim waits at a level where `by` decides, and nothing else forbids it."""
    role = LEVEL_ROLES.get(claim.state)
    if role is None:
        raise Conflict(who_was_first(claim))
    if not acting_for(claim, by).has(role):
        raise NotAllowed
    if words := why_not(claim, by):
        raise NotAllowed(words)


def approve(claim: Claim, by: Actor, seen: int, note: str = "") -> None:
    """同意 at the present level. At the last level the figure is fixed and sealed with the payee."""
    by = guard(claim, by, PASSES, seen)
    one_at_a_time(claim)
    award = estimate(claim)
    level = claim.state
    if level == "second_review" and award.total_fen <= 0:
        raise Refused(NOTHING_TO_PAY)
    bad = sum(check.level == "bad" for check in suspicions.for_reviewer(claim))
    if bad and not note.strip():
        raise Refused(ANSWER_BAD.format(n=bad), "note")
    changes: dict[str, Any] = {**adopt(claim), "award_fen": award.total_fen}
    if level == "first_review":
        changes["first_reviewer_id"] = by.id
    if level == "second_review":
        changes |= {"second_reviewer_id": by.id, "decided_at": clock.now()}
    values = {"amount": shown_yuan(award.total_fen)}
    move(claim, PASSES[level], by, note=note, seen=seen, values=values, delay=UNDO_SECONDS, **changes)
    release(claim.id)
    if level == "second_review":
        claim.approval_bi = approval_mark(claim)


def return_to_filer(
    claim: Claim, by: Actor, seen: int, note: str, items: list[str], spots: Sequence[Spot] = ()
) -> None:
    """退回到提单 with the reason, items and places in photos; told by inbox, WeChat and SMS (GX-25)."""
    by = guard(claim, by, RETURNS, seen)
    if not note.strip():
        raise Refused(NO_REASON, "note")
    wanted = {*items, *(spot.kind for spot in spots)}
    known = [item for item in ITEMS if item in wanted]
    step = move(
        claim,
        RETURNS[claim.state],
        by,
        note=note,
        seen=seen,
        values={"reason": note.strip()},
        meta={"items": known},
        return_items=known,
        delay=UNDO_SECONDS,
    )
    marks.keep(step, list(spots))
    release(claim.id)
    count_use(note)


def refuse(claim: Claim, by: Actor, seen: int, code: str, text: str) -> None:
    """不予补助 with a reason of the closed list and the reviewer's words."""
    by = guard(claim, by, REFUSES, seen)
    reason = next((r for r in refusals(claim.kind) if r.code == code), None)
    if reason is None:
        raise Refused("请选择不予补助的原因", "refusal_code")
    if not text.strip():
        raise Refused("请写明具体情况，申请人要看到", "note")
    note = f"{reason.words}：{text.strip()}"
    move(
        claim,
        REFUSES[claim.state],
        by,
        note=note,
        seen=seen,
        values={"reason": note},
        delay=UNDO_SECONDS,
        refusal_code=code,
        decided_at=clock.now(),
        award_fen=None,
    )
    release(claim.id)


def guard(claim: Claim, by: Actor, actions: Mapping[str, str | None], seen: int) -> Actor:
    """Still as it was seen, one of the reviewer's states, not their own case, nobody else's at the moment.

    Returns `by` with the rights they hold in the claim's union.
    """
    by = acting_for(claim, by)
    if seen != claim.version or claim.state not in actions:
        raise Conflict(who_was_first(claim))
    if not by.has(LEVEL_ROLES[claim.state]):
        raise NotAllowed
    if words := why_not(claim, by):
        raise NotAllowed(words)
    must_be_free(claim, by)
    return by


def one_at_a_time(claim: Claim) -> None:
    """Two decisions about one person wait for each other: caps have a memory across claims."""
    alone(claim.employee_id)
