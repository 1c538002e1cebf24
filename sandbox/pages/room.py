"""What do all pages for people share? Blueprint, headers, the right host name, the frame."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from sandbox.clock import shown
from sandbox.state import world

pages = Blueprint("pages", __name__)

LOOPBACK = {"localhost", "127.0.0.1"}
NAVIGATION = (
    ("pages.tour", "导览"),
    ("pages.show_phone", "手机"),
    ("pages.sms", "短信"),
    ("pages.bank_desk", "银行"),
    ("pages.show_codes", "动态码"),
    ("pages.show_faults", "故障"),
    ("pages.show_pushes", "推送"),
    ("pages.mail", "邮件"),
)


@pages.before_request
def same_name_as_the_product() -> Response | None:
    """Cookies of the page in the phone only travel when both are called 127.0.0.1, or both localhost."""
    ours, theirs = urlsplit(request.url), urlsplit(world().settings.public_url)
    if request.method != "GET" or ours.hostname == theirs.hostname:
        return None
    if {ours.hostname, theirs.hostname} != LOOPBACK:
        return None
    host = f"{theirs.hostname}:{ours.port}" if ours.port else str(theirs.hostname)
    return redirect(urlunsplit((ours.scheme, host, ours.path, ours.query, "")))


@pages.after_request
def close_the_windows(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"frame-src 'self' {world().settings.public_url}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@pages.context_processor
def frame() -> dict[str, Any]:
    return {"navigation": NAVIGATION, "public_url": world().settings.public_url, "shown": shown}
