"""How does one person on another union's roster come to this one? That union is asked (会籍变更, XM-25).

The feature that asks stands above this one: it puts itself into `ways` (see wiring.py). What an import asks
for goes by `moving`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from core.access import Actor
from core.errors import Refused

NO_WAY = "会籍变更还不能在这里申请，请联系对方工会或上级工会办理调出"
REASON = "职工名册：申请调入本单位"

# employee → (name, certificate number, the union that asks, reason, who asks)
ways: dict[str, Callable[[str, str, uuid.UUID, str, Actor], object]] = {}


def request(name: str, id_number: str, union_id: uuid.UUID, by: Actor) -> None:
    """Ask for one person. Raises `Refused` when it cannot be asked for (one is open already)."""
    if "employee" not in ways:
        raise Refused(NO_WAY, "id_number")
    ways["employee"](name, id_number, union_id, REASON, by)
