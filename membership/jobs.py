"""What is done about 会籍 later? People whom an import asked for are asked of their union."""

from __future__ import annotations

from core.db import transaction
from membership import service


def sweep() -> None:
    """Turn the moves that imports want into requests, a lot at a time."""
    while True:
        with transaction():
            if not service.take_up_moves():
                return
