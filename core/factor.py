"""Did this session show its second factor, and how long ago?"""

from __future__ import annotations

import datetime as dt

from flask import session

from core import clock
from core.errors import SignInNeeded

FRESH = dt.timedelta(hours=8)
RECENT = dt.timedelta(minutes=15)


def must_be_fresh(within: dt.timedelta = FRESH) -> None:
    """Raises `SignInNeeded` when the second factor is missing or older: a working day for a look at one
    number, `RECENT` for money and rights."""
    if not is_fresh(within):
        raise SignInNeeded("factor")


def is_fresh(within: dt.timedelta = FRESH) -> bool:
    shown = session.get("second_factor_at", "")
    return bool(shown) and clock.now() - dt.datetime.fromisoformat(shown) <= within
