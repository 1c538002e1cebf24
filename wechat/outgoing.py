"""How is a passive reply written? By our own serializer: wechatpy's lets `]]>` inject elements (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wechat.incoming import Incoming

Value = str | int | Sequence[tuple[str, "Value"]]

# What XML 1.0 cannot hold at all; a reply with one of these would be refused as a whole.
_IMPOSSIBLE = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST_TEXT = 2048


def text_reply(to: Incoming, words: str, at: int) -> str:
    """A text answer to `to`."""
    return reply(to, "text", [("Content", words)], at)


def reply(to: Incoming, kind: str, parts: Sequence[tuple[str, Value]], at: int) -> str:
    """A passive reply of any kind: sender and receiver swapped, then the kind's own parts."""
    head: list[tuple[str, Value]] = [
        ("ToUserName", to.openid),
        ("FromUserName", to.account),
        ("CreateTime", at),
        ("MsgType", kind),
    ]
    return _element("xml", [*head, *parts])


def news_parts(articles: Sequence[dict[str, str]]) -> list[tuple[str, Value]]:
    """The parts of a `news` reply; each article has title, description, picture and url."""
    names = (("Title", "title"), ("Description", "description"), ("PicUrl", "picture"), ("Url", "url"))
    items = [("item", [(tag, article.get(key, "")) for tag, key in names]) for article in articles]
    return [("ArticleCount", len(articles)), ("Articles", items)]


def cut(words: str, longest: int = LONGEST_TEXT) -> str:
    """`words` within WeChat's 2,048 bytes, cut at a line so that no link is torn."""
    lines: list[str] = []
    used = 0
    for line in words.split("\n"):
        used += len(line.encode()) + 1
        if used > longest:
            break
        lines.append(line)
    return "\n".join(lines)


def cdata(text: str) -> str:
    """`text` as character data that nothing inside can end."""
    clean = _IMPOSSIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "<![CDATA[" + clean.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _element(name: str, value: Value) -> str:
    if isinstance(value, int):
        inside = str(value)
    elif isinstance(value, str):
        inside = cdata(value)
    else:
        inside = "".join(_element(child, part) for child, part in value)
    return f"<{name}>{inside}</{name}>"
