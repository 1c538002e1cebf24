"""`python -m bench.chaos.crowd`: a whole union is covered and told while the workers are killed all the time.

Somebody confirms; three workers and a clock write and send to everybody and are struck down, in the middle of
a chunk and in the middle of a call that carries two hundred. At the end everybody has the inbox message once,
and the provider took everybody's SMS once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from typing import Any

from sqlalchemy import text

from bench import covering
from bench.chaos.__main__ import _application, app_free
from bench.chaos.stage import Stage, set_up

STRIKE_EVERY = 0.35
DRAIN_WITHIN = 100.0
OPEN = text(
    "SELECT (SELECT count(*) FROM enrolment_confirmation WHERE told_at IS NULL)"
    " + (SELECT count(*) FROM outbox_message WHERE status IN ('pending', 'sending', 'unknown'))"
)
COUNTED = text(
    "SELECT (SELECT count(*) FROM inbox_message WHERE kind = 'enrolment_covered') AS inbox,"
    " (SELECT count(*) FROM coverage) AS covered,"
    " (SELECT count(*) FROM outbox_message WHERE status = 'held') AS held"
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos.crowd")
    parser.add_argument("--people", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    with set_up(given.seed) as stage:
        app = _application(stage)
        with app.app_context():
            stand = covering._Stand(given.people)
            enrolment = stand.waiting()
            covering.confirm(enrolment, stand.finance)
            app_free()
            stage.start_workers("crowd")
            strikes = _strike(stage, given.seconds)
            drain_s = _drained()
            found = _verdict(stage, given.people)
            app_free()
    print(f"crowd people={given.people} strikes={strikes} drain_s={drain_s:.1f} {_said(found)}")
    is_exact = not any(found[name] for name in ("lost", "duplicated", "untold", "uncovered", "open"))
    print("1 passed, 0 failed" if is_exact else "0 passed, 1 failed")
    return 0 if is_exact else 1


def _strike(stage: Stage, seconds: float) -> int:
    """Kill one of them again and again."""
    until, strikes = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        time.sleep(STRIKE_EVERY)
        stage.tell_workers("kill")
        strikes += 1
    return strikes


def _drained() -> float:
    from core.db import db

    started = time.monotonic()
    while time.monotonic() < started + DRAIN_WITHIN:
        is_open = db.session.execute(OPEN).scalar()
        db.session.remove()
        if not is_open:
            break
        time.sleep(0.2)
    return time.monotonic() - started


def _verdict(stage: Stage, people: int) -> dict[str, Any]:
    from core.db import db

    row = db.session.execute(COUNTED).one()
    times = Counter(phone for _, phone in stage.provider()["taken"])
    return {
        "lost": people - len(times) - row.held,
        "duplicated": sum(count > 1 for count in times.values()),
        "untold": people - row.inbox,
        "uncovered": people - row.covered,
        "open": db.session.execute(OPEN).scalar(),
        "held": row.held,
    }


def _said(found: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in found.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
