"""How is what was kept long enough removed? Rule by rule, in small batches, each in a transaction of its own.

A feature says what is due (a statement of ids) and how some of it is erased; erasing makes it no longer due.
So a run that is cut short goes on where it was, and a second run finds nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from core import audit, clock
from core.access import SYSTEM
from core.db import db, transaction
from core.terms import Term

BATCH = 200
MOST = 20_000  # of one rule in one run; the rest has time until the next night
ERASED = "已按规定删除"

Ids = list[uuid.UUID]


class Rule(NamedTuple):
    """`due` gives the ids of what ended before a moment; `erase` takes some of them, locked."""

    key: str
    term: Term
    due: Callable[[dt.datetime], Select[Any]]
    erase: Callable[[Ids], object]


def run(rule: Rule, most: int = MOST) -> int:
    """Erase what is due, at most so much; returns how many."""
    done, until = 0, rule.term.before(clock.now())
    while done < most:
        count = _some(rule, until, min(BATCH, most - done))
        done += count
        if not count:
            break
    if done:
        with transaction():
            audit.record("retention.run", "retention", None, SYSTEM, rule=rule.key, count=done)
    return done


def count(rule: Rule) -> int:
    """How much is due now; erases nothing."""
    found = rule.due(rule.term.before(clock.now())).subquery()
    return int(db.session.scalar(select(func.count()).select_from(found)) or 0)


def _some(rule: Rule, until: dt.datetime, most: int) -> int:
    """One batch. Whoever works on a row at this moment is left in peace until the next run."""
    with transaction():
        query = rule.due(until).limit(most).with_for_update(skip_locked=True)
        ids = list(db.session.scalars(query))
        if ids:
            rule.erase(ids)
    return len(ids)
