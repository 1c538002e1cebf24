"""What goes wrong on purpose? Named faults per service, decided before or after the service sees the request.

Kinds: slow (wait, then serve) · refuse (500, not accepted) · lose (accepted, then 500) · reset (accepted,
then the connection is cut) · hang (not accepted, held, cut) · hang_after (accepted, held, cut) ·
rate_limit · errcode (a WeChat errcode of your choice) · garbage · bad_gateway (HTML 502).
"""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, NoReturn

from werkzeug.wrappers import Request, Response

SERVICES: tuple[tuple[str, str], ...] = (
    ("wechat_api", "/wechat/api/"),
    ("wechat_open", "/wechat/open/"),
    ("wechat_mp", "/wechat/mp/"),
    ("jssdk", "/wechat/jssdk"),
    ("tencent", "/sms/tencent"),
    ("aliyun", "/sms/aliyun"),
    ("sms", "/sms/sandbox"),
    ("identity", "/identity"),
    ("bank", "/bank/batches"),
    ("oidc", "/oidc"),
    ("mail", "/mail/send"),
)
KINDS = (
    "slow",
    "refuse",
    "lose",
    "reset",
    "hang",
    "hang_after",
    "rate_limit",
    "errcode",
    "garbage",
    "bad_gateway",
)
LATE = ("lose", "reset", "hang_after")

Wsgi = Callable[[dict, Callable], Iterable[bytes]]


@dataclass
class Fault:
    service: str
    kind: str
    seconds: float = 6.0
    percent: float = 100.0
    times: int | None = None  # None = until cleared
    path: str = ""  # only requests whose path contains this
    code: int = -1
    seed: int = 1
    fired: int = 0
    _dice: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def hits(self, service: str, path: str) -> bool:
        if service != self.service or self.path not in path or self.times == 0:
            return False
        if self._dice.random() * 100 >= self.percent:
            return False
        self.times = None if self.times is None else self.times - 1
        self.fired += 1
        return True

    def shown(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if not k.startswith("_")}


class Faults:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.active: list[Fault] = []

    def set(self, fault: Fault) -> None:
        if fault.service not in dict(SERVICES) or fault.kind not in KINDS:
            raise ValueError(f"unknown service or kind: {fault.service} {fault.kind}")
        with self.lock:
            self.active = [f for f in self.active if _name(f) != _name(fault)] + [fault]

    def clear(self, service: str = "all", kind: str = "") -> None:
        with self.lock:
            self.active = [
                f for f in self.active if (service not in ("all", f.service)) or (kind and f.kind != kind)
            ]

    def pick(self, service: str, path: str) -> Fault | None:
        with self.lock:
            return next((f for f in self.active if f.hits(service, path)), None)

    def shown(self) -> list[dict[str, Any]]:
        with self.lock:
            return [f.shown() for f in self.active]


def _name(fault: Fault) -> tuple[str, str, str]:
    return fault.service, fault.kind, fault.path


def service_of(path: str, environ: dict) -> str:
    if path == "/" and "HTTP_X_TC_ACTION" in environ:
        return "tencent"
    if path == "/" and "HTTP_X_ACS_ACTION" in environ:
        return "aliyun"
    return next((name for name, prefix in SERVICES if path.startswith(prefix)), "")


class FaultyDoor:
    """WSGI layer in front of the app, so that a cut connection never reaches Flask's error pages."""

    def __init__(self, app: Wsgi, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        service = service_of(path, environ)
        fault = self.faults.pick(service, path) if service else None
        if fault is None:
            return self.app(environ, start_response)
        if fault.kind == "slow":
            time.sleep(fault.seconds)
            return self.app(environ, start_response)
        if fault.kind in LATE:
            Response.from_app(self.app, environ, buffered=True).get_data()
        else:
            Request(environ).get_data()
        if fault.kind in ("hang", "hang_after"):
            time.sleep(fault.seconds)
        if fault.kind in ("reset", "hang", "hang_after"):
            _cut(environ)
        return _RESPONSES[fault.kind](fault)(environ, start_response)


def _cut(environ: dict) -> NoReturn:
    """End the connection without a word; the server takes the exception for a client that went away."""
    if wire := environ.get("werkzeug.socket"):
        wire.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("the sandbox cut this connection on purpose")


def _json(body: dict, status: int = 200) -> Response:
    return Response(
        json.dumps(body, ensure_ascii=False), status, content_type="application/json; charset=utf-8"
    )


def _rate_limited(fault: Fault) -> Response:
    if fault.service == "tencent":
        error = {"Code": "RequestLimitExceeded", "Message": "the request is limited"}
        return _json({"Response": {"Error": error, "RequestId": "sandbox"}})
    if fault.service == "aliyun":
        return _json({"Code": "Throttling.User", "Message": "流控", "RequestId": "sandbox"}, 400)
    if fault.service == "wechat_api":
        rid = "00000000-00000000-00000000"
        return _json({"errcode": 45009, "errmsg": f"reach max api daily quota limit rid: {rid}"})
    answer = _json({"error": "LimitExceeded"}, 429)
    answer.headers["Retry-After"] = str(int(fault.seconds))
    return answer


def _errcode(fault: Fault) -> Response:
    return _json({"errcode": fault.code, "errmsg": "sandbox fault rid: 00000000-00000000-00000000"})


_RESPONSES: dict[str, Callable[[Fault], Response]] = {
    "refuse": lambda _: Response("Internal Server Error", 500),
    "lose": lambda _: Response("Internal Server Error", 500),
    "rate_limit": _rate_limited,
    "errcode": _errcode,
    "garbage": lambda _: Response(b"\x00\xff{]<not json", 200, content_type="application/json"),
    "bad_gateway": lambda _: Response("<html><h1>502 Bad Gateway</h1></html>", 502, content_type="text/html"),
}
