"""What is done about changes later? Only tidying: photos of forms that were never handed in go."""

from __future__ import annotations

from changes import service
from core.db import transaction


def sweep() -> None:
    """Forget the photos nobody handed in."""
    with transaction():
        service.forget_waiting()
