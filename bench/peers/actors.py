"""What would somebody take to send messages? dramatiq on Redis, without an outbox: one actor, one POST."""

from __future__ import annotations

import os
import threading

import dramatiq
import requests
from dramatiq.brokers.redis import RedisBroker

dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URL"], namespace="bench-dramatiq"))
_own = threading.local()


@dramatiq.actor(max_retries=3)
def send(message_id: str, phone: str, words: str) -> None:
    if not hasattr(_own, "session"):
        _own.session = requests.Session()
    url = f"http://127.0.0.1:{os.environ['SANDBOX_PORT']}/sms/sandbox"
    body = {"id": message_id, "phone": phone, "text": words}
    _own.session.post(url, json=body, timeout=10).raise_for_status()
