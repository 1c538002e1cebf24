"""What does the outside world do in the background? Small errands, now or a moment later, on a few threads.

The threads are daemons: a push that waits for its deadline must not hold up the end of the process.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox.state import World

WORKERS = 8
log = logging.getLogger(__name__)


class Errands:
    def __init__(self, here: World) -> None:
        self.world = here
        self.waiting: list[tuple[float, int, int, Callable[[], Any]]] = []
        self.numbers = itertools.count()
        self.changed = threading.Condition()
        self.workers: list[threading.Thread] = []

    def later(self, delay: float, work: Callable[[], Any]) -> None:
        """Do it in `delay` seconds, unless the world is reset before."""
        with self.changed:
            due = (time.monotonic() + delay, next(self.numbers), self.world.generation, work)
            heapq.heappush(self.waiting, due)
            if len(self.workers) < WORKERS:
                self.workers.append(threading.Thread(target=self._work, name="errand", daemon=True))
                self.workers[-1].start()
            self.changed.notify()

    def _work(self) -> None:
        while True:
            generation, work = self._next()
            if generation != self.world.generation:
                continue
            try:
                work()
            except Exception:  # one bad errand must not take its thread along
                log.exception("an errand failed")

    def _next(self) -> tuple[int, Callable[[], Any]]:
        with self.changed:
            while True:
                wait = self.waiting[0][0] - time.monotonic() if self.waiting else None
                if wait is not None and wait <= 0:
                    _, _, generation, work = heapq.heappop(self.waiting)
                    return generation, work
                self.changed.wait(wait)
