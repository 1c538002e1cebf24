"""How is an outside service called, and what does it mean when no usable answer comes?

`NoAnswer` carries the outcome: "later" when the request certainly never arrived, else "unknown" (it may have
been taken; only asking tells). Nothing here logs an address, a body or a header.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import certifi
import urllib3
from requests.utils import get_environ_proxies, select_proxy

from notify.messages import label_of
from notify.rules import Outcome

TIMEOUT = (3.0, 10.0)  # connect, read; a lease outlives both
MOST_AT_ONCE = 32
# A message sent with others is known as `b<32 hex>.<30 hex of its number's blind index>` until it has an id.
BATCH_SIGN, BATCH_DOT = "b", "."


@dataclass(frozen=True)
class Letter:
    """One message as a channel needs it. `id` is the outbox row's and goes to the provider as well."""

    id: str
    kind: str
    address: str = field(repr=False)
    params: dict[str, Any] = field(repr=False)
    reference: str = ""
    unsure_for: float = 0.0
    age: float = 0.0

    @property
    def batch(self) -> str:
        """The name of the call that carried this message with others; "" for one alone."""
        name, dot, _ = self.reference.partition(BATCH_DOT)
        return name if dot and name.startswith(BATCH_SIGN) else ""

    @property
    def text(self) -> str:
        return str(self.params.get("text", ""))

    @property
    def values(self) -> dict[str, str]:
        return dict(self.params.get("values", {}))

    @property
    def label(self) -> str:
        return label_of(self.kind)


class NoAnswer(Exception):
    """The service gave no usable answer; `outcome` says what that means."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@lru_cache(maxsize=8)
def _pool(host: str) -> urllib3.PoolManager:
    """One pool of connections for each host. urllib3 itself: through requests a call costs twice the CPU."""
    known: dict[str, Any] = {
        "num_pools": 2,
        "maxsize": MOST_AT_ONCE,
        "ca_certs": os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where(),
        "timeout": urllib3.Timeout(connect=TIMEOUT[0], read=TIMEOUT[1]),
    }
    proxy = select_proxy(host, get_environ_proxies(host))
    return urllib3.ProxyManager(proxy, **known) if proxy else urllib3.PoolManager(**known)


# A forked worker must not share its parent's sockets.
os.register_at_fork(after_in_child=_pool.cache_clear)


def call(
    method: str, url: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
) -> urllib3.BaseHTTPResponse:
    """One request: no redirect, no retry, always a timeout. Raises `NoAnswer`."""
    parts = urlsplit(url)
    try:
        pool = _pool(f"{parts.scheme}://{parts.netloc}")
        return pool.request(method, url, body=body, headers=headers, retries=False, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        outcome = _silence(error)
    raise NoAnswer(outcome)


def post_json(url: str, fields: dict[str, Any]) -> urllib3.BaseHTTPResponse:
    body = json.dumps(fields, ensure_ascii=False).encode()
    return call("POST", url, body=body, headers={"Content-Type": "application/json"})


NEVER_ARRIVED = (
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.LocationValueError,
)


def _silence(error: urllib3.exceptions.HTTPError) -> Outcome:
    if isinstance(error, NEVER_ARRIVED):
        return Outcome("later", code="unreachable", blames=True)
    return Outcome("unknown", code=type(error).__name__, blames=True)


def answer_of(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    """The JSON object in an answer. Raises `NoAnswer` for flow control, 5xx and all that is none."""
    if response.status == 429:
        raise NoAnswer(Outcome("later", code="429", seconds=_retry_after(response), blames=True))
    if response.status >= 500:
        raise NoAnswer(Outcome("unknown", code=str(response.status), blames=True))
    try:
        body = json.loads(response.data)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise NoAnswer(Outcome("unknown", code="no JSON", blames=True))
    return body


def _retry_after(response: urllib3.BaseHTTPResponse) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), 3600.0) if text.isdigit() else 0.0
