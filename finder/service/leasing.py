"""Who works on a look at the moment? One worker, under a lease; a dead one's successor goes on."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, update

from core import clock
from core.db import db
from finder.models import FinderRun
from finder.rules import WORKED_ON

LEASE = dt.timedelta(seconds=120)
MOST_TRIES = 20
UNHEARD = dt.timedelta(seconds=60)  # nobody answered the bell for so long
_TABLE: Any = FinderRun.__table__


class LeaseLost(Exception):
    """Another worker took over; what this one was about to write is void."""


def _is_due() -> Any:
    is_free = or_(_TABLE.c.lease_until.is_(None), _TABLE.c.lease_until <= clock.now())
    return and_(_TABLE.c.state.in_(WORKED_ON), is_free)


def is_due() -> bool:
    return bool(db.session.scalar(select(exists().where(_is_due()))))


def is_overdue() -> bool:
    """Has something been due for so long that no worker can be listening?"""
    since = func.coalesce(_TABLE.c.lease_until, _TABLE.c.state_at)
    return bool(db.session.scalar(select(exists().where(_is_due(), since < clock.now() - UNHEARD))))


def claim_due() -> FinderRun | None:
    """The look that waits, leased to the caller."""
    query = select(FinderRun).where(_is_due()).limit(1).with_for_update(skip_locked=True)
    row = db.session.scalars(query.execution_options(populate_existing=True)).first()
    if row is not None:
        row.tries += 1
        row.lease_until = clock.now() + LEASE
        db.session.flush()
    return row


def held(run_id: Any, lease: Any) -> FinderRun:
    """The look, if the lease is still ours. Raises `LeaseLost`."""
    row = db.session.get(FinderRun, run_id, populate_existing=True)
    if row is None or row.lease_until != lease or row.state not in WORKED_ON:
        raise LeaseLost
    return row


def go_on(run: FinderRun, **progress: Any) -> None:
    """Extend the lease and keep how far it is. Raises `LeaseLost`: the transaction writes nothing."""
    db.session.flush()
    mine = and_(_TABLE.c.id == run.id, _TABLE.c.lease_until == run.lease_until)
    done = db.session.execute(update(_TABLE).where(mine).values(lease_until=clock.now() + LEASE, **progress))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost
    db.session.refresh(run)


def let_go(run_id: Any, lease: Any) -> None:
    mine = and_(_TABLE.c.id == run_id, _TABLE.c.lease_until == lease)
    db.session.execute(update(_TABLE).where(mine).values(lease_until=None))
