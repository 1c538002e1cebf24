"""What becomes of articles by themselves? They appear and go at the times their editors gave."""

from __future__ import annotations

from content import service
from core import clock
from core.db import transaction


def turn_pages() -> None:
    """Publish what is due and take down what is over."""
    with transaction():
        service.turn_pages(clock.now())
