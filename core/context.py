"""Which settings, scheme profile, keys and stores does the running application use?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from flask import current_app

if TYPE_CHECKING:
    import redis

    from config.scheme import Scheme
    from config.settings import Settings
    from core.files.storage import Storage
    from core.keys import KeyRing


def _part(name: str) -> Any:
    return current_app.extensions["huzhu"][name]


def settings() -> Settings:
    return cast("Settings", _part("settings"))


def scheme() -> Scheme:
    return cast("Scheme", _part("scheme"))


def keyring() -> KeyRing:
    return cast("KeyRing", _part("keyring"))


def storage() -> Storage:
    return cast("Storage", _part("storage"))


def queue_connection() -> redis.Redis:
    """The Redis connection; callers treat every failure as «nobody was rung»."""
    return cast("redis.Redis", _part("redis"))
