"""Is the product's answer to a push one that WeChat would show? Judge it, and read what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

from sandbox.state import World
from sandbox.wechat_crypto import Unsealed, sign, unseal

NEEDED = {
    "text": ("Content",),
    "image": ("Image.MediaId",),
    "voice": ("Voice.MediaId",),
    "video": ("Video.MediaId",),
    "music": ("Music.ThumbMediaId",),
    "news": ("ArticleCount", "Articles.item"),
    "transfer_customer_service": (),
}
CDATA_NAMES = ("ToUserName", "FromUserName", "MsgType", "Content")
TEXT_BYTES = 2048


@dataclass
class Verdict:
    outcome: str
    detail: str = ""
    kind: str = ""  # what appears in the chat, "" = nothing
    content: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class Bad(ValueError):
    """WeChat would not accept this reply."""


def judge(world: World, openid: str, body: bytes) -> Verdict:
    if body == b"":
        return Verdict("empty")
    if body == b"success":
        return Verdict("success")
    try:
        return _judge_xml(world, openid, body.decode())
    except (Bad, Unsealed, UnicodeDecodeError) as error:
        return Verdict("invalid", str(error))


def _judge_xml(world: World, openid: str, text: str) -> Verdict:
    root = _parsed(text)
    if "Encrypt" in root:
        text = _opened(world, root)
        root, outcome = _parsed(text), "encrypted xml"
    elif world.push.mode == "safe":
        raise Bad("plaintext reply in safe mode")
    else:
        outcome = "xml"
    kind = _checked(world, openid, root)
    return Verdict(outcome, "", _shown_kind(kind), _content(kind, root), _warnings(text, kind, root))


def _parsed(text: str) -> dict:
    try:
        document = xmltodict.parse(text)
    except (ExpatError, ValueError) as error:
        raise Bad(f"not XML: {error}") from None
    root = document.get("xml")
    if not isinstance(root, dict):
        raise Bad("root element is not <xml> with children")
    return root


def _opened(world: World, root: dict) -> str:
    settings = world.settings
    if world.push.mode == "plain":
        raise Bad("encrypted reply in plain mode")
    parts = [str(root.get(name) or "") for name in ("TimeStamp", "Nonce", "Encrypt", "MsgSignature")]
    if not all(parts):
        raise Bad("encrypted reply lacks TimeStamp, Nonce, Encrypt or MsgSignature")
    timestamp, nonce, sealed, signature = parts
    if signature != sign(settings.wechat_token, timestamp, nonce, sealed):
        raise Bad("MsgSignature of the reply is wrong")
    return unseal(sealed, settings.wechat_aes_key, settings.wechat_app_id)


def _checked(world: World, openid: str, root: dict) -> str:
    if (root.get("ToUserName"), root.get("FromUserName")) != (openid, world.original_id):
        raise Bad("ToUserName and FromUserName are not swapped")
    if not re.fullmatch(r"\d{1,12}", root.get("CreateTime") or ""):
        raise Bad("CreateTime is not a number")
    kind = root.get("MsgType")
    if kind not in NEEDED:
        raise Bad(f"MsgType {kind!r} cannot be a reply")
    for name in NEEDED[kind]:
        if not _at(root, name):
            raise Bad(f"{name} is missing")
    if kind == "text" and len(root["Content"].encode()) > TEXT_BYTES:
        raise Bad(f"Content is longer than {TEXT_BYTES} bytes")
    if kind == "news" and str(len(_articles(root))) != root["ArticleCount"]:
        raise Bad("ArticleCount is not the number of articles")
    if kind in ("image", "voice", "video") and not world.live_media(_at(root, f"{kind.title()}.MediaId")):
        raise Bad("MediaId is unknown or expired")
    return kind


def _at(root: dict, path: str) -> Any:
    value: Any = root
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _articles(root: dict) -> list[dict]:
    items = _at(root, "Articles.item")
    return items if isinstance(items, list) else [items]


def _shown_kind(kind: str) -> str:
    return "" if kind == "transfer_customer_service" else kind


def _content(kind: str, root: dict) -> dict[str, Any]:
    if kind == "text":
        return {"text": root["Content"]}
    if kind == "news":
        names = {"Title": "title", "Description": "description", "PicUrl": "picurl", "Url": "url"}
        return {
            "articles": [
                {ours: a.get(theirs) or "" for theirs, ours in names.items()} for a in _articles(root)
            ]
        }
    part = root.get(kind.title()) or {}
    return {
        "media_id": part.get("MediaId") or part.get("ThumbMediaId") or "",
        "title": part.get("Title") or "",
    }


def _warnings(text: str, kind: str, root: dict) -> list[str]:
    """What WeChat tolerates but its documentation does not do."""
    found = [f"{n} without CDATA" for n in CDATA_NAMES if f"<{n}>" in text and f"<{n}><![CDATA[" not in text]
    if kind == "news" and len(_articles(root)) > 1:
        found.append("more than one article in a reply")
    return found
