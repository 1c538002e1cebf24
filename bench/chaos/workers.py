"""Who works? `python -m bench.chaos.workers outbox|crowd|roster|naive|naive_roster`: forks of the product.

Orders come on stdin: `kill` ends one with SIGKILL, `fell` all of them, `freeze` stops one for a while. Who is
gone is replaced at once by a fork of the loaded program: starting Python anew would leave no time to work.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable

from app import create_app
from bench.chaos import naive, naive_roster
from config.schedule import EVERY
from core import commands
from employee.service import identity
from notify import jobs
from notify.channels import wire
from roster.service import applying, keeping, reading
from tools.tether import die_with_parent

# Time is compressed: the lease still outlasts the freeze and the call together.
PACE = jobs.Pace(lease=8.0, settle_factor=0.25, ask_again=1.0)
TIMEOUT = (1.0, 2.0)
FREEZE = 3.0
LEASE, SOON = dt.timedelta(seconds=2), dt.timedelta(seconds=0.5)


def _clock(*more: str) -> None:
    due = dict.fromkeys(("notify.sweep", "notify.catch_up", *more), 0.0)
    while True:
        commands.tick(due)
        time.sleep(0.2)


def _teller() -> None:
    """The clock of a deployment that also tells everybody who is covered."""
    _clock("enrolment.tell")


def _keeper() -> None:
    """The clock of a deployment that takes in rosters."""
    _clock("roster.sweep")


def _hurry() -> None:
    """Rosters in small lots and with short leases: a round of questions still ends before the lease does."""
    keeping.LEASE, keeping.SOON, keeping.UNHEARD = LEASE, SOON, dt.timedelta(seconds=6)
    reading.LOT, applying.LOT, applying.ASKED_AT_ONCE = 100, 25, 24
    applying.BACK_OFF = (1, 1, 2)
    identity.TIMEOUT, identity.PATIENCE = (1.0, 0.8), 1.0
    EVERY["roster.sweep"] = 0.25


def _worker() -> None:
    assert commands.worker.callback is not None
    commands.worker.callback()


PATTERNS: dict[str, tuple[Callable[[], None], ...]] = {
    "outbox": (_worker, _worker, _worker, _clock),
    "crowd": (_worker, _worker, _worker, _teller),
    "roster": (_worker, _worker, _keeper),
    "naive_roster": (naive_roster.work, naive_roster.work),
    "naive": (naive.work, naive.work, naive.work),
}


class Nursery:
    """Keeps one child alive for each task."""

    def __init__(self, tasks: tuple[Callable[[], None], ...]) -> None:
        self.app = create_app()
        self.children = {self._fork(task): task for task in tasks}
        self.frozen: dict[int, float] = {}
        self.dice = random.Random(1)

    def _fork(self, task: Callable[[], None]) -> int:
        parent = os.getpid()
        if pid := os.fork():
            return pid
        try:
            die_with_parent(signal.SIGKILL, parent)
            sys.stdin.close()
            with self.app.app_context():
                task()
        finally:
            os._exit(1)

    def run(self) -> None:
        while True:
            ready, _, _ = select.select([0], [], [], 0.05)
            if ready:
                orders = os.read(0, 4096)
                if not orders:
                    break
                for order in orders.decode().split():
                    self._obey(order)
            self._thaw()
            self._replace()
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)

    def _obey(self, order: str) -> None:
        pid = self.dice.choice([*self.children])
        if order == "kill":
            os.kill(pid, signal.SIGKILL)
        elif order == "fell":
            for one in self.children:
                os.kill(one, signal.SIGKILL)
        elif order == "freeze":
            os.kill(pid, signal.SIGSTOP)
            self.frozen[pid] = time.monotonic() + FREEZE

    def _thaw(self) -> None:
        for pid, until in [*self.frozen.items()]:
            if time.monotonic() > until:
                del self.frozen[pid]
                if pid in self.children:
                    os.kill(pid, signal.SIGCONT)

    def _replace(self) -> None:
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            task = self.children.pop(pid)
            self.frozen.pop(pid, None)
            self.children[self._fork(task)] = task


def main(pattern: str) -> None:
    jobs.PACE = PACE
    wire.TIMEOUT = TIMEOUT
    _hurry()
    Nursery(PATTERNS[pattern]).run()


if __name__ == "__main__":
    main(sys.argv[1])
