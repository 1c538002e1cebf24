"""Which QR codes with a scene exist? /cgi-bin/qrcode/create."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response

from sandbox.state import QrTicket, World
from sandbox.wechat_api.gate import WeChatError, answer, call, sent_json

LONGEST = 2_592_000
SHORTEST = 60
MOST_FIXED = 100_000


@call("/cgi-bin/qrcode/create")
def create(here: World) -> Response:
    body = sent_json()
    action = body.get("action_name")
    is_fixed, is_string = str(action).startswith("QR_LIMIT"), str(action).endswith("STR_SCENE")
    scene = _scene(action, body.get("action_info"), is_fixed, is_string)
    seconds = None if is_fixed else _seconds(body.get("expire_seconds", 30))
    with here.lock:
        made = _made(here, scene, is_string, seconds)
    reply: dict[str, Any] = {"ticket": made.ticket, "url": made.url}
    if seconds is not None:
        reply["expire_seconds"] = seconds
    return answer(reply)


def _scene(action: Any, info: Any, is_fixed: bool, is_string: bool) -> str:
    if action not in ("QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"):
        raise WeChatError(40052, "invalid action name")
    scene = info.get("scene") if isinstance(info, dict) else None
    if not isinstance(scene, dict):
        raise WeChatError(40053)
    value = scene.get("scene_str" if is_string else "scene_id")
    if is_string and isinstance(value, str) and 1 <= len(value) <= 64:
        return value
    top = MOST_FIXED if is_fixed else 2**32 - 1
    if not is_string and isinstance(value, int) and 1 <= value <= top:
        return str(value)
    raise WeChatError(40053)


def _seconds(value: Any) -> int:
    if not isinstance(value, int) or not 0 < value <= LONGEST:
        raise WeChatError(40097, "invalid args: expire_seconds")
    return max(value, SHORTEST)


def _made(here: World, scene: str, is_string: bool, seconds: int | None) -> QrTicket:
    ticket = f"gQ{secrets.token_urlsafe(40)}=="
    expires_at = None if seconds is None else here.clock.now() + seconds
    url = f"http://weixin.qq.com/q/{secrets.token_urlsafe(15)}"
    here.qr[ticket] = QrTicket(ticket, scene, is_string, expires_at, url)
    here.changed()
    return here.qr[ticket]
