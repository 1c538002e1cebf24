"""Which 常用退回意见 are there? Add, retire, count what was used; most used first."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from claims.models import ReturnReason
from claims.rules import ITEMS, STARTING_REASONS
from core import audit
from core.access import Actor
from core.db import db, uuid7
from core.errors import Missing, Refused


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
    """Add a common reason, or bring a retired one back. Raises `Refused`."""
    text = " ".join(text.split())
    if not 4 <= len(text) <= 120:
        raise Refused("常用意见请写 4 到 120 个字", "text")
    item = item if item in ITEMS else ""
    fresh = {"id": uuid7(), "text": text, "item": item, "uses": 0, "is_active": True}
    statement = insert(ReturnReason.__table__).values(**fresh)
    again = statement.on_conflict_do_update(index_elements=["text"], set_={"is_active": True, "item": item})
    reason_id = db.session.scalar(again.returning(ReturnReason.__table__.c.id))
    audit.record("reason.save", "return_reason", reason_id, by)


def retire_reason(reason_id: uuid.UUID, by: Actor) -> None:
    """Take a common reason off the list. Raises `Missing`."""
    row = db.session.get(ReturnReason, reason_id)
    if row is None or not row.is_active:
        raise Missing
    row.is_active = False
    audit.record("reason.retire", "return_reason", reason_id, by)


def count_use(note: str) -> None:
    """One more use for every common reason that stands in `note`, added by the database."""
    used = sorted(row.id for row in reasons() if row.text in note)
    for reason_id in used:
        db.session.execute(
            update(ReturnReason).where(ReturnReason.id == reason_id).values(uses=ReturnReason.uses + 1)
        )
