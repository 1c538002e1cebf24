"""How is an outside service called, and what does it mean when no usable answer comes?

`NoAnswer` carries the outcome: "later" when the request certainly never arrived, else "unknown" (it may have
been taken; only asking tells). Nothing here logs an address, a body or a header.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from notify.messages import MESSAGES
from notify.rules import Outcome

TIMEOUT = (3.0, 10.0)  # connect, read; a lease outlives both
MOST_AT_ONCE = 32


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
    def text(self) -> str:
        return str(self.params.get("text", ""))

    @property
    def values(self) -> dict[str, str]:
        return dict(self.params.get("values", {}))

    @property
    def label(self) -> str:
        return MESSAGES[self.kind].label if self.kind in MESSAGES else self.kind


class NoAnswer(Exception):
    """The service gave no usable answer; `outcome` says what that means."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@lru_cache(maxsize=8)
def _session(host: str) -> requests.Session:
    """One pool of connections for each host; proxies are looked up once, not for every call."""
    session = requests.Session()
    session.proxies = dict(requests.utils.get_environ_proxies(host))
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=MOST_AT_ONCE, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


# A forked worker must not share its parent's sockets.
os.register_at_fork(after_in_child=_session.cache_clear)


def call(method: str, url: str, **kwargs: Any) -> requests.Response:
    """One request: no redirect, no retry, always a timeout. Raises `NoAnswer`."""
    parts = urlsplit(url)
    try:
        session = _session(f"{parts.scheme}://{parts.netloc}")
        return session.request(method, url, timeout=TIMEOUT, allow_redirects=False, **kwargs)
    except requests.RequestException as error:
        outcome = _silence(error)
    raise NoAnswer(outcome)


def _silence(error: requests.RequestException) -> Outcome:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    never = isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidURL) or type(
        reason
    ).__name__ in {
        "NewConnectionError",
        "ConnectTimeoutError",
        "NameResolutionError",
    }
    if never:
        return Outcome("later", code="unreachable", blames=True)
    return Outcome("unknown", code=type(error).__name__, blames=True)


def answer_of(response: requests.Response) -> dict[str, Any]:
    """The JSON object in an answer. Raises `NoAnswer` for flow control, 5xx and all that is none."""
    if response.status_code == 429:
        raise NoAnswer(Outcome("later", code="429", seconds=_retry_after(response), blames=True))
    if response.status_code >= 500:
        raise NoAnswer(Outcome("unknown", code=str(response.status_code), blames=True))
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise NoAnswer(Outcome("unknown", code="no JSON", blames=True))
    return body


def _retry_after(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), 3600.0) if text.isdigit() else 0.0
