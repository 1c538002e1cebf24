"""How much waits for each member of staff this morning? One word by WeChat, at most one a working day."""

from __future__ import annotations

import uuid

from claims.queries import work
from core import clock, context
from core.access import Actor
from core.db import db, transaction
from notify import service as notify
from staff import service as staff
from staff.service import reminding
from workbench import navigation

LOT = 50


def remind() -> int:
    """Remind those whose turn it is; returns how many were told. A run that is cut short goes on."""
    if not context.scheme().staff_digest or not reminding.is_morning(clock.now()):
        return 0
    told, day = 0, clock.today()
    while lot := reminding.to_remind(day, LOT):
        for staff_id in lot:
            with transaction():
                told += _remind(staff_id)
            db.session.remove()
    return told


def _remind(staff_id: uuid.UUID) -> bool:
    """Count first: whoever has nothing to do hears nothing, and has had today's turn all the same."""
    day = clock.today()
    openid = reminding.take_turn(staff_id, day)
    actor = staff.actor_at_work(staff_id)
    count = waiting_for(actor) if openid and actor else 0
    if not count:
        return False
    return notify.nudge(
        "staff_digest", staff_id, openid, values={"n": str(count)}, dedupe=f"staff_digest:{staff_id}:{day}"
    )


def waiting_for(actor: Actor) -> int:
    """Everything that waits for this person to do something, as the navigation counts it."""
    found = work.counts(actor) if actor.has(*work.READERS, *work.FINANCE) else {}
    other = navigation.ask(actor)
    return sum(
        (
            navigation.own_work(actor, found),
            navigation.payable(actor, found),
            navigation.own_changes(actor, other),
            other.rebinds,
            other.transfers,
            other.appeals,
        )
    )
