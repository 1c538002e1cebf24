"""How does the owner of a staff account learn that something about it changed? Inbox and SMS."""

from __future__ import annotations

import uuid

from core.db import uuid7
from notify import service as notify
from notify.service import Recipient


def tell(staff_id: uuid.UUID, what: str, *, phone: str = "") -> None:
    """Tell `staff_id` that `what`; `phone` replaces the one on file (the one that was theirs before)."""
    notify.send(
        "staff_account_changed",
        staff=staff_id,
        about=("staff", staff_id, ""),
        values={"what": what},
        dedupe=f"staff_account_changed:{uuid7()}",
        to=Recipient(phone) if phone else None,
    )
