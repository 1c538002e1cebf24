"""What is done about a look later? The table is read and matched, people are told, lot by lot."""

from __future__ import annotations

import datetime as dt
import time

from core import clock
from core.access import SYSTEM
from core.bell import ring
from core.db import db, transaction
from core.history import perform
from finder import rules
from finder.service import leasing, matching, telling
from finder.service.uploading import JOB

# A worker serves other bells too: a verification code must not stand behind a long table.
SECONDS = 8.0
GIVEN_UP = "多次没有处理成功，已停止。请核对表格后重新上传。"
FAULTS_KEPT = dt.timedelta(days=30)


def work() -> None:
    """Do what is due for a few seconds, then hand over."""
    end = time.monotonic() + SECONDS
    with transaction():
        due = leasing.claim_due()
        run_id, lease = (due.id, due.lease_until) if due else (None, None)
    if run_id is None:
        return
    try:
        is_more = True
        while is_more and time.monotonic() < end:
            with transaction():
                run = leasing.held(run_id, lease)
                is_more = _step(run)
                lease = run.lease_until
    except leasing.LeaseLost:
        db.session.rollback()
        return
    if is_more:
        with transaction():
            leasing.let_go(run_id, lease)
        ring(JOB)


def _step(run: leasing.FinderRun) -> bool:
    if run.tries > leasing.MOST_TRIES and run.state != "telling":
        if run.state == "uploaded":
            perform(rules.RUN, run, "read", SYSTEM)
        perform(rules.RUN, run, "refuse", SYSTEM, note=GIVEN_UP, problem=GIVEN_UP, lease_until=None)
        matching.end(run)
        return False
    return telling.tell_some(run) if run.state == "telling" else matching.read_some(run)


def sweep() -> None:
    """Ring for what is due, or do it when nobody hears the bell; forget old faults."""
    if leasing.is_due() and (not ring(JOB) or leasing.is_overdue()):
        work()
    with transaction():
        matching.forget_faults(clock.now() - FAULTS_KEPT)
