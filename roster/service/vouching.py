"""Do name and number of somebody entered by hand belong together? A worker asks, the page tells (XM-36).

Nobody waits at a form for another office's answer: the person is on the roster at once, and the page says
what came of the question. Silence is asked again by itself and never becomes a mismatch (XM-39).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from core import clock
from core.bell import ring
from core.db import after_commit, db, transaction
from employee import service as employees
from employee.service import identity
from roster.models import RosterCheck
from roster.rules import states

JOB = "roster.vouch"
ASKED_AT_ONCE = 100
BACK_OFF = (5, 15, 60, 300, 900, 3600)
_CHECK: Any = RosterCheck.__table__


class Named(NamedTuple):
    """What the question is made of."""

    id: uuid.UUID
    id_type: str
    id_number: str
    name: str

    @property
    def key(self) -> bytes:
        return identity.key_of(self.id_type, self.id_number, self.name)


def ask_about(person: Named) -> None:
    """Have a worker ask; nothing when this deployment has nobody to ask."""
    if not identity.is_asked():
        return
    fresh = {"key_bi": person.key, "verdict": states.WAITING, "tries": 0, "ask_at": clock.now()}
    row = insert(_CHECK).values(employee_id=person.id, **fresh)
    db.session.execute(row.on_conflict_do_update(index_elements=["employee_id"], set_=fresh))
    after_commit(lambda: ring(JOB))


def answers(people: Iterable[Any]) -> dict[uuid.UUID, str]:
    """What is known of these people (`Named`, or anything with the same attributes). One statement."""
    wanted = {one.id: one for one in people}
    rows = db.session.execute(
        select(_CHECK.c.employee_id, _CHECK.c.key_bi, _CHECK.c.verdict).where(
            _CHECK.c.employee_id.in_(list(wanted))
        )
    )
    found = {}
    for employee_id, key, verdict in rows:
        one = wanted[employee_id]
        if bytes(key) == identity.key_of(one.id_type, one.id_number, one.name):
            found[employee_id] = verdict
    return found


def work() -> None:
    """Ask what is due, some at a time; what stays silent waits a little longer each time."""
    while identity.is_asked() and identity.is_open():
        due = _due()
        if not due:
            return
        with transaction():
            said: dict[bytes, str | None] = dict(identity.remembered([one.key for one in due]))
        asks = [identity.Ask(one.key, one.id_type, one.id_number, one.name) for one in due]
        said |= identity.ask([one for one in asks if one.key not in said])
        with transaction():
            identity.remember(said)
            for one in due:
                _take(one, said.get(one.key))


def _due() -> list[Named]:
    """The questions whose turn it is. One about a name or number that an import has changed since is over."""
    is_due = and_(_CHECK.c.verdict == states.WAITING, _CHECK.c.ask_at <= clock.now())
    query = (
        select(_CHECK.c.employee_id, _CHECK.c.key_bi)
        .where(is_due)
        .order_by(_CHECK.c.ask_at)
        .limit(ASKED_AT_ONCE)
    )
    keys = {row[0]: bytes(row[1]) for row in db.session.execute(query)}
    cards = employees.cards(list(keys))
    due = [Named(card.id, card.id_type, card.id_number, card.name) for card in cards.values()]
    over = [one.id for one in due if one.key != keys[one.id]]
    with transaction():  # and none stands open while the other office thinks
        db.session.execute(delete(_CHECK).where(_CHECK.c.employee_id.in_(over)))
    return [one for one in due if one.id not in over]


def _take(one: Named, verdict: str | None) -> None:
    """Write the answer, unless somebody put a newer question meanwhile."""
    waits = and_(
        _CHECK.c.employee_id == one.id, _CHECK.c.verdict == states.WAITING, _CHECK.c.key_bi == one.key
    )
    if verdict:
        values = {"verdict": verdict, "asked_at": clock.now()}
        db.session.execute(update(_CHECK).where(waits).values(**values))
        return
    tries = db.session.scalar(select(_CHECK.c.tries).where(waits)) or 0
    later = clock.now() + dt.timedelta(seconds=BACK_OFF[min(tries, len(BACK_OFF) - 1)])
    db.session.execute(update(_CHECK).where(waits).values(tries=tries + 1, ask_at=later))
