"""What does a test stand on? Real PostgreSQL, real Redis, real HTTP on loopback; nothing beyond it.

`pytest tests/anything` works by itself. Fixtures, from small to large:

    settings      Settings of this test process (own database, own Redis, own ports)
    app           the application on an empty database; `make_app(NAME="value")` for other settings
    db            the same with an application context pushed; gives Flask-SQLAlchemy's `db`
    client        test client; each request gets a fresh context; `client.submit()` fills in the CSRF token
    sandbox       the outside world on its own port; gives its base URL
    live_server   the application on its own port; gives its base URL
    open_folder   a temporary folder that a PostgreSQL of the test's own can use
    browser       Chromium by Playwright; `page` is a phone-sized page of it
"""

from __future__ import annotations

import contextlib
import contextvars
import ipaddress
import os
import re
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask.cli import ScriptInfo
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tools import databases, embedded, testbed

if TYPE_CHECKING:
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy
    from playwright.sync_api import Browser, Page
    from werkzeug.test import TestResponse

    from config.settings import Settings

ROOT = Path(__file__).resolve().parent.parent

hypothesis_settings.register_profile(
    "huzhu", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("huzhu")


# --- the network is closed, loopback excepted --------------------------------------------------------------


class NetworkClosed(OSError):
    """A test tried to leave this machine."""


def _is_loopback(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guarded(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise NetworkClosed(f"tests may not connect to {address[0]}")
        return original(self, address)

    return connect


def _close_network() -> None:
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_loopback(host):
            raise NetworkClosed(f"tests may not look up {host}")
        return look_up(host, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo
    socket.socket.connect = _guarded(socket.socket.connect)  # type: ignore[method-assign]
    socket.socket.connect_ex = _guarded(socket.socket.connect_ex)  # type: ignore[method-assign]


def pytest_configure(config: pytest.Config) -> None:
    _close_network()
    for name in [*os.environ]:  # a developer's proxy or deployment settings must not reach a test
        if name.upper().endswith("_PROXY") or name in {"DATABASE_URL", "REDIS_URL", "APP_ENV", "SCHEME"}:
            del os.environ[name]


# --- servers -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The shared server; TEST_DATABASE_URL names another one (a role that may create databases)."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with testbed.shared_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis of this test process alone: tests flush it."""
    with embedded.redis() as url:
        yield url


@pytest.fixture(scope="session")
def database_url(postgres_server: str, redis_url: str) -> Iterator[str]:
    """A migrated database of this test process alone."""

    def migrate(url: str) -> None:
        _make_schema({"DATABASE_URL": url, "REDIS_URL": redis_url, "APP_ENV": "test"})

    testbed.FOLDER.mkdir(parents=True, exist_ok=True)
    with databases.own_database(postgres_server, testbed.FOLDER / "template", migrate) as url:
        yield url


def _make_schema(environ: dict[str, str]) -> None:
    from app import create_app
    from config import settings as settings_module
    from core.db import db

    app = create_app(settings_module.load(environ))
    with app.app_context():
        if any((ROOT / "migrations" / "versions").glob("*.py")):
            app.cli.main(["migrate"], standalone_mode=False, obj=ScriptInfo(create_app=lambda: app))
        else:
            db.create_all()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """For a PostgreSQL of a test's own: as root it runs as another user, who may not enter `tmp_path`."""
    with tempfile.TemporaryDirectory(prefix="huzhu-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


# --- the application ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sockets() -> Iterator[dict[str, socket.socket]]:
    """Bound, so that the ports are known and ours; listening only once a server stands behind them."""
    with contextlib.ExitStack() as stack:
        opened = {name: stack.enter_context(socket.socket()) for name in ("web", "sandbox", "mail")}
        for one in opened.values():
            one.bind(("127.0.0.1", 0))
        yield opened


@pytest.fixture(scope="session")
def environ(
    database_url: str,
    redis_url: str,
    sockets: dict[str, socket.socket],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """The environment variables this test process runs the application with."""
    folder = tmp_path_factory.mktemp("data")
    return {
        "APP_ENV": "test",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "STORAGE_URL": f"file://{folder / 'files'}",
        "PORT": str(sockets["web"].getsockname()[1]),
        "SANDBOX_PORT": str(sockets["sandbox"].getsockname()[1]),
        "SMTP_URL": f"smtp://127.0.0.1:{sockets['mail'].getsockname()[1]}?from=huzhu@sandbox.example",
    }


@pytest.fixture(scope="session")
def settings(environ: dict[str, str]) -> Settings:
    from config import settings as settings_module

    return settings_module.load(environ)


class EachRequestAlone(FlaskClient):
    """Runs each request in an empty context, as a server would: no `g`, no session shared with the test."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **kwargs)

    def submit(
        self, path: str, data: dict[str, Any], *, page: str | None = None, **kwargs: Any
    ) -> TestResponse:
        """POST a form as a person would: with the CSRF token of the page (`path` unless `page` is given)."""
        shown = self.get(page or path)
        token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', shown.get_data(as_text=True))
        assert token, f"no form on {page or path}: {shown.status}"
        return self.post(path, data={"csrf_token": token[1], **data}, **kwargs)


@pytest.fixture(scope="session")
def one_app(settings: Settings) -> Iterator[Flask]:
    from app import create_app
    from core.db import db

    app = create_app(settings)
    app.test_client_class = EachRequestAlone
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def cleaner(database_url: str) -> Iterator[databases.Cleaner]:
    with contextlib.closing(databases.Cleaner(database_url)) as cleaner:
        yield cleaner


@pytest.fixture
def clean_stores(cleaner: databases.Cleaner, redis_url: str) -> None:
    import redis

    cleaner.clean()
    with redis.Redis.from_url(redis_url) as connection:
        connection.flushall()


@pytest.fixture
def app(one_app: Flask, clean_stores: None) -> Flask:
    return one_app


@pytest.fixture
def make_app(environ: dict[str, str], clean_stores: None) -> Iterator[Callable[..., Flask]]:
    """`make_app(SCHEME="xiamen")`: the application with other settings, on the same empty stores."""
    from app import create_app
    from config import settings as settings_module
    from core.db import db

    made: list[Flask] = []

    def make(**others: str) -> Flask:
        app = create_app(settings_module.load({**environ, **others}))
        app.test_client_class = EachRequestAlone
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def db(app: Flask) -> Iterator[SQLAlchemy]:
    from core.db import db as database

    with app.app_context():
        yield database
        database.session.rollback()
        database.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def statements(app: Flask) -> Callable[[], contextlib.AbstractContextManager[list[str]]]:
    """`with statements() as seen:` collects the SQL statements of this process."""
    from sqlalchemy import event

    from core.db import db

    @contextlib.contextmanager
    def collect() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return collect


# --- real servers ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def serving(wsgi: Any, at: socket.socket) -> Iterator[str]:
    """A threaded HTTP server on that socket; gives its base URL."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *_: Any) -> None:
            return None

    host, port = at.getsockname()
    at.listen(128)
    server = make_server(host, port, wsgi, threaded=True, request_handler=Quiet, fd=at.fileno())
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@pytest.fixture(scope="session")
def one_sandbox(settings: Settings, sockets: dict[str, socket.socket]) -> Iterator[str]:
    from sandbox import create_app
    from sandbox.mail_server import listening

    app = create_app(settings)
    with listening(app, sockets["mail"]), serving(app, sockets["sandbox"]) as url:
        yield url


@pytest.fixture
def sandbox(one_sandbox: str) -> str:
    import requests

    requests.post(f"{one_sandbox}/reset.json", timeout=10).raise_for_status()
    return one_sandbox


@pytest.fixture(scope="session")
def one_live_server(one_app: Flask, sockets: dict[str, socket.socket]) -> Iterator[str]:
    with serving(one_app, sockets["web"]) as url:
        yield url


@pytest.fixture
def live_server(one_live_server: str, app: Flask) -> str:
    return one_live_server


# --- Chromium ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    from tools import browser as chromium

    expect.set_options(timeout=15_000)  # on a busy machine a page may take its time; what never comes fails
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium.find(), args=list(chromium.FLAGS), env=chromium.environment()
        )
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone-sized page in a context (cookies) of its own."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True
    )
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()
