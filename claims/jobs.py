"""What is done about claims later? Holds that lapsed go, durations are measured, photos are compared."""

from __future__ import annotations

from claims.service import likeness, pace, review
from core.db import transaction


def release_holds() -> None:
    """Remove holds whose reviewer went away."""
    with transaction():
        review.release_lapsed()


def measure_pace() -> None:
    """How many working days claims took lately (shown to those who wait)."""
    with transaction():
        pace.measure()


def compare_pictures() -> None:
    """Look for the same picture in other claims."""
    likeness.compare_waiting()
