"""What does paying do to a claim? Verbs for `payout`: start, stop, bounce, pay.

The seal binds claim, sum and payee as they were approved. A card or sum changed behind the reviewers' backs
breaks it, and the claim cannot get into a batch (M5, M7, M9).
"""

from __future__ import annotations

import datetime as dt
import hmac
import uuid
from dataclasses import dataclass

from sqlalchemy import select

from claims.models import Claim
from claims.rules import WORKFLOW, bounce_for
from claims.service.figures import approval_mark
from core import clock
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.history import perform
from core.money import shown_yuan
from notify import service as notify

BROKEN_SEAL = "申请 {number} 的收款账户或金额与审核通过时不一致，不能打款，请联系管理员核查"


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


def payable(limit: int) -> list[Payable]:
    """Approved claims waiting for a batch, longest waiting first."""
    query = select(Claim).where(Claim.state == "approved").order_by(Claim.state_at, Claim.id).limit(limit)
    return [_payable(claim) for claim in db.session.scalars(query)]


def start_paying(claim_ids: list[uuid.UUID], by: Actor) -> list[Payable]:
    """Move approved claims into paying, all or none. Raises `Refused` for a broken seal, `Conflict`."""
    query = select(Claim).where(Claim.id.in_(claim_ids)).order_by(Claim.state_at, Claim.id)
    started = []
    for claim in db.session.scalars(query.with_for_update()):
        if not claim.approval_bi or not hmac.compare_digest(claim.approval_bi, approval_mark(claim)):
            raise Refused(BROKEN_SEAL.format(number=claim.number))
        started.append(_payable(claim))
        perform(WORKFLOW, claim, "start_paying", by)
    return started


def stop_paying(claim_id: uuid.UUID, by: Actor) -> None:
    """A batch was dropped before it left: the claim waits for another one."""
    perform(WORKFLOW, _get(claim_id), "stop_paying", by)


def paid(claim_id: uuid.UUID, by: Actor) -> None:
    """打款成功 → 办结; told by inbox, WeChat and SMS (GX-30, GX-31)."""
    claim = _get(claim_id)
    perform(WORKFLOW, claim, "pay", by, paid_at=clock.now())
    _tell(claim, "claim_paid", {"amount": shown_yuan(claim.award_fen or 0)})


def bounced(claim_id: uuid.UUID, bank_words: str, by: Actor) -> None:
    """打款失败: told in plain words (GX-28); the person may change the payee only (GX-29)."""
    claim = _get(claim_id)
    bounce = bounce_for(bank_words)
    meta = {"bounce": bounce.code}
    perform(WORKFLOW, claim, "bounce", by, bounce.words, meta=meta, bounce_code=bounce.code)
    amount = shown_yuan(claim.award_fen or 0)
    _tell(claim, "payment_failed", {"reason": bounce.words, "amount": amount})


def _get(claim_id: uuid.UUID) -> Claim:
    return db.session.get_one(Claim, claim_id)


def _bank(claim: Claim) -> str:
    return f"{claim.payee_bank}{claim.payee_branch}"


def _payable(claim: Claim) -> Payable:
    return Payable(
        claim_id=claim.id,
        number=claim.number,
        award_fen=claim.award_fen or 0,
        payee_name=claim.payee_name or "",
        payee_bank=_bank(claim),
        payee_card=claim.payee_card or "",
        approved_at=claim.state_at,
    )


def _tell(claim: Claim, kind: str, values: dict[str, str]) -> None:
    notify.send(
        kind,
        employee=claim.employee_id,
        about=("claim", claim.id, claim.number),
        values={"number": claim.number, **values},
        dedupe=f"claim:{claim.id}:{kind}:v{claim.version}",
    )
