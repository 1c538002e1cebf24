"""What happens when somebody decides on a claim? Look, pass, return, refuse; never on one's own.

Each verb takes the version the reviewer looked at: whoever comes second gets a `Conflict` that says who was
first. The figure is computed by the same function as the estimate and sealed together with the payee.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert

from claims.models import Claim, ReturnReason, ReviewHold
from claims.rules import ITEMS, REFUSALS, STARTING_REASONS, WORKFLOW
from claims.service.figures import adopt, approval_mark, estimate
from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import Missing, NotAllowed, Refused
from core.history import perform
from core.money import shown_yuan
from core.roles import FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER
from employee import service as employees
from notify import service as notify
from staff import service as staff

HOLD = dt.timedelta(minutes=20)
LEVEL_ROLES = {"union_review": OPERATOR, "first_review": FIRST_REVIEWER, "second_review": SECOND_REVIEWER}
PASSES = {"union_review": "pass_union", "first_review": "pass_first", "second_review": "approve"}
RETURNS = {"union_review": "return_union", "first_review": "return_first", "second_review": "return_second"}
REFUSES = {"first_review": "refuse_first", "second_review": "refuse_second"}

OWN_CLAIM = "这是您本人的申请，不能由您审核，请交给其他人员"
OWN_FILING = "这份申请是您代办提交的，不能由您审核，请交给其他人员"
OWN_ACCOUNT = "这份申请的收款账户或手机号是您本人的，不能由您审核，请交给其他人员"
DID_FIRST = "您做过本件的初核，不能再做复核，请交给其他人员"
NO_REASON = "请填写退回原因，申请人要看到"


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
    if staff.is_person(by.id, "", person.phone) or (
        not claim.is_own_account and claim.payee_name == by.label
    ):
        return OWN_ACCOUNT
    if claim.state == "second_review" and claim.first_reviewer_id == by.id:
        return DID_FIRST
    return ""


def approve(claim: Claim, by: Actor, seen: int, note: str = "") -> None:
    """同意 at the present level. At the last level the figure is fixed and sealed with the payee."""
    _guard(claim, by)
    award = estimate(claim)
    if claim.state == "second_review" and award.total_fen <= 0:
        raise Refused("按保障计划计算，补助金额为 0 元，不能同意。请核对金额，或选“不予补助”。")
    level = claim.state
    changes: dict[str, Any] = {**adopt(claim), "award_fen": award.total_fen}
    if level == "first_review":
        changes["first_reviewer_id"] = by.id
    if level == "second_review":
        changes |= {"second_reviewer_id": by.id, "decided_at": clock.now()}
    perform(WORKFLOW, claim, _action(PASSES, claim), by, note, seen=seen, **changes)
    release(claim.id)
    if level == "second_review":
        claim.approval_bi = approval_mark(claim)
        _tell(claim, "claim_approved", {"amount": shown_yuan(award.total_fen)})


def return_to_filer(claim: Claim, by: Actor, seen: int, note: str, items: list[str]) -> None:
    """退回到提单 with the reason and the items concerned; told by inbox, WeChat and SMS (GX-25)."""
    _guard(claim, by)
    if not note.strip():
        raise Refused(NO_REASON, "note")
    known = [item for item in items if item in ITEMS]
    perform(
        WORKFLOW,
        claim,
        _action(RETURNS, claim),
        by,
        note,
        meta={"items": known},
        seen=seen,
        return_items=known,
    )
    release(claim.id)
    _count_reasons(note)
    _tell(claim, "claim_returned", {"reason": note.strip()})


def refuse(claim: Claim, by: Actor, seen: int, code: str, text: str) -> None:
    """不予补助 with a reason of the closed list and the reviewer's words."""
    _guard(claim, by)
    reason = next((r for r in REFUSALS if r.code == code), None)
    if reason is None:
        raise Refused("请选择不予补助的原因", "refusal_code")
    if not text.strip():
        raise Refused("请写明具体情况，申请人要看到", "note")
    note = f"{reason.words}：{text.strip()}"
    action = _action(REFUSES, claim)
    perform(
        WORKFLOW,
        claim,
        action,
        by,
        note,
        seen=seen,
        refusal_code=code,
        decided_at=clock.now(),
        award_fen=None,
    )
    release(claim.id)
    _tell(claim, "claim_refused", {"reason": note})


def hold(claim: Claim, by: Actor, take_over: bool = False) -> ReviewHold:
    """Say that `by` has the claim open; returns whose hold it is (somebody else's when they were first)."""
    assert by.id  # noqa: S101 - staff always have an id
    table = ReviewHold.__table__
    now = clock.now()
    mine = {"staff_id": by.id, "staff_label": by.label, "since": now, "until": now + HOLD}
    statement = insert(table).values(claim_id=claim.id, **mine)
    free = or_(table.c.until < now, table.c.staff_id == by.id)
    keep_since = {**mine, "since": func.coalesce(table.c.since, now)}
    statement = statement.on_conflict_do_update(
        index_elements=["claim_id"],
        set_=mine if take_over else keep_since,
        where=None if take_over else free,
    )
    db.session.execute(statement)
    if take_over:
        audit.record("claim.take_over", "claim", claim.id, by)
    db.session.flush()
    return db.session.scalars(
        select(ReviewHold).where(ReviewHold.claim_id == claim.id).execution_options(populate_existing=True)
    ).one()


def release(claim_id: uuid.UUID) -> None:
    """Nobody has the claim open any more."""
    db.session.execute(ReviewHold.__table__.delete().where(ReviewHold.claim_id == claim_id))


def release_lapsed() -> None:
    """Remove holds that lapsed."""
    db.session.execute(ReviewHold.__table__.delete().where(ReviewHold.until < clock.now()))


def reasons() -> list[ReturnReason]:
    """常用退回意见, most used first."""
    query = select(ReturnReason).where(ReturnReason.is_active)
    return list(db.session.scalars(query.order_by(ReturnReason.uses.desc(), ReturnReason.text)))


def seed_reasons() -> None:
    """Put the common reasons a new deployment starts with on an empty list."""
    if not db.session.scalar(select(func.count()).select_from(ReturnReason)):
        db.session.add_all(
            ReturnReason(text=text, item=item, uses=0, is_active=True) for text, item in STARTING_REASONS
        )


def save_reason(text: str, item: str, by: Actor) -> None:
    """Add a common reason. Raises `Refused`."""
    text = text.strip()
    if not 4 <= len(text) <= 120:
        raise Refused("常用意见请写 4 到 120 个字", "text")
    statement = insert(ReturnReason.__table__).values(
        id=ReturnReason(text=text).id, text=text, item=item if item in ITEMS else "", uses=0, is_active=True
    )
    db.session.execute(statement.on_conflict_do_update(index_elements=["text"], set_={"is_active": True}))
    audit.record("reason.save", "return_reason", text[:40], by)


def retire_reason(reason_id: uuid.UUID, by: Actor) -> None:
    """Take a common reason off the list."""
    row = db.session.get(ReturnReason, reason_id)
    if row is None:
        raise Missing
    row.is_active = False
    audit.record("reason.retire", "return_reason", reason_id, by)


def _guard(claim: Claim, by: Actor) -> None:
    if words := why_not(claim, by):
        raise NotAllowed(words)


def _action(table: dict[str, str], claim: Claim) -> str:
    """The action of this level; in a state without one, `perform` says who was first."""
    return table.get(claim.state, next(iter(table.values())))


def _count_reasons(note: str) -> None:
    for row in reasons():
        if row.text in note:
            row.uses += 1


def _tell(claim: Claim, kind: str, values: dict[str, str]) -> None:
    notify.send(
        kind,
        employee=claim.employee_id,
        about=("claim", claim.id, claim.number),
        values={"number": claim.number, **values},
        dedupe=f"claim:{claim.id}:{kind}:v{claim.version}",
    )
