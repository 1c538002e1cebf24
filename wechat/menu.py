"""Which buttons does the official account show? Our menu, checked and as WeChat wants it (pure).

A button has a `name` and one of `page` (a path of ours), `url` (https, on an allowed host), `key` (a click
the conversation answers) or `items` (up to five buttons). `faults` tells all that is wrong, a place each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from wechat.replies import BY_KEY

MOST_BUTTONS, MOST_ITEMS = 3, 5
LONGEST_NAME, LONGEST_ITEM_NAME = 16, 60  # bytes
SHOWN_NAME, SHOWN_ITEM_NAME = 4, 8  # Chinese characters a phone has room for
LONGEST_KEY, LONGEST_URL = 128, 1024  # bytes
MINE, TO_BINDING = "我的", {"/h5/bind", "/h5/me", "me", "mine", "bind"}  # GX-02
Button = Mapping[str, Any]


class MenuError(ValueError):
    """The menu would be refused by WeChat; one line that names the button."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong at (), (1,) or (1, 2); `part` is name, target or empty, `words` for people."""

    place: tuple[int, ...]
    part: str
    text: str
    words: str


def menu_of(buttons: Iterable[Button], public_url: str, hosts: Collection[str] = ()) -> dict[str, Any]:
    """What `menu/create` is sent. Raises `MenuError`."""
    top = list(buttons)
    for fault in faults(top, public_url, hosts):
        raise MenuError(fault.text)
    return {"button": as_sent(top, public_url)}


def as_sent(buttons: Iterable[Button], public_url: str) -> list[dict[str, Any]]:
    """Buttons that are right, in WeChat's shape."""
    return [_sent(button, public_url) for button in buttons]


def _sent(button: Button, public_url: str) -> dict[str, Any]:
    name = str(button["name"]).strip()
    if "items" in button:
        return {"name": name, "sub_button": [_sent(item, public_url) for item in button["items"]]}
    if button.get("key"):
        return {"type": "click", "name": name, "key": button["key"]}
    return {"type": "view", "name": name, "url": button.get("url") or _sign_in(button["page"], public_url)}


def _sign_in(page: str, public_url: str) -> str:
    """A page of ours is opened through the silent sign-in."""
    return f"{public_url}/wechat/oauth?next={quote(page)}"


# --- what is wrong -----------------------------------------------------------------------------------------


def faults(buttons: Sequence[Button], public_url: str = "", hosts: Collection[str] = ()) -> Iterator[Fault]:
    """All that WeChat, or we, would refuse."""
    yield from _count((), "the menu", "菜单", buttons, MOST_BUTTONS)
    for n, button in enumerate(buttons):
        yield from _button((n,), button, LONGEST_NAME, public_url, hosts)
        if "items" in button:
            name = str(button.get("name", "")).strip()
            yield from _count((n,), name, f"“{name}”的子菜单", button["items"], MOST_ITEMS)
            for m, item in enumerate(button["items"]):
                yield from _button((n, m), item, LONGEST_ITEM_NAME, public_url, hosts)
    if not any(_leads_to_binding(button) for button in buttons):
        yield Fault(
            (), "", "the menu needs a button 我的 that leads to binding",
            "菜单里要有“我的”，并能打开绑定信息或个人中心，职工靠它绑定。",
        )  # fmt: skip


def _leads_to_binding(button: Button) -> bool:
    """Is this 我的 (or does it hold 我的), and is binding behind it?"""
    items = button.get("items", ())
    if str(button.get("name", "")).strip() == MINE:
        return any((one.get("page") or one.get("key")) in TO_BINDING for one in (button, *items))
    return any(_leads_to_binding(item) for item in items)


def _count(
    place: tuple[int, ...], text: str, words: str, buttons: Sequence[Button], most: int
) -> Iterator[Fault]:
    if not 1 <= len(buttons) <= most:
        yield Fault(
            place, "", f"{text}: needs 1 to {most} buttons, has {len(buttons)}",
            f"{words}要有 1 到 {most} 个按钮，现在有 {len(buttons)} 个。",
        )  # fmt: skip


def _button(
    place: tuple[int, ...], button: Button, longest: int, public_url: str, hosts: Collection[str]
) -> Iterator[Fault]:
    name = str(button.get("name", "")).strip()
    if not name:
        yield Fault(place, "name", "a button has no name", "请填写按钮名称，或把它设成“不用”。")
    elif len(name.encode()) > longest:
        yield Fault(
            place, "name", f"{name}: the name is longer than {longest} bytes",
            f"名称太长：最多 {longest // 3} 个汉字或 {longest} 个英文字母，"
            f"现在相当于 {len(name.encode())} 个字母。",
        )  # fmt: skip
    if "items" not in button:
        yield from _target(place, name, button, public_url, hosts)


def _target(
    place: tuple[int, ...], name: str, button: Button, public_url: str, hosts: Collection[str]
) -> Iterator[Fault]:
    given = [part for part in ("page", "url", "key") if button.get(part)]
    if len(given) != 1:
        yield Fault(place, "target", f"{name}: needs either a page or a key", "请选择点了以后做什么。")
        return
    checks = {"page": _page, "url": _url, "key": _key}
    value = str(button[given[0]])
    text, words = checks[given[0]](value, public_url, hosts)
    if text:
        yield Fault(place, "target", f"{name}: {text}", words)


def _page(page: str, public_url: str, _hosts: Collection[str]) -> tuple[str, str]:
    if not re.fullmatch(r"/h5/[!-~]*", page) or "//" in page or ".." in page:
        return "page must be a path below /h5/", "本系统的页面地址要以 /h5/ 开头。"
    return _length(_sign_in(page, public_url))


def _url(url: str, _public_url: str, hosts: Collection[str]) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme == "https" and "@" not in parts.netloc and parts.port in (None, 443)
    except ValueError:
        is_plain = False
    if not is_plain or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        return "the address must be plain https", "网址要以 https:// 开头，不能有空格和汉字。"
    if parts.hostname not in hosts:
        allowed = "、".join(sorted(hosts)) or "（没有）"
        return (
            f"the host {parts.hostname} is not allowed",
            f"只能打开本系统的页面或这些网站：{allowed}。其它网站请先请技术人员加入名单。",
        )
    return _length(url)


def _length(url: str) -> tuple[str, str]:
    if len(url.encode()) > LONGEST_URL:
        return f"the address is longer than {LONGEST_URL} bytes", f"网址太长，最多 {LONGEST_URL} 个字符。"
    return "", ""


def _key(key: str, _public_url: str, _hosts: Collection[str]) -> tuple[str, str]:
    if len(key.encode()) > LONGEST_KEY:
        return f"the key is longer than {LONGEST_KEY} bytes", "请从列表里选择自动回复。"
    if key.lower() not in BY_KEY:
        known = ", ".join(sorted(BY_KEY))
        return f"no answer belongs to the key {key!r} (there are: {known})", "请从列表里选择自动回复。"
    return "", ""


# --- what WeChat shows -------------------------------------------------------------------------------------


def plain(buttons: Iterable[Button]) -> list[tuple[Any, ...]]:
    """What of a menu matters, whichever of WeChat's two ways of listing sub-buttons it came in."""
    return [(b.get("name"), b.get("type"), b.get("url"), b.get("key"), plain(subs(b))) for b in buttons]


def subs(button: Button) -> list[Button]:
    """`menu/get` answers a list, `get_current_selfmenu_info` a list in `list`; empty ones happen."""
    found = button.get("sub_button") or []
    return list(found.get("list") or []) if isinstance(found, Mapping) else list(found)


def lines(buttons: Iterable[Button]) -> dict[str, str]:
    """Each button in words, by where it stands: {"1": "我的", "1-1": "绑定信息 → /h5/bind"}."""
    found = {}
    for n, button in enumerate(buttons, 1):
        found[str(n)] = _line(button)
        for m, item in enumerate(subs(button), 1):
            found[f"{n}-{m}"] = _line(item)
    return found


def _line(button: Button) -> str:
    name = str(button.get("name", ""))
    if button.get("type") == "click":
        key = str(button.get("key", ""))
        return f"{name}：自动回复“{BY_KEY[key].words[0] if key in BY_KEY else key}”"
    if button.get("url"):
        return f"{name}：打开 {_behind_sign_in(str(button['url']))}"
    return name if subs(button) else f"{name}（{button.get('type') or '没有动作'}）"


def _behind_sign_in(url: str) -> str:
    parts = urlsplit(url)
    wanted = parse_qs(parts.query).get("next", [""])[0] if parts.path == "/wechat/oauth" else ""
    return wanted or url
