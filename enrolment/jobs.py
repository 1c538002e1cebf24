"""What happens to enrolments later? Everybody who is covered is told."""

from __future__ import annotations

from core import bell
from enrolment.service import confirming, telling


def tell() -> None:
    """Tell a slice of the newly covered; ring again for the rest, behind whatever else waits."""
    if telling.tell_some():
        bell.ring(confirming.JOB)
