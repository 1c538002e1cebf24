"""Did this session show its second factor, and how long ago?"""

from __future__ import annotations

import datetime as dt

from flask import session

from core import clock
from core.errors import NotAllowed

FRESH = dt.timedelta(hours=8)
STALE_FACTOR = "查看完整号码前请重新登录，并输入动态码。"


def must_be_fresh() -> None:
    """Raises `NotAllowed` when the second factor is missing or older than a working day."""
    shown = session.get("second_factor_at", "")
    if not shown or clock.now() - dt.datetime.fromisoformat(shown) > FRESH:
        raise NotAllowed(STALE_FACTOR)
