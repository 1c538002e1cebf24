"""Did this browser show that a person sits there? One answer lets it on, or lets it ask for a few codes."""

from __future__ import annotations

import datetime as dt
import secrets

from flask import request, session

from core import clock
from staff.service import human

MINUTES = 10
SENDS = 3
PASSED = "human_passed"


def holder() -> str:
    """What this browser's puzzles and codes are tied to."""
    found: str = session.get("recover_holder", "")
    if not found:
        found = session["recover_holder"] = secrets.token_hex(16)
    return found


def is_refresh() -> bool:
    """点击图片刷新, without JavaScript: the same page with what was typed and another picture."""
    return request.form.get("do") == "refresh"


def answer() -> None:
    """Use this form's answer up. Raises `Refused`."""
    human.check(holder(), request.form.get("picture", "")[:40], request.form.get("solved", "")[:4000])


def passed(page: str) -> bool:
    """Was a puzzle of this page answered a moment ago?"""
    kept = session.get(PASSED) or {}
    if kept.get("page") != page or kept.get("left", 0) < 1:
        return False
    return clock.now() < dt.datetime.fromisoformat(kept["until"])


def demand(page: str, uses: bool = True) -> None:
    """Go on only after an answer; one is good for a few codes on the same page. Raises `Refused`."""
    if not passed(page):
        answer()
        until = clock.now() + dt.timedelta(minutes=MINUTES)
        session[PASSED] = {"page": page, "left": SENDS, "until": until.isoformat()}
    if uses:
        session[PASSED] = {**session[PASSED], "left": session[PASSED]["left"] - 1}


def forget() -> None:
    session.pop(PASSED, None)
