"""What is done about rosters later? One import at a time is read, or merged and checked, lot by lot."""

from __future__ import annotations

import time

from core.bell import ring
from core.db import db, transaction
from roster.rules import states
from roster.service import applying, keeping, reading

JOB = "roster.work"
SECONDS = 60.0


def work() -> None:
    """Do what is due; hand over after a minute so that a worker's time limit never cuts a lot in two."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with transaction():
            due = keeping.claim_due()
        if due is None:
            return
        if due.state == states.APPLYING:
            while time.monotonic() < end and applying.apply_some(due):
                db.session.refresh(due)
        else:
            reading.read_in(due)
    ring(JOB)
