"""From which accounts will the fee come? 缴费账号 is added and taken away while it is a draft (XM-61)."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select

from core.access import Actor
from core.db import db
from core.errors import Missing, Refused
from enrolment.models import Enrolment, FeeAccount
from enrolment.service.moving import open_draft

MOST = 10
TOO_MANY = f"最多填写 {MOST} 个缴费账号，请先删掉不用的"
TWICE = "这个卡号已经添加过了，请核对卡号，或直接进行下一步"


def listed(enrolment: Enrolment) -> list[FeeAccount]:
    """The accounts in the order they were added."""
    query = select(FeeAccount).where(FeeAccount.enrolment_id == enrolment.id)
    return list(db.session.scalars(query.order_by(FeeAccount.id)))


def add(enrolment: Enrolment, account_name: str, card: str, by: Actor) -> FeeAccount:
    """添加账号. Raises `Refused` for one that is there already, or one too many."""
    open_draft(enrolment, by)
    there = listed(enrolment)
    if any(one.card == card for one in there):
        raise Refused(TWICE, "card")
    if len(there) >= MOST:
        raise Refused(TOO_MANY, "card")
    row = FeeAccount(enrolment_id=enrolment.id, account_name=account_name, card=card)
    db.session.add(row)
    db.session.flush()
    return row


def remove(enrolment: Enrolment, account_id: uuid.UUID, by: Actor) -> None:
    open_draft(enrolment, by)
    done = db.session.execute(
        delete(FeeAccount).where(FeeAccount.id == account_id, FeeAccount.enrolment_id == enrolment.id)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Missing
