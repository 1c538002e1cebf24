"""What time does the outside world think it is? Real time plus an offset that tests may move.

Windows, quotas and life times follow this clock. Timestamps on the wire (push, CreateTime) stay real,
because the product checks them against its own clock.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock:
    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds

    def day(self) -> str:
        return datetime.fromtimestamp(self.now(), SHANGHAI).strftime("%Y%m%d")


def shown(moment: float) -> str:
    """A moment the way Chinese consoles print it: `2026-01-05 08:03:04`."""
    return datetime.fromtimestamp(moment, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
