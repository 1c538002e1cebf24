"""Who looks in without WeChat, since when, and how much did they prove? Kept in the session, for minutes.

A code sent to the phone on file lets a person look. The end of their certificate number besides lets them
put right the account of a payment that bounced, and nothing else.
"""

from __future__ import annotations

import uuid

from flask import request, session

from core import clock, sessions
from core.access import Actor, forget_actor
from core.context import settings
from employee import service as employees

VISIT = "visit"
MINUTES = 15


def begin(person_id: uuid.UUID) -> None:
    """The code was right: this browser may look for a quarter of an hour."""
    session[VISIT] = {"person": str(person_id), "at": clock.now().timestamp(), "proved": False}
    sessions.rotate()
    forget_actor()


def prove() -> None:
    """The second proof was right too."""
    session[VISIT] = {**session[VISIT], "proved": True}
    sessions.rotate()
    forget_actor()


def person() -> uuid.UUID | None:
    """Whose progress this browser may look at; None when nobody's, or when the time is over."""
    visit = session.get(VISIT)
    if not visit or clock.now().timestamp() - visit["at"] > MINUTES * 60:
        return None
    return uuid.UUID(visit["person"])


def has_proved() -> bool:
    return person() is not None and bool(session[VISIT].get("proved"))


def actor() -> Actor | None:
    """The visitor who may act, for `core.access`."""
    found = person()
    return employees.visitor_actor(found) if found and has_proved() else None


def is_outside() -> bool:
    """Did this browser come in by the SMS, or can it have no WeChat sign-in at all?"""
    return VISIT in session or (settings().is_production and not in_wechat())


def in_wechat() -> bool:
    """Only chooses words, never rights. Outside production the sandbox's phone (a frame) counts as WeChat."""
    if "MicroMessenger" in request.user_agent.string:
        return True
    return not settings().is_production and request.headers.get("Sec-Fetch-Dest") == "iframe"
