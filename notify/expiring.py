"""When is it forgotten where a message went and what it said? `rules.KEEP` says; that it went stays."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, select, update

from core import clock
from core.db import db
from core.retention import Ids, Rule
from notify.models import InboxMessage, OutboxMessage
from notify.rules import CANCELLED, HELD, KEEP, PENDING, SENDING, UNKNOWN

_OUT: Any = OutboxMessage.__table__
FORGOTTEN = "forgotten"


def forget_outbox(owner_id: uuid.UUID) -> None:
    """The person leaves: nothing more goes to them, and what went is forgotten.

    What is on its way at this moment is finished first and goes with the nightly rule.
    """
    mine = (_OUT.c.owner_id == owner_id, _OUT.c.status.not_in((SENDING, UNKNOWN)))
    _forget(*mine)


def _due(until: dt.datetime) -> Select[Any]:
    due = select(OutboxMessage.id).where(_OUT.c.address_ct.is_not(None), _OUT.c.status != SENDING)
    return due.where(OutboxMessage.created_at < until).order_by(OutboxMessage.created_at)


def _erase(ids: Ids) -> None:
    _forget(_OUT.c.id.in_(ids))


def _forget(*which: ColumnElement[bool]) -> None:
    """What still waited does not go any more: it could not say anything."""
    waits = _OUT.c.status.in_((PENDING, HELD, UNKNOWN))
    now = clock.now()
    db.session.execute(
        update(_OUT)
        .where(*which)
        .values(
            address_ct=None,
            address_bi=None,
            params_ct=None,
            status=case((waits, CANCELLED), else_=_OUT.c.status),
            why=case((waits, FORGOTTEN), else_=_OUT.c.why),
            final_at=case((waits, now), else_=_OUT.c.final_at),
        )
    )


def _inbox_due(until: dt.datetime) -> Select[Any]:
    return select(InboxMessage.id).where(InboxMessage.created_at < until).order_by(InboxMessage.created_at)


def _erase_inbox(ids: Ids) -> None:
    db.session.execute(delete(InboxMessage).where(InboxMessage.id.in_(ids)))


RULES = (
    Rule("notify.outbox", KEEP["outbox"], _due, _erase),
    Rule("notify.inbox", KEEP["inbox"], _inbox_due, _erase_inbox),
)
