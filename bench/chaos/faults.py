"""What goes wrong when? A schedule from a seed: worker killed, worker frozen, FLUSHALL, Redis, PostgreSQL."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.chaos.stage import Stage

# (name, seconds between two of them at least, at most)
KINDS = (
    ("kill", 0.35, 0.85),
    ("freeze", 5.0, 9.0),
    ("flush", 3.0, 5.0),
    ("redis", 7.0, 9.0),
    ("postgres", 11.0, 13.0),
)


@dataclass
class Faults:
    """Strikes until it is over; `counts` says how often each happened."""

    stage: Stage
    seed: int
    tempo: float = 1.0  # the short run strikes the rarer kinds sooner
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, is_over: Callable[[], bool]) -> None:
        dice = random.Random(self.seed)
        strikes: dict[str, Callable[[], None]] = {
            "kill": lambda: self.stage.tell_workers("kill"),
            "freeze": lambda: self.stage.tell_workers("freeze"),
            "flush": self.stage.flush_redis,
            "redis": self.stage.restart_redis,
            "postgres": self.stage.restart_postgres,
        }
        due = {name: time.monotonic() + dice.uniform(low, high) * self.tempo for name, low, high in KINDS}
        spans = {name: (low, high) for name, low, high in KINDS}
        while not is_over():
            time.sleep(0.05)
            for name in [n for n, at in due.items() if time.monotonic() >= at]:
                strikes[name]()
                self.counts[name] += 1
                due[name] = time.monotonic() + dice.uniform(*spans[name]) * self.tempo

    def shown(self) -> str:
        return "/".join(str(self.counts[name]) for name, _, _ in KINDS)
