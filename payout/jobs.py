"""What does payout do by itself? It forgets result files that nobody confirmed."""

from __future__ import annotations

from core.db import transaction
from payout import service


def sweep() -> None:
    with transaction():
        service.sweep()
