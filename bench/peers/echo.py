"""What would somebody take instead? WeRoBot 1.13.1 in safe mode: an echo that stores nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werobot import WeRoBot

from bench.peers import chat


def create() -> Callable[..., Any]:
    """Its own WSGI application (bottle), as its manual says to serve it."""
    robot = WeRoBot(
        TOKEN=chat.TOKEN, ENCODING_AES_KEY=chat.AES_KEY, APP_ID=chat.APP_ID, SESSION_STORAGE=False
    )
    robot.text(lambda message: chat.words("张*国", 1))
    return robot.wsgi
