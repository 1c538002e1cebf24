"""Which access token and which jsapi ticket are good now? One fetch for all threads and processes.

The values live in Redis with a time to live and are fetched under a lock. Without Redis each process keeps
its own copy: `stable_token` gives everybody the same token, so that nobody's is thrown away.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.lock import Lock

log = logging.getLogger(__name__)

MARGIN_SECONDS = 300
SHORTEST_SECONDS = 30
LOCK_SECONDS = 25
FORCE_SECONDS = 30
AWAY_SECONDS = 5
Fetch = Callable[[bool], tuple[str, int]]


class Kept:
    """One value that many processes share; `fetch(force)` gives a new one and the seconds it lives."""

    def __init__(self, name: str, fetch: Fetch, store: redis.Redis | None) -> None:
        self._name = name
        self._fetch = fetch
        self._store = store
        self._lock = threading.Lock()
        self._own: tuple[str, float] = ("", 0.0)
        self._forced_at = -1.0 * FORCE_SECONDS
        self._away_until = 0.0

    def get(self) -> str:
        """The value, fetched when nobody has a good one."""
        return self._read() or self._refresh(failed="")

    def replace(self, failed: str) -> str:
        """Another value than `failed`, which WeChat has just refused; fetched at most once for all."""
        return self._refresh(failed)

    def _refresh(self, failed: str) -> str:
        with self._lock, self._shared_lock():
            present = self._read()
            if present and present != failed:
                return present
            value, seconds = self._fetch(False)
            if value == failed and self._may_force():
                value, seconds = self._fetch(True)
            self._write(value, max(seconds - MARGIN_SECONDS, SHORTEST_SECONDS))
            return value

    def _may_force(self) -> bool:
        """Forcing is allowed 20 times a day and every 30 seconds: one process at a time may."""
        first = self._ask(
            lambda store: bool(store.set(f"{self._name}:forced", "1", nx=True, ex=FORCE_SECONDS))
        )
        if first is not None:
            return first
        free = time.monotonic() - self._forced_at >= FORCE_SECONDS
        if free:
            self._forced_at = time.monotonic()
        return free

    @contextmanager
    def _shared_lock(self) -> Iterator[None]:
        """The lock all processes share; when it cannot be had the call is made all the same."""
        lock = self._ask(self._take_lock)
        try:
            yield
        finally:
            if lock is not None:
                self._ask(lambda _store: lock.release())

    def _take_lock(self, store: redis.Redis) -> Lock | None:
        seconds = LOCK_SECONDS
        lock = store.lock(f"{self._name}:lock", timeout=seconds, blocking_timeout=seconds, sleep=0.05)
        return lock if lock.acquire() else None

    def _read(self) -> str:
        found = self._ask(lambda store: store.get(self._name) or b"")
        if found is not None:
            return found.decode() if isinstance(found, bytes) else str(found)
        value, until = self._own
        return value if time.monotonic() < until else ""

    def _write(self, value: str, seconds: int) -> None:
        self._own = (value, time.monotonic() + seconds)
        self._ask(lambda store: store.set(self._name, value, ex=seconds))

    def _ask(self, question: Callable[[redis.Redis], Any]) -> Any:
        """What Redis answers; None without one. One that is away is left alone for some seconds."""
        if self._store is None or time.monotonic() < self._away_until:
            return None
        try:
            return question(self._store)
        except redis.RedisError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("wechat token store is away", extra={"kind": type(error).__name__})
            return None
