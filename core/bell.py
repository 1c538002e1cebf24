"""How is a worker told that there is work? A doorbell in Redis, never the work itself.

A job is only the name of something to do now; what is due stands in PostgreSQL. When Redis is away nobody
is rung, and the clock finds the work by itself within seconds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from core import context

log = logging.getLogger(__name__)

QUEUE = "bell"
MOST_WAITING = 4
SKIP_SECONDS = 2.0
_skip_until = 0.0

Jobs = dict[str, Callable[[], object]]


def queue(connection: Redis) -> Queue:
    """The one queue: several would let a kill between pop and registration lose a ring."""
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)


def ring(name: str) -> bool:
    """Tell a worker to run job `name` soon; False when nobody could be told. Never raises."""
    global _skip_until
    if time.monotonic() < _skip_until:
        return False
    try:
        bell = queue(context.queue_connection())
        if bell.count < MOST_WAITING:
            bell.enqueue("core.bell.answer", name, result_ttl=0, failure_ttl=3600, job_timeout=120)
        return True
    except (RedisError, OSError):
        _skip_until = time.monotonic() + SKIP_SECONDS
        log.warning("queue is away; the clock will find the work")
        return False


def answer(name: str) -> None:
    """What the worker runs: job `name` of this application's table."""
    jobs: Jobs = current_app.extensions["huzhu"]["jobs"]
    jobs[name]()
