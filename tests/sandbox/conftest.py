"""What do the sandbox's own tests stand on? The sandbox on a free port, a listener in the product's place.

The listener is no product: it only records what arrives and gives the answers a test lays out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from config.settings import Settings
from sandbox import create_sandbox
from sandbox.state import World

ZHANG = "oSandboxUser0000000000000001"
WANG = "oSandboxUser0000000000000003"  # does not follow
CONTENT = "申请编号:{{character_string1.DATA}}\n事项:{{thing2.DATA}}\n进度:{{phrase3.DATA}}"
FIELDS = {
    "character_string1": {"value": "BZ1340000000"},
    "thing2": {"value": "补助申请"},
    "phrase3": {"value": "待初核"},
}


@dataclass
class Heard:
    method: str
    path: str
    query: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """Stands where the product's callback would be."""

    heard: list[Heard] = field(default_factory=list)
    answer: Callable[[Heard], Response | bytes] = lambda _: b"success"
    arrived: threading.Condition = field(default_factory=threading.Condition)
    url: str = ""

    def __call__(self, environ: dict, start_response: Callable) -> Any:
        request = Request(environ)
        heard = Heard(request.method, request.path, request.args.to_dict(), request.get_data())
        with self.arrived:
            self.heard.append(heard)
            self.arrived.notify_all()
        said = self.answer(heard)
        return (said if isinstance(said, Response) else Response(said))(environ, start_response)

    def wait_for(self, count: int, path: str = "/") -> list[Heard]:
        def found() -> list[Heard]:
            return [h for h in self.heard if h.path.startswith(path)]

        with self.arrived:
            assert self.arrived.wait_for(lambda: len(found()) >= count, 5), (
                f"only {len(found())} of {count} came"
            )
            return found()


@dataclass
class Outside:
    url: str
    app: Flask
    settings: Settings

    @property
    def world(self) -> World:
        return self.app.extensions["sandbox_world"]

    def get(self, path: str, **query: Any) -> requests.Response:
        return requests.get(self.url + path, params=query, timeout=10, allow_redirects=False)

    def post(self, path: str, body: Any = None, **query: Any) -> requests.Response:
        return requests.post(self.url + path, json=body, params=query, timeout=10, allow_redirects=False)

    def token(self) -> str:
        account = {"appid": self.settings.wechat_app_id, "secret": self.settings.wechat_app_secret}
        body = {"grant_type": "client_credential", **account}
        return self.post("/wechat/api/cgi-bin/stable_token", body).json()["access_token"]

    def call(self, path: str, body: Any = None, **query: Any) -> dict:
        query.setdefault("access_token", self.token())
        address = f"/wechat/api{path}"
        return (self.get(address, **query) if body is None else self.post(address, body, **query)).json()

    def add_template(self, template_id: str = "TPL_CLAIM", type_: int = 0, **more: Any) -> None:
        row = {
            "template_id": template_id,
            "title": "补助申请进度通知",
            "content": CONTENT,
            "type": type_,
            **more,
        }
        assert self.post("/wechat/templates.json", [row]).status_code == 200


def _serve(wsgi: Any) -> tuple[Any, str]:
    server = make_server("127.0.0.1", 0, wsgi, threaded=True)
    server.daemon_threads = True
    server.RequestHandlerClass.log = lambda *_: None  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="session")
def ears() -> Iterator[Listener]:
    listener = Listener()
    server, listener.url = _serve(listener)
    yield listener
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def whole_outside(ears: Listener) -> Iterator[Outside]:
    settings = Settings(
        public_url=ears.url,
        tencent_sms_secret_id="sandboxSecretId",
        tencent_sms_secret_key="sandboxSecretKey",
        tencent_sms_app_id="1400000001",
        tencent_sms_sign_name="示例总工会",
        aliyun_sms_access_key_id="sandboxKeyId",
        aliyun_sms_access_key_secret="sandboxKeySecret",
        aliyun_sms_sign_name="示例总工会",
    )
    app = create_sandbox(settings)
    server, url = _serve(app)
    yield Outside(url, app, settings)
    server.shutdown()
    server.server_close()


@pytest.fixture
def outside(whole_outside: Outside, ears: Listener) -> Outside:
    assert whole_outside.post("/reset.json", {"everything": True}).status_code == 200
    whole_outside.world.push.receipt_delay = 0.01
    whole_outside.world.push.deadline = 2.0
    ears.heard.clear()
    ears.answer = lambda _: b"success"
    return whole_outside


@pytest.fixture
def product(ears: Listener, outside: Outside) -> Listener:
    return ears
