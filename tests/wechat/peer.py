"""How does a test say what WeChat answers, to the byte? A small HTTP server that notes every call."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Said:
    """One answer; `status` 0 cuts the connection without a word."""

    body: bytes
    status: int = 200
    kind: str = "application/json; encoding=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def say(body: Any, **others: Any) -> Said:
    return Said(json.dumps(body, ensure_ascii=False).encode(), **others)


def refuse(errcode: int, errmsg: str = "no") -> Said:
    return say({"errcode": errcode, "errmsg": f"{errmsg} rid: 65f0a1b2-1a2b3c4d-5e6f7a8b"})


CUT = Said(b"", 0)
OK = say({"errcode": 0, "errmsg": "ok", "msgid": 200228332})
Answer = Said | Callable[[Call], Said]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class Peer:
    """Plays api.weixin.qq.com: a token that can be revoked, and answers the test lays down by path."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: dict[str, Answer] = {}
        self.token = "T" * 40 + "1"
        self.lock = threading.Lock()
        self.server = Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/wechat/api"

    @property
    def counts(self) -> Counter[str]:
        return Counter(call.path for call in self.calls)

    def revoke(self) -> None:
        """The present token is no longer good; stable_token gives another."""
        with self.lock:
            self.token = self.token[:-1] + str(int(self.token[-1]) + 1)

    def answer(self, call: Call) -> Said:
        with self.lock:
            self.calls.append(call)
            laid = self.answers.get(call.path)
        if laid is not None:
            return laid(call) if callable(laid) else laid
        with self.lock:
            if call.path == "/cgi-bin/stable_token":
                return say({"access_token": self.token, "expires_in": 7200})
            if call.query.get("access_token") != self.token:
                return refuse(40001, "invalid credential, access_token is invalid or not latest")
            return OK

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = parts.path.removeprefix("/wechat/api")
            said = peer.answer(Call(self.command, path, query, body, dict(self.headers)))
            if not said.status:
                self.close_connection = True
                return
            self.send_response(said.status)
            self.send_header("Content-Type", said.kind)
            self.send_header("Content-Length", str(len(said.body)))
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_POST = _serve

        def log_message(self, *_: Any) -> None:
            return None

    return Handler
