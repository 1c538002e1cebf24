"""What can be run from the command line? migrate, worker and clock: the Procfile's lines."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import text

from config.schedule import EVERY
from config.settings import ROOT
from core import bell, context, kept, limits, sessions
from core.db import db, transaction

log = logging.getLogger(__name__)
CLOCK_LOCK = 0x434C_4F43


def register_commands(app: Flask) -> None:
    app.cli.add_command(migrate)
    app.cli.add_command(worker)
    app.cli.add_command(clock)


@click.command()
@with_appcontext
def migrate() -> None:
    """Bring the database's schema up to date."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    command.upgrade(config, "head")


@click.command()
@with_appcontext
def worker() -> None:
    """Answer the doorbell until told to stop; the application is loaded once."""
    from rq import SimpleWorker
    from rq.serializers import JSONSerializer

    connection = context.queue_connection()
    while not _redis_answers(connection):
        time.sleep(1)
    working = SimpleWorker(
        [bell.queue(connection)],
        connection=connection,
        serializer=JSONSerializer,
        log_job_description=False,
        maintenance_interval=60,
    )
    working.work(with_scheduler=False, logging_level="WARNING")


def _redis_answers(connection: object) -> bool:
    try:
        return bool(connection.ping())  # type: ignore[attr-defined]
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the queue, the clock still works
        log.warning("waiting for the queue", extra={"kind": type(error).__name__})
        return False


@click.command()
@with_appcontext
def clock() -> None:
    """Do what is due by itself; any number of clocks may run, one at a time works."""
    stop = threading.Event()

    def quit_(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, quit_)
    signal.signal(signal.SIGINT, quit_)
    due = dict.fromkeys(EVERY, 0.0)
    while not stop.wait(0.5):
        tick(due)


def tick(due: dict[str, float]) -> None:
    """Run what is due, if no other clock is at it; `due` maps job names to monotonic seconds."""
    jobs: dict[str, Callable[[], object]] = current_app.extensions["huzhu"]["jobs"]
    waiting = [name for name, at in due.items() if time.monotonic() >= at]
    if not waiting:
        return
    try:
        with db.engine.connect() as connection:
            if not connection.execute(text("SELECT pg_try_advisory_lock(:k)"), {"k": CLOCK_LOCK}).scalar():
                return
            try:
                for name in waiting:
                    _run(name, jobs[name])
                    due[name] = time.monotonic() + EVERY[name]
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:k)"), {"k": CLOCK_LOCK})
                connection.rollback()
    except Exception as error:  # noqa: BLE001 - the database may be restarting; the next tick tries again
        log.warning("clock could not work", extra={"kind": type(error).__name__})
        db.session.remove()


def _run(name: str, job: Callable[[], object]) -> None:
    try:
        job()
    except Exception as error:  # noqa: BLE001 - one job's trouble must not stop the others
        log.error("scheduled job failed", exc_info=error, extra={"job": name})
    finally:
        db.session.remove()


def sweep() -> None:
    """Remove what only had to live for a while: limits, sessions, sent forms, codes."""
    with transaction():
        limits.sweep()
        sessions.sweep()
        kept.sweep()
        for table, keep in (("operation", "30 days"), ("one_time_code", "1 day")):
            moment = "at" if table == "operation" else "sent_at"
            db.session.execute(text(f"DELETE FROM {table} WHERE {moment} < now() - interval '{keep}'"))  # noqa: S608
