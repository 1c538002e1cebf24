"""What is removed by itself? Photos of appeals, links and puzzles that are over."""

from __future__ import annotations

from core.db import transaction
from staff.service import appeals, human, recovery, reminding


def sweep() -> None:
    with transaction():
        appeals.sweep()
        human.sweep()
        recovery.sweep()
        reminding.sweep()
