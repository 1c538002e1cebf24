"""How does a test write what WeChat would send? Bodies, signed and sealed, with any timestamp."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from wechat import crypto

DATA = Path(__file__).parent / "data"
TOKEN = "sandboxtoken0001"
AES_KEY = "sandboxAESkey0123456789sandboxAESkey0123456"
APP_ID = "wx0sandbox00000001"
OPENID = "oSandboxUser0000000000000001"
ACCOUNT = crypto.Account(APP_ID, TOKEN, crypto.keys(AES_KEY))


def load(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def bytes_of(name: str) -> bytes:
    return (DATA / name).read_bytes()


@dataclass(frozen=True)
class Letter:
    """One finished request to the callback."""

    query: dict[str, str]
    body: bytes

    def but(self, **changes: str | None) -> Letter:
        """The same with other query parameters; None removes one."""
        query = {k: v for k, v in {**self.query, **changes}.items() if v is not None}
        return Letter(query, self.body)


def sealed(
    xml: str | bytes, *, at: int | None = None, nonce: str = "n0nce", account: Any = ACCOUNT
) -> Letter:
    """`xml` as WeChat posts it in safe mode."""
    timestamp = str(int(time.time()) if at is None else at)
    encrypted = crypto.seal(xml if isinstance(xml, bytes) else xml.encode(), account)
    query = {
        "signature": crypto.signature(account.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": OPENID,
        "encrypt_type": "aes",
        "msg_signature": crypto.signature(account.token, timestamp, nonce, encrypted),
    }
    return Letter(query, f"<xml><ToUserName>gh_x</ToUserName><Encrypt>{encrypted}</Encrypt></xml>".encode())


def event(name: str, *, openid: str = OPENID, at: int = 1760000000, **fields: str) -> str:
    return _body({"FromUserName": openid, "CreateTime": at, "MsgType": "event", "Event": name, **fields})


def text(content: str, *, openid: str = OPENID, message_id: str = "23238423864001002") -> str:
    fields = {"CreateTime": 1760000000, "MsgType": "text", "Content": content, "MsgId": message_id}
    return _body({"FromUserName": openid, **fields})


def _body(fields: dict[str, Any]) -> str:
    parts = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields.items())
    return f"<xml><ToUserName>gh_5a1e70mutual</ToUserName>{parts}</xml>"
