"""Which calls does api.weixin.qq.com answer? The blueprint, the access-token gate and the error bodies."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request

from sandbox.state import World, world

api = Blueprint("wechat_api", __name__, url_prefix="/wechat/api")

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest, "
    "could get access_token by getStableAccessToken",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid media size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40030: "invalid refresh_token",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40036: "invalid template_id size",
    40037: "invalid template_id",
    40053: "invalid action info",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist",
    40241: "The message is duplicate in 60 seconds",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41006: "media_id missing",
    41008: "missing code",
    41030: "invalid page",
    42001: "access_token expired",
    42002: "refresh_token expired",
    42003: "code expired",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    43116: "This template_id is banned",
    44002: "empty post data",
    45001: "media size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit  mustslower  retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45080: "need request typing within 30 seconds",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
}


class WeChatError(Exception):
    """One call refused; becomes HTTP 200 with errcode and errmsg."""

    def __init__(self, errcode: int, words: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.words = words or MESSAGES.get(errcode, "")


def rid() -> str:
    return "-".join(secrets.token_hex(4) for _ in range(3))


def answer(body: Any, content_type: str = "application/json; encoding=utf-8") -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, content_type=content_type)


def ok(**fields: Any) -> Response:
    return answer({"errcode": 0, "errmsg": "ok", **fields})


def plain(body: Any) -> Response:
    """sns/* answers JSON and calls it text/plain."""
    return answer(body, "text/plain")


def error_body(error: WeChatError) -> dict[str, Any]:
    return {"errcode": error.errcode, "errmsg": f"{error.words} rid: {rid()}"}


@api.errorhandler(WeChatError)
def show_error(error: WeChatError) -> Response:
    body = error_body(error)
    return plain(body) if request.path.startswith("/wechat/api/sns/") else answer(body)


@api.route("/<path:anything>", methods=["GET", "POST"])
def show_unknown(anything: str) -> Response:
    """WeChat answers HTTP 200 to addresses it does not know, too."""
    return answer({"errcode": 40066, "errmsg": f"invalid url rid: {rid()}"})


def call(path: str, methods: tuple[str, ...] = ("POST",)) -> Callable:
    """A call that needs an access token: `@call("/cgi-bin/menu/get", ("GET",))`; the view gets the world."""

    def around(view: Callable[[World], Response]) -> Callable:
        @wraps(view)
        def gated() -> Response:
            here = world()
            if code := here.tokens.complaint(request.args.get("access_token", "")):
                raise WeChatError(code)
            return view(here)

        api.add_url_rule(
            path, endpoint=path.strip("/").replace("/", "_"), view_func=gated, methods=list(methods)
        )
        return gated

    return around


def sent_json() -> dict[str, Any]:
    """The JSON body; WeChat ignores the Content-Type and complains about the rest."""
    raw = request.get_data()
    if not raw:
        raise WeChatError(44002)
    try:
        body = json.loads(raw.decode())
    except (UnicodeDecodeError, ValueError):
        raise WeChatError(47001) from None
    if not isinstance(body, dict):
        raise WeChatError(47001)
    return body
