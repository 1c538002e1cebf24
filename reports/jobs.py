"""What is done about reports later? Tables are gathered, figures worked out anew, old tables removed."""

from __future__ import annotations

import time

from core.bell import ring
from core.db import db, transaction
from reports.service import exporting, figures, gathering

# A worker serves other bells too: a verification code must not stand behind a long table.
SECONDS = 8.0


def gather() -> None:
    """Do what is due for a few seconds, then hand over."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with transaction():
            due = gathering.claim_due()
            row_id, held = (due.id, due.lease_until) if due else (None, None)
        if row_id is None:
            return
        try:
            _turns(row_id, held, end)
        except gathering.LeaseLost:
            db.session.rollback()
    ring(exporting.JOB)


def _turns(row_id: object, held: object, end: float) -> None:
    """Piece after piece of one table; its lease ends with the turn, so that the next need not wait for it."""
    is_more = True
    while is_more and time.monotonic() < end:
        is_more, held = gathering.turn(row_id, held)
    if is_more:
        with transaction():
            gathering.let_go(row_id, held)


def sweep() -> None:
    """Ring for what is due, or do it when nobody hears the bell; remove what was fetched or is old."""
    if gathering.is_due() and (not ring(exporting.JOB) or gathering.is_overdue()):
        gather()
    with transaction():
        exporting.sweep()


def refresh() -> None:
    """Work out anew the figures of what moved lately, for a few seconds at most."""
    if figures.refresh(SECONDS):
        ring("reports.refresh")
