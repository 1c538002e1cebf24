"""Was this very form already sent? Every POST that makes something carries a one-time `op` token.

The row is inserted in the action's own transaction: a parallel twin waits for the first to commit and then
gets the first one's answer; after a rollback the token is free again.
"""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped

from core import clock
from core.access import Actor
from core.db import column, db, moment
from core.errors import Refused

REPEATED = "这份申请已经提交过了，不用再交。"


class Operation(db.Model):
    """A form that was sent, and where its answer is."""

    __tablename__ = "operation"

    op: Mapped[str] = column(String(43), primary_key=True)
    actor: Mapped[str] = column(String(80), nullable=False)
    location: Mapped[str] = column(String(200), nullable=False, default="")
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now, index=True)


class Repeated(Refused):
    """The form was sent before; `location` is where its answer is (303)."""

    status = 303

    def __init__(self, location: str) -> None:
        super().__init__(REPEATED)
        self.location = location


def new_op() -> str:
    """A fresh token for one form."""
    return secrets.token_urlsafe(24)


def once(op: str, by: Actor, location: str) -> None:
    """Claim `op` for this transaction. Raises `Repeated` with the first sending's location."""
    if not 16 <= len(op) <= 43:
        raise Refused("页面已过期，请返回上一页重新打开后再提交。")
    table = Operation.__table__
    claim = insert(table).values(op=op, actor=by.key, location=location, at=clock.now())
    if db.session.execute(claim.on_conflict_do_nothing().returning(table.c.op)).first():
        return
    first = db.session.execute(select(Operation.actor, Operation.location).where(Operation.op == op)).one()
    if first.actor != by.key:
        raise Refused("页面已过期，请返回上一页重新打开后再提交。")
    raise Repeated(first.location)


def answered(op: str, location: str) -> None:
    """Say where the answer of `op` is, when it was not known before the action."""
    db.session.execute(Operation.__table__.update().where(Operation.op == op).values(location=location))
