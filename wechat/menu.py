"""Which buttons does the official account show? The scheme profile's menu as WeChat wants it (pure).

A profile's button has a `name` and one of `page` (a path of ours), `key` (a click the conversation answers)
or `items` (up to five buttons).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from wechat.replies import BY_KEY

MOST_BUTTONS, MOST_ITEMS = 3, 5
LONGEST_NAME, LONGEST_ITEM_NAME = 16, 60  # bytes
LONGEST_KEY, LONGEST_URL = 128, 1024  # bytes


class MenuError(ValueError):
    """The menu would be refused by WeChat; one line that names the button."""


def menu_of(buttons: Iterable[Mapping[str, Any]], public_url: str) -> dict[str, Any]:
    """What `menu/create` is sent. Raises `MenuError`."""
    top = list(buttons)
    _count("the menu", top, MOST_BUTTONS)
    return {"button": [_top(button, public_url) for button in top]}


def _top(button: Mapping[str, Any], public_url: str) -> dict[str, Any]:
    name = _name(button, LONGEST_NAME)
    if "items" not in button:
        return _leaf(button, name, public_url)
    items = list(button["items"])
    _count(name, items, MOST_ITEMS)
    leaves = [_leaf(item, _name(item, LONGEST_ITEM_NAME), public_url) for item in items]
    return {"name": name, "sub_button": leaves}


def _leaf(button: Mapping[str, Any], name: str, public_url: str) -> dict[str, Any]:
    page, key = button.get("page"), button.get("key")
    if bool(page) == bool(key):
        raise MenuError(f"{name}: needs either a page or a key")
    return _view(name, str(page), public_url) if page else _click(name, str(key))


def _view(name: str, page: str, public_url: str) -> dict[str, Any]:
    """A button that opens a page of ours through the silent sign-in."""
    if not page.startswith("/h5/") or "//" in page:
        raise MenuError(f"{name}: page must be a path below /h5/")
    url = f"{public_url}/wechat/oauth?next={quote(page)}"
    if len(url.encode()) > LONGEST_URL:
        raise MenuError(f"{name}: the address is longer than {LONGEST_URL} bytes")
    return {"type": "view", "name": name, "url": url}


def _click(name: str, key: str) -> dict[str, Any]:
    """A button that the conversation answers."""
    if len(key.encode()) > LONGEST_KEY:
        raise MenuError(f"{name}: the key is longer than {LONGEST_KEY} bytes")
    if key.lower() not in BY_KEY:
        raise MenuError(
            f"{name}: no answer belongs to the key {key!r} (there are: {', '.join(sorted(BY_KEY))})"
        )
    return {"type": "click", "name": name, "key": key}


def _name(button: Mapping[str, Any], longest: int) -> str:
    name = str(button.get("name", "")).strip()
    if not name:
        raise MenuError("a button has no name")
    if len(name.encode()) > longest:
        raise MenuError(f"{name}: the name is longer than {longest} bytes")
    return name


def _count(where: str, buttons: list[Any], most: int) -> None:
    if not 1 <= len(buttons) <= most:
        raise MenuError(f"{where}: needs 1 to {most} buttons, has {len(buttons)}")
