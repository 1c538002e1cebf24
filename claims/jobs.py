"""What is done about claims later? Holds that lapsed go; how long claims take is measured."""

from __future__ import annotations

from claims.service import pace, review
from core.db import transaction


def release_holds() -> None:
    """Remove holds whose reviewer went away."""
    with transaction():
        review.release_lapsed()


def measure_pace() -> None:
    """How many working days claims took lately (shown to those who wait)."""
    with transaction():
        pace.measure()
