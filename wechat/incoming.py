"""What did WeChat tell us? One XML body in, one `Incoming` out, every oddity a `BadCallback` (pure).

64 KB before parsing, no DOCTYPE (so no entities), at most eight levels deep; the fields the product decides
by must be plain text. Message types nobody has heard of are kept: WeChat adds some every year.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from xml.parsers import expat

from wechat.crypto import BadCallback

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8
SCENE_PREFIX = "qrscene_"
Tree = dict[str, Any]


@dataclass(frozen=True)
class Incoming:
    """One message or event."""

    account: str
    openid: str
    kind: str
    event: str
    sent_at: int
    fields: Tree

    @property
    def message_id(self) -> str:
        """Ordinary messages carry `MsgId`, job results carry `MsgID`."""
        return self.text_of("MsgId") or self.text_of("MsgID")

    @property
    def key(self) -> str:
        return self.text_of("EventKey")

    @property
    def text(self) -> str:
        return self.text_of("Content").strip()

    @property
    def scene(self) -> str:
        """The scene of the QR code that was scanned; the prefix is removed once only."""
        if self.event == "subscribe" and self.key.startswith(SCENE_PREFIX):
            return self.key.removeprefix(SCENE_PREFIX)
        return self.key if self.event == "SCAN" else ""

    @property
    def topic(self) -> str:
        """What this is in one word: the event's name in lower case, else the message type."""
        return self.event.lower() if self.kind == "event" else self.kind

    def text_of(self, name: str) -> str:
        """A field that is plain text; empty when it is absent or something else."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def part(self, name: str) -> Tree:
        """A field that holds further fields; empty when it is absent or plain."""
        value = self.fields.get(name)
        return value if isinstance(value, dict) else {}

    def listed(self, wrapper: str, item: str = "List") -> list[Tree]:
        """`<Wrapper><List>…` as a list, whether WeChat sent none, one or several."""
        found = self.part(wrapper).get(item, [])
        return [entry for entry in (found if isinstance(found, list) else [found]) if isinstance(entry, dict)]

    @cached_property
    def dedupe_key(self) -> str:
        """Equal for WeChat's repeats of one message, different for two real events of one second.

        MsgId alone collides between people; events have none, so all their fields count.
        """
        if self.kind != "event" and self.message_id:
            identity = [self.openid, self.kind, self.message_id]
        else:
            identity = [json.dumps(self.fields, sort_keys=True, ensure_ascii=False)]
        return hashlib.sha256("\n".join(identity).encode()).hexdigest()


def parse(body: bytes) -> Incoming:
    """The decrypted body. Raises `BadCallback`."""
    fields = read_xml(body)
    kind, event = _plain(fields, "MsgType"), ""
    if kind == "event":
        event = _plain(fields, "Event")
    sent = _plain(fields, "CreateTime", longest=10)
    if not re.fullmatch(r"[0-9]+", sent):
        raise BadCallback("CreateTime is not a number")
    return Incoming(
        account=_plain(fields, "ToUserName"),
        openid=_plain(fields, "FromUserName"),
        kind=kind,
        event=event,
        sent_at=int(sent),
        fields=fields,
    )


def _plain(fields: Tree, name: str, longest: int = 128) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise BadCallback(f"{name} is missing or not plain text")
    return value.strip()


def read_xml(body: bytes) -> Tree:
    """The children of `<xml>` as a tree of dicts, lists and strings. Raises `BadCallback`."""
    if len(body) > MAX_BYTES:
        raise BadCallback("the body is longer than 64 KB")
    builder = _Builder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        body.decode()  # a byte-order mark would make expat read another encoding than the one it is told
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError) as error:
        raise BadCallback(f"the body is not XML ({type(error).__name__})") from None
    return builder.tree()


class _Builder:
    """Collects expat's events into a tree, and stops at what we do not accept."""

    def __init__(self) -> None:
        self.stack: list[tuple[str, Tree, list[str]]] = []
        self.root: tuple[str, Tree | str] | None = None

    def doctype(self, *_: Any) -> None:
        raise BadCallback("DOCTYPE is refused")

    def start(self, name: str, _attributes: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise BadCallback("the body is nested too deeply")
        self.stack.append((name, {}, []))

    def characters(self, text: str) -> None:
        if self.stack:
            self.stack[-1][2].append(text)

    def end(self, _name: str) -> None:
        name, children, texts = self.stack.pop()
        value: Tree | str = children or "".join(texts)
        if not self.stack:
            self.root = (name, value)
            return
        siblings = self.stack[-1][1]
        if name not in siblings:
            siblings[name] = value
        elif isinstance(siblings[name], list):
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]

    def tree(self) -> Tree:
        if self.root is None or self.root[0] != "xml" or not isinstance(self.root[1], dict):
            raise BadCallback("the body is not <xml> with fields")
        return self.root[1]
