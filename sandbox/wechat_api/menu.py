"""Is this a menu the account may have? /cgi-bin/menu create, get, delete, with WeChat's complaints."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request

from sandbox.state import World
from sandbox.wechat_api.gate import WeChatError, answer, call, ok, sent_json

KEYED = {
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}
NAME_BYTES = (16, 60)
KEY_BYTES = 128
URL_BYTES = 1024


@call("/cgi-bin/menu/create")
def create(here: World) -> Response:
    if re.search(rb"\\u[0-9a-fA-F]{4}", request.get_data()):
        raise WeChatError(40033)
    buttons = sent_json().get("button")
    check_buttons(buttons, level=0)
    with here.lock:
        here.menu = {"button": buttons}
        here.changed()
    return ok()


def check_buttons(buttons: Any, level: int) -> None:
    """Errors of the second level are the first level's plus seven (40016 → 40023 and so on)."""
    most = (3, 5)[level]
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= most:
        raise WeChatError((40016, 40023)[level], ("invalid button size", "invalid sub button size")[level])
    for button in buttons:
        _check_button(button, level)


def _check_button(button: Any, level: int) -> None:
    sub = "sub " if level else ""
    if not isinstance(button, dict):
        raise WeChatError((40017, 40024)[level], f"invalid {sub}button type")
    name = button.get("name")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= NAME_BYTES[level]:
        raise WeChatError((40018, 40025)[level], f"invalid {sub}button name size")
    if button.get("sub_button") and level == 0:
        check_buttons(button["sub_button"], 1)
    else:
        _check_action(button, level, sub)


def _check_action(button: dict, level: int, sub: str) -> None:
    kind = button.get("type")
    if kind in KEYED:
        if not 1 <= len(str(button.get("key") or "").encode()) <= KEY_BYTES:
            raise WeChatError((40019, 40026)[level], f"invalid {sub}button key size")
    elif kind in ("view", "miniprogram"):
        _check_url(str(button.get("url") or ""), level, sub)
        if kind == "miniprogram" and not (button.get("appid") and button.get("pagepath")):
            raise WeChatError((40017, 40024)[level], f"invalid {sub}button type")
    elif not (
        kind in ("media_id", "view_limited", "article_id")
        and (button.get("media_id") or button.get("article_id"))
    ):
        raise WeChatError((40017, 40024)[level], f"invalid {sub}button type")


def _check_url(url: str, level: int, sub: str) -> None:
    if not 1 <= len(url.encode()) <= URL_BYTES:
        raise WeChatError((40020, 40027)[level], f"invalid {sub}button url size")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WeChatError((40055, 40054)[level], f"invalid {sub}button url domain")


@call("/cgi-bin/menu/get", ("GET",))
def get(here: World) -> Response:
    if here.menu is None:
        raise WeChatError(46003)
    return answer({"menu": json.loads(json.dumps(here.menu))})


@call("/cgi-bin/get_current_selfmenu_info", ("GET",))
def get_current(here: World) -> Response:
    """Sub-buttons are in `list` here, unlike in menu/get."""
    buttons = [_as_shown(button) for button in (here.menu or {"button": []})["button"]]
    return answer({"is_menu_open": int(here.menu is not None), "selfmenu_info": {"button": buttons}})


def _as_shown(button: dict) -> dict[str, Any]:
    if not button.get("sub_button"):
        return {k: v for k, v in button.items() if k != "sub_button"}
    return {"name": button["name"], "sub_button": {"list": button["sub_button"]}}


@call("/cgi-bin/menu/delete", ("GET",))
def delete(here: World) -> Response:
    with here.lock:
        here.menu = None
        here.changed()
    return ok()
