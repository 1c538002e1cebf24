"""Which calls did staff ask for, and what came of them? The row is the work; the doorbell only hurries it."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import distinct_on

from core import bell, clock
from core.access import Actor
from core.db import after_commit, db
from wechat.models import AccountErrand

LEASE = dt.timedelta(seconds=60)
PAUSE = dt.timedelta(seconds=5)
MOST_TRIES = 3
KEEP = dt.timedelta(days=30)
OK, FAILED = "ok", "failed"
_TABLE = AccountErrand.__table__


@dataclass(frozen=True)
class Taken:
    """One errand in hand."""

    id: uuid.UUID
    kind: str
    subject: str
    given: Mapping[str, Any]
    asked_by: str
    tries: int


def ask(
    kind: str, subject: str, by: Actor, given: Mapping[str, Any] | None = None, *, again: bool = False
) -> None:
    """Have a worker do it soon. While one like it waits nothing is added, unless `again` says so."""
    waits = select(AccountErrand.id).where(
        AccountErrand.kind == kind, AccountErrand.subject == subject, AccountErrand.done_at.is_(None)
    )
    if again or db.session.scalar(waits.limit(1)) is None:
        row = AccountErrand(kind=kind, subject=subject, asked_by=by.label)
        row.given = json.dumps(dict(given or {}), ensure_ascii=False)
        db.session.add(row)
        db.session.flush()
    after_commit(_ring)


def _ring() -> None:
    bell.ring("wechat.errands")


def take() -> Taken | None:
    """The next errand that is due, ours for a minute; whoever dies leaves it to the next."""
    query = (
        select(AccountErrand)
        .where(AccountErrand.done_at.is_(None), AccountErrand.due_at <= clock.now())
        .order_by(AccountErrand.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = db.session.scalar(query)
    if row is None:
        return None
    row.tries, row.due_at = row.tries + 1, clock.now() + LEASE
    return Taken(row.id, row.kind, row.subject, json.loads(row.given or "{}"), row.asked_by, row.tries)


def finish(errand: Taken, outcome: str, code: str = "", answer: object = None) -> bool:
    """Write what came of it; False when somebody else has taken it up meanwhile."""
    values = {"done_at": clock.now(), "outcome": outcome, "code": code[:60], "given_ct": None}
    values["answer"] = json.dumps(answer, ensure_ascii=False) if answer is not None else ""
    return _write(errand, values)


def put_off(errand: Taken, code: str) -> None:
    _write(errand, {"due_at": clock.now() + PAUSE * errand.tries, "code": code[:60]})


def _write(errand: Taken, values: Mapping[str, Any]) -> bool:
    mine = (_TABLE.c.id == errand.id, _TABLE.c.tries == errand.tries, _TABLE.c.done_at.is_(None))
    return bool(db.session.execute(update(_TABLE).where(*mine).values(values)).rowcount)  # type: ignore[attr-defined]


def last(kind: str, subject: str | None = None) -> AccountErrand | None:
    """The newest errand of its kind (and subject), done or not."""
    query = select(AccountErrand).where(AccountErrand.kind == kind)
    if subject is not None:
        query = query.where(AccountErrand.subject == subject)
    return db.session.scalar(query.order_by(AccountErrand.id.desc()).limit(1))


def last_answer(*kinds: str) -> tuple[Any, dt.datetime | None]:
    """What WeChat answered last to any of these, and when; (None, None) before it ever did."""
    query = select(AccountErrand.answer, AccountErrand.done_at).where(
        AccountErrand.kind.in_(kinds), AccountErrand.outcome == OK
    )
    row = db.session.execute(query.order_by(AccountErrand.done_at.desc()).limit(1)).one_or_none()
    return (json.loads(row.answer), row.done_at) if row and row.answer else (None, None)


def newest_failures() -> list[str]:
    """The kinds whose newest finished errand failed, with its code; test sends do not count."""
    query = (
        select(AccountErrand.kind, AccountErrand.outcome, AccountErrand.code)
        .where(AccountErrand.done_at.is_not(None), AccountErrand.kind != "test_send")
        .ext(distinct_on(AccountErrand.kind))
        .order_by(AccountErrand.kind, AccountErrand.id.desc())
    )
    return [f"{row.kind} {row.code}" for row in db.session.execute(query) if row.outcome == FAILED]


def sweep() -> None:
    """Old errands go; the newest answers of each kind stay, because pages show them."""
    newest = select(db.func.max(AccountErrand.done_at)).where(AccountErrand.outcome == OK)
    kept = newest.group_by(AccountErrand.kind)
    old = _TABLE.c.done_at < clock.now() - KEEP
    db.session.execute(_TABLE.delete().where(old, _TABLE.c.done_at.not_in(kept)))
