"""How do bytes travel to WeChat? One requests session: three known hosts, timeouts, at most 20 calls at once.

wechatpy writes `https://api.weixin.qq.com` into many places; the adapter mounted here is the one place that
sends those to the addresses of the settings, and refuses every other host.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from config.settings import Settings, SettingsError

CONNECT_SECONDS, READ_SECONDS = 3, 10
MOST_AT_ONCE = 20
REAL = {
    "api.weixin.qq.com": "WECHAT_API_URL",
    "open.weixin.qq.com": "WECHAT_OPEN_URL",
    "mp.weixin.qq.com": "WECHAT_MP_URL",
}
SANDBOX_APP_ID = "wx0sandbox"
NEVER_ARRIVED = (requests.ConnectTimeout, requests.exceptions.InvalidURL, requests.exceptions.SSLError)

# urllib3 and wechatpy write whole addresses at DEBUG, and an address holds the secret or the token.
for _name in ("urllib3", "wechatpy", "requests"):
    logging.getLogger(_name).setLevel(logging.INFO)


@dataclass(frozen=True)
class Account:
    """Whose calls these are, and where they go."""

    app_id: str
    secret: str = field(repr=False)
    api_url: str
    open_url: str
    mp_url: str

    @classmethod
    def of(cls, settings: Settings) -> Account:
        """The account of these settings. Raises `SettingsError` when calls would go to the wrong place."""
        account = cls(
            settings.wechat_app_id,
            settings.wechat_app_secret,
            settings.wechat_api_url.rstrip("/"),
            settings.wechat_open_url.rstrip("/"),
            settings.wechat_mp_url.rstrip("/"),
        )
        _check(account, production=settings.app_env == "production")
        return account

    @property
    def hosts(self) -> dict[str, str]:
        """Where each of WeChat's hosts really is."""
        return dict(zip(REAL, (self.api_url, self.open_url, self.mp_url), strict=True))


def _check(account: Account, *, production: bool) -> None:
    for host, url in account.hosts.items():
        name, there = REAL[host], urlsplit(url)
        if there.scheme not in {"http", "https"} or not there.hostname:
            raise SettingsError(f"{name}: must be an http(s) address")
        real = there.hostname.endswith(".qq.com")
        if production and there.scheme != "https":
            raise SettingsError(f"{name}: must start with https:// in production")
        if real and not production:
            raise SettingsError(f"{name}: must point at the sandbox unless APP_ENV=production")
        if real and account.app_id.startswith(SANDBOX_APP_ID):
            raise SettingsError("WECHAT_APP_ID: is the sandbox's, but the addresses are WeChat's own")


class Wire(HTTPAdapter):
    """Sends what is addressed to WeChat's hosts to where the settings say they are."""

    def __init__(self, hosts: dict[str, str]) -> None:
        super().__init__(pool_maxsize=MOST_AT_ONCE, max_retries=0)
        self._hosts = hosts

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        target = urlsplit(request.url or "")
        there = self._hosts.get(target.hostname or "")
        if there is None:
            raise requests.exceptions.InvalidURL("not one of WeChat's hosts")
        request.url = f"{there}{target.path}" + (f"?{target.query}" if target.query else "")
        if urlsplit(there).hostname not in REAL:
            kwargs["proxies"] = {}  # chosen for the name that was just replaced
        kwargs["timeout"] = kwargs.get("timeout") or (CONNECT_SECONDS, READ_SECONDS)
        return super().send(request, *args, **kwargs)


class WireSession(requests.Session):
    """At most 20 calls at once, and no redirect is followed: the address holds a secret."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        wire = Wire(account.hosts)
        self.mount("https://", wire)
        self.mount("http://", wire)

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kwargs["allow_redirects"] = False
        with self._places:
            return super().request(*args, **kwargs)


def never_arrived(error: requests.RequestException) -> bool:
    """Is it certain that the request did not reach WeChat?"""
    if isinstance(error, NEVER_ARRIVED):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "ConnectTimeoutError", "NameResolutionError"}
