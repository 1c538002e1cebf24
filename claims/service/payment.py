"""What does paying do to a claim? Verbs for `payout`: start, stop, bounce, pay.

The seal binds claim, sum and payee as they were approved. A card or sum changed behind the reviewers' backs
breaks it, and the claim cannot get into a batch (M5, M7, M9).
"""

from __future__ import annotations

import datetime as dt
import hmac
import uuid
from dataclasses import dataclass

from sqlalchemy import func, select

from claims.models import Claim
from claims.rules import Bounce, bounce_for
from claims.service import automatic
from claims.service.automatic import hold_people
from claims.service.figures import approval_mark
from claims.service.moving import move
from core import clock
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.keys import SealBroken
from core.money import shown_yuan
from employee import service as employees
from staff import service as staff

__all__ = [
    "Payable",
    "awaiting",
    "bounced",
    "hold_people",
    "own_of",
    "paid",
    "payable",
    "plain_reason",
    "start_paying",
    "stop_paying",
]

BROKEN_SEAL = "申请 {number} 的收款账户或金额与审核通过时不一致，不能打款，请联系管理员核查。其余申请可先打款"
UNREADABLE = "（读不出来）"


@dataclass(frozen=True)
class Payable:
    """An approved claim as finance sees it: sum in fen and the payee as approved, in clear."""

    claim_id: uuid.UUID
    number: str
    award_fen: int
    payee_name: str
    payee_bank: str
    payee_card: str
    approved_at: dt.datetime
    is_automatic: bool = False


def payable(limit: int, claim_ids: list[uuid.UUID] | None = None) -> list[Payable]:
    """Approved claims waiting for a batch (of `claim_ids` only, when given), longest waiting first."""
    query = select(Claim).where(Claim.state == "approved").order_by(Claim.state_at, Claim.id).limit(limit)
    if claim_ids is not None:
        query = query.where(Claim.id.in_(claim_ids))
    return [_payable(claim) for claim in db.session.scalars(query)]


def awaiting() -> tuple[int, int]:
    """How many approved claims wait for a batch, and their sum in fen."""
    query = select(func.count(), func.coalesce(func.sum(Claim.award_fen), 0))
    count, total = db.session.execute(query.where(Claim.state == "approved")).one()
    return int(count or 0), int(total or 0)


def plain_reason(bank_words: str) -> Bounce:
    """What the person is told for a bank's words."""
    return bounce_for(bank_words)


def own_of(claim_ids: list[uuid.UUID], by: Actor) -> str:
    """The number of the first of these claims that is `by`'s own case; empty when none is."""
    if by.id is None:
        return ""
    own = employees.same_person(*staff.identity(by.id))
    query = select(Claim.number).where(Claim.id.in_(claim_ids), Claim.employee_id.in_(own)).limit(1)
    return db.session.scalar(query) or ""


def start_paying(claim_ids: list[uuid.UUID], by: Actor) -> list[Payable]:
    """Move approved claims into paying, all or none. Raises `Refused` for a broken seal, `Conflict`."""
    query = select(Claim).where(Claim.id.in_(claim_ids)).order_by(Claim.state_at, Claim.id)
    started = []
    # What this session read before the lock may be old by now.
    locked = query.with_for_update().execution_options(populate_existing=True)
    for claim in db.session.scalars(locked):
        if not _is_sealed(claim):
            raise Refused(BROKEN_SEAL.format(number=claim.number))
        started.append(_payable(claim))
        move(claim, "start_paying", by)
    return started


def stop_paying(claim_id: uuid.UUID, by: Actor) -> None:
    """A batch was dropped before it left: the claim waits for another one."""
    move(_get(claim_id), "stop_paying", by)


def paid(claim_id: uuid.UUID, by: Actor) -> None:
    """打款成功 → 办结; told by inbox, WeChat and SMS (GX-30, GX-31). What it entitles to follows at once.

    The caller has the people of all its claims to itself (`hold_people`).
    """
    claim = _get(claim_id)
    move(claim, "pay", by, values=_amount(claim), paid_at=clock.now())
    automatic.grant_after(claim)


def bounced(claim_id: uuid.UUID, bank_words: str, by: Actor) -> Bounce:
    """打款失败: told in plain words (GX-28); the person may change the payee only (GX-29)."""
    claim = _get(claim_id)
    bounce = bounce_for(bank_words)
    meta = {"bounce": bounce.code}
    values = {"reason": bounce.words, **_amount(claim)}
    move(claim, "bounce", by, note=bounce.words, values=values, meta=meta, bounce_code=bounce.code)
    return bounce


def _get(claim_id: uuid.UUID) -> Claim:
    return db.session.get_one(Claim, claim_id)


def _bank(claim: Claim) -> str:
    return f"{claim.payee_bank}{claim.payee_branch}"


def _is_sealed(claim: Claim) -> bool:
    """Are sum and payee what was approved? A sealed value that does not open any more is not."""
    try:
        return bool(claim.approval_bi) and hmac.compare_digest(claim.approval_bi or b"", approval_mark(claim))
    except SealBroken:
        return False


def _payable(claim: Claim) -> Payable:
    try:
        name, card = claim.payee_name or "", claim.payee_card or ""
    except SealBroken:  # one row that somebody tampered with must not hide all the others
        name, card = UNREADABLE, ""
    return Payable(
        claim_id=claim.id,
        number=claim.number,
        award_fen=claim.award_fen or 0,
        payee_name=name,
        payee_bank=_bank(claim),
        payee_card=card,
        approved_at=claim.state_at,
        is_automatic=claim.is_automatic,
    )


def _amount(claim: Claim) -> dict[str, str]:
    return {"amount": shown_yuan(claim.award_fen or 0)}
