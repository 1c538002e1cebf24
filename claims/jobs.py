"""What is done about claims later? Only tidying: holds that lapsed go."""

from __future__ import annotations

from claims.service import review
from core.db import transaction


def release_holds() -> None:
    """Remove holds whose reviewer went away."""
    with transaction():
        review.release_lapsed()
