"""What is done about rosters later? One import at a time is read, or merged and checked, lot by lot."""

from __future__ import annotations

import time

from core.bell import ring
from core.db import db, transaction
from roster.models import RosterImport
from roster.rules import states
from roster.service import applying, keeping, reading, vouching

JOB = "roster.work"
# A worker serves other bells too: a verification code must not stand behind a whole roster.
SECONDS = 10.0


def work() -> None:
    """Do what is due for a few seconds, then hand over, to another import too."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with transaction():
            due = keeping.claim_due()
        if due is None:
            return
        try:
            _turn(due, end)
        except keeping.LeaseLost:
            db.session.rollback()
            return
    ring(JOB)


def _turn(due: RosterImport, end: float) -> None:
    """One import's turn. Its lease ends with it, so that the next turn need not wait for it to run out."""
    try:
        if due.state != states.APPLYING:
            reading.read_in(due)
            return
        while applying.apply_some(due):
            if time.monotonic() >= end:
                break
        else:
            return
    except keeping.LeaseLost:
        raise
    except BaseException:
        db.session.rollback()
        with transaction():
            keeping.let_go(due, keeping.soon())
        raise
    with transaction():
        keeping.let_go(due, keeping.now())


def vouch() -> None:
    """Ask about the people entered by hand whose turn it is."""
    vouching.work()


def sweep() -> None:
    """The clock: ring for what is due; do it here when nobody hears the bell. Forget what is old."""
    if keeping.is_due() and (not ring(JOB) or keeping.is_overdue()):
        work()
    with transaction():
        keeping.forget_old()
