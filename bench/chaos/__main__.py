"""`make chaos`: 1,500 messages while everything is killed; then the naive pattern, which must lose some."""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import text

from bench.chaos import naive
from bench.chaos.faults import Faults
from bench.chaos.ledgers import Verdict, compare
from bench.chaos.stage import Stage, set_up

DRAIN_WITHIN = 60.0
TALKERS = 4


@dataclass(frozen=True)
class Run:
    """How long and how hard; `tempo` below 1 strikes more often."""

    messages: int
    seconds: float
    seed: int
    tempo: float = 1.0


@dataclass(frozen=True)
class Result:
    verdict: Verdict
    faults: Faults
    provider_faults: dict[str, int]
    drain_s: float

    def line(self, name: str, seed: int) -> str:
        v, counts = self.verdict, self.faults
        return (
            f"{name} messages={v.messages} faults={sum(counts.counts.values())} lost={v.lost}"
            f" duplicated={v.duplicated} unknown={v.unknown} held={v.held}"
            f" drain_s={self.drain_s:.1f} seed={seed}\n"
            f"   kill/freeze/FLUSHALL/redis/postgres={counts.shown()}"
            f" provider={sum(self.provider_faults.values())} copies={v.copies} untrue={v.untrue}"
        )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos")
    parser.add_argument("--messages", type=int, default=1500)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--control-messages", type=int, default=500)
    parser.add_argument("--control-seconds", type=float, default=40.0)
    parser.add_argument("--tempo", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10_000))
    given = parser.parse_args(arguments)
    ours = run_outbox(Run(given.messages, given.seconds, given.seed, given.tempo))
    print(ours.line("P1", given.seed), flush=True)
    control = run_naive(Run(given.control_messages, given.control_seconds, given.seed, given.tempo))
    print(control.line("control (naive)", given.seed), flush=True)
    passed = [ours.verdict.is_exact, bool(control.verdict.lost or control.verdict.duplicated)]
    if not passed[1]:
        print("the control lost nothing: the faults do not bite, so the figures above prove nothing")
    print(f"{sum(passed)} passed, {len(passed) - sum(passed)} failed")
    return 0 if all(passed) else 1


def run_outbox(run: Run) -> Result:
    """Our pattern: `notify.service.send` inside a transaction."""
    from core.db import db, transaction
    from notify import service
    from notify.recipients import Recipient

    def say(phone: str) -> None:
        person = uuid.uuid5(uuid.NAMESPACE_OID, phone)
        with transaction():
            service.send(
                "claim_submitted", employee=person, dedupe=f"chaos:{phone}", to=Recipient(phone=phone)
            )

    def open_rows() -> int:
        query = "SELECT count(*) FROM outbox_message WHERE status IN ('pending', 'sending', 'unknown')"
        return int(db.session.execute(text(query)).scalar_one())

    def stored() -> dict[str, str]:
        from notify.models import OutboxMessage

        return {str(row.address): row.status for row in db.session.query(OutboxMessage)}

    return _run(run, "outbox", say, open_rows, stored, lambda: None)


def run_naive(run: Run) -> Result:
    """The control."""
    from core.db import db

    def open_rows() -> int:
        return len(naive.queue())

    def stored() -> dict[str, str]:
        rows = db.session.execute(text("SELECT phone, is_sent FROM naive"))
        return {row.phone: "sent" if row.is_sent else "" for row in rows}

    return _run(run, "naive", naive.say, open_rows, stored, naive.make_table)


def _run(
    run: Run,
    pattern: str,
    say: Callable[[str], None],
    open_rows: Callable[[], int],
    stored: Callable[[], dict[str, str]],
    prepare: Callable[[], None],
) -> Result:
    with set_up(run.seed) as stage:
        app = _application(stage)
        with app.app_context():
            prepare()
            app_free()
        stage.start_workers(pattern)
        faults = Faults(stage, run.seed, run.tempo)
        promised = _talk(app, run, say, faults)
        with app.app_context():
            drain_s = _drained(open_rows)
            told = stage.provider()
            verdict = compare(promised, stored(), [phone for _, phone in told["taken"]])
            app_free()
        return Result(verdict, faults, told["faults"], drain_s)


def app_free() -> None:
    """No connection stays behind in this process."""
    from core.db import db

    db.session.remove()
    db.engine.dispose()


def _application(stage: Stage) -> Flask:
    from app import create_app
    from config.settings import load
    from core.db import db

    os.environ.pop("DATABASE_URL", None)
    app = create_app(load(stage.environ))
    logging.getLogger().setLevel(logging.CRITICAL)
    with app.app_context():
        db.create_all()
    return app


def _talk(app: Flask, run: Run, say: Callable[[str], None], faults: Faults) -> set[str]:
    """Say every message at its time, from several threads, while faults strike; gives what was promised."""
    promised: set[str] = set()
    started = time.monotonic()

    def talk(number: int) -> None:
        for n in range(number, run.messages, TALKERS):
            time.sleep(max(0.0, started + run.seconds * n / run.messages - time.monotonic()))
            phone = f"1{3_000_000_000 + n}"
            with app.app_context():
                if _insist(say, phone):
                    promised.add(phone)

    talking = [threading.Thread(target=talk, args=(n,), daemon=True) for n in range(TALKERS)]
    for thread in talking:
        thread.start()
    # Here and not in a thread: a child is tied to the life of the thread that started it.
    faults.run(lambda: not any(thread.is_alive() for thread in talking))
    return promised


def _insist(say: Callable[[str], None], phone: str) -> bool:
    """Like a person who presses the button again: the database may be away for a moment."""
    from redis.exceptions import RedisError
    from sqlalchemy.exc import IntegrityError, SQLAlchemyError

    from core.db import db

    for _ in range(100):
        try:
            say(phone)
            return True
        except (RedisError, IntegrityError):
            db.session.rollback()  # naive: committed, but nobody was told
            return True
        except SQLAlchemyError:
            db.session.remove()
            time.sleep(0.1)
    return False


def _drained(open_rows: Callable[[], int]) -> float:
    """Seconds until nothing waits any more."""
    from redis.exceptions import RedisError
    from sqlalchemy.exc import SQLAlchemyError

    from core.db import db

    started = time.monotonic()
    while time.monotonic() < started + DRAIN_WITHIN:
        try:
            is_open = open_rows()
        except (SQLAlchemyError, RedisError):
            is_open = 1
        db.session.remove()
        if not is_open:
            break
        time.sleep(0.1)
    ended = time.monotonic() - started
    time.sleep(3.0)  # what is under way at the provider (the control retries) ends
    return ended


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
