"""With what may a page use WeChat's JS-SDK? A signature for pages of our own origin, and no others."""

from __future__ import annotations

import hashlib
import secrets
import time
from urllib.parse import urldefrag, urlsplit

from core import context
from core.errors import Refused
from wechat import client

FOREIGN = "请从本平台的页面里使用微信功能。"
PORTS = {"http": 80, "https": 443}


def signature(ticket: str, noncestr: str, timestamp: int, url: str) -> str:
    """SHA-1 as the protocol wants it; `url` is the page's address before the `#`, not encoded again."""
    page = urldefrag(url).url
    text = f"jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def own_page(url: str, public_url: str) -> str:
    """`url` without its fragment, if it is a page of ours. Raises `Refused`."""
    if any(ord(char) <= 0x20 or char == "\\" for char in url) or _origin(url) != _origin(public_url):
        raise Refused(FOREIGN, status=400)
    return urldefrag(url).url


def config(url: str) -> dict[str, str | int]:
    """What `wx.config` needs on the page at `url` (as the browser shows it)."""
    page = own_page(url, context.settings().public_url)
    noncestr, timestamp = secrets.token_hex(8), int(time.time())
    return {
        "appId": context.settings().wechat_app_id,
        "timestamp": timestamp,
        "nonceStr": noncestr,
        "signature": signature(client.jsapi_ticket(), noncestr, timestamp, page),
    }


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None when the address is not a plain http(s) one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme]
