"""What is done about trials later? One is worked through, lot by lot, for a few seconds; then again."""

from __future__ import annotations

import logging
import time

from core.bell import ring
from core.db import db, transaction
from whatif import service

log = logging.getLogger(__name__)

# A worker serves other bells too: a verification code must not stand behind a whole trial.
SECONDS = 8.0


def work() -> None:
    """Go on with the trial that waits longest, then hand over."""
    end = time.monotonic() + SECONDS
    with transaction():
        run_id = service.due()
    if run_id is None:
        return
    try:
        while _lot(run_id):
            if time.monotonic() >= end:
                break
    except Exception as error:
        log.warning("a trial stumbled", extra={"kind": type(error).__name__})
        with transaction():
            service.stumbled(run_id)
        return
    with transaction():
        is_more = service.due() not in (None, run_id) or time.monotonic() >= end
    if is_more:
        ring(service.JOB)


def _lot(run_id: object) -> bool:
    with transaction():
        is_more = service.lot(run_id)  # type: ignore[arg-type]
    db.session.remove()  # what a lot read goes with it: memory stays flat
    return is_more


def sweep() -> None:
    """The clock: ring for what nobody heard; do some of it here when nobody can be rung for."""
    if service.is_unheard() and not ring(service.JOB):
        work()
