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

import redis

log = logging.getLogger(__name__)

MARGIN_SECONDS = 300
SHORTEST_SECONDS = 30
LOCK_SECONDS = 25
FORCE_SECONDS = 30
Fetch = Callable[[bool], tuple[str, int]]


class Kept:
    """One value that many processes share; `fetch(force)` gives a new one and the seconds it lives."""

    def __init__(self, name: str, fetch: Fetch, store: redis.Redis | None) -> None:
        self._name = name
        self._fetch = fetch
        self._store = store
        self._lock = threading.Lock()
        self._own: tuple[str, float] = ("", 0.0)
        self._forced_at = -FORCE_SECONDS * 1.0

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
        if self._store is not None:
            try:
                return bool(self._store.set(f"{self._name}:forced", "1", nx=True, ex=FORCE_SECONDS))
            except redis.RedisError:
                log.warning("wechat token store is away")
        free = time.monotonic() - self._forced_at >= FORCE_SECONDS
        if free:
            self._forced_at = time.monotonic()
        return free

    @contextmanager
    def _shared_lock(self) -> Iterator[None]:
        """The lock all processes share; without it the call is made all the same."""
        lock = self._take_lock()
        try:
            yield
        finally:
            if lock is not None:
                try:
                    lock.release()
                except redis.RedisError:
                    log.warning("wechat token lock was lost")

    def _take_lock(self) -> redis.lock.Lock | None:
        if self._store is None:
            return None
        lock = self._store.lock(
            f"{self._name}:lock", timeout=LOCK_SECONDS, blocking_timeout=LOCK_SECONDS, sleep=0.05
        )
        try:
            return lock if lock.acquire() else None
        except redis.RedisError:
            return None

    def _read(self) -> str:
        if self._store is not None:
            try:
                found = self._store.get(self._name)
                return found.decode() if isinstance(found, bytes) else (found or "")
            except redis.RedisError:
                log.warning("wechat token store is away")
        value, until = self._own
        return value if time.monotonic() < until else ""

    def _write(self, value: str, seconds: int) -> None:
        self._own = (value, time.monotonic() + seconds)
        if self._store is not None:
            try:
                self._store.set(self._name, value, ex=seconds)
            except redis.RedisError:
                log.warning("wechat token store is away")
