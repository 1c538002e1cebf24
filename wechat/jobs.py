"""What is done about WeChat later? Only tidying: what no repeat can need any more goes."""

from __future__ import annotations

from core.db import transaction
from wechat import service


def sweep() -> int:
    """Remove old inbound events and sign-ins; returns how many went."""
    with transaction():
        return service.sweep()
