"""On what does a benchmark stand? PostgreSQL and Redis of its own, servers started as a user starts them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools import embedded, run
from tools.tether import Tether, relatives

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
READY_WITHIN = 60.0
DATABASE = "bench"


@dataclass(frozen=True)
class Size:
    """How much is asked of each benchmark; tests use a tiny one."""

    rounds: int = 5
    requests: int = 800
    photos: int = 6
    messages: int = 2000
    evaluations: int = 20_000
    rows: int = 1000
    people: int = 100_000
    exported: int = 200_000
    list_rows: int = 5_000_000


@dataclass(frozen=True)
class Served:
    """A server that answers, with all its processes."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def pids(self) -> list[int]:
        return sorted(relatives(self.process.pid))

    def cpu(self) -> float:
        """Seconds of user and system time of all its processes until now."""
        return sum(cpu_of(pid) for pid in self.pids)


def cpu_of(pid: int) -> float:
    """Seconds of CPU of one process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def memory_of(pid: int, name: str = "VmRSS") -> float:
    """Megabytes (10⁶) of resident memory, or the peak with `VmHWM`."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def forget_peak(pid: int) -> None:
    """From now on `VmHWM` counts anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


class Stage:
    """Everything is on loopback, started by us, and gone at the end."""

    def __init__(self, tether: Tether, folder: Path) -> None:
        self.tether = tether
        self.folder = folder
        # Without fsync: the disk would be the same for both sides and, on a busy machine, all one sees.
        self.database_url = embedded.start_postgres(tether, folder, database=DATABASE, durable=False)
        self.redis_url = embedded.start_redis(tether)
        self.sandbox_port = embedded.free_port()

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "APP_ENV": "test",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SANDBOX_PORT": str(self.sandbox_port),
            "DATA_DIR": str(self.folder / "data"),
            "STORAGE_URL": f"file://{self.folder}/files",
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT),
        }

    @property
    def plain_url(self) -> str:
        """For psycopg itself."""
        return self.database_url.replace("postgresql+psycopg://", "postgresql://", 1)

    @cached_property
    def app(self) -> Flask:
        """The product in this process, on the migrated database."""
        return _migrated(self.environ)

    def another(self, database: str) -> tuple[Flask, str]:
        """The product on one more database of the same server, and the database's address for psycopg."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.plain_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        url = self.database_url.replace(f"/{DATABASE}?", f"/{database}?", 1)
        app = _migrated(self.environ | {"DATABASE_URL": url})
        return app, url.replace("postgresql+psycopg://", "postgresql://", 1)

    def granian(self, target: str, path: str = "/healthz", **env: str) -> Served:
        """`module:factory` behind the server and the settings of `make run`."""
        port = embedded.free_port()
        return self.start(port, [*run._web(self.environ, port)[:-1], target], path, env)

    def gunicorn(self, target: str, path: str = "/healthz", **env: str) -> Served:
        """`module:factory` behind gunicorn's threads, two processes of four."""
        port = embedded.free_port()
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--log-level", "error"]
        command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", f"{target}()"]
        return self.start(port, command, path, env)

    def start(self, port: int, command: Sequence[str], path: str, env: dict[str, str]) -> Served:
        process = self.tether.start(command, env={**self.environ, **env}, cwd=ROOT)
        served = Served(port, process)
        await_answer(f"http://127.0.0.1:{port}{path}", process)
        return served

    def stop(self, *served: Served) -> None:
        for one in served:
            self.tether.stop(one.process)


def _migrated(environ: dict[str, str]) -> Flask:
    from app import create_app
    from config.settings import load
    from tools.prepare import ScriptInfo

    app = create_app(load(environ))
    with app.app_context():
        app.cli.main(["migrate"], standalone_mode=False, obj=ScriptInfo(create_app=lambda: app))
    return app


def await_answer(url: str, process: subprocess.Popen[bytes], within: float = READY_WITHIN) -> None:
    """Any answer counts, also a refusal: somebody is there."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.03)
    raise TimeoutError(f"{url} does not answer")


@contextlib.contextmanager
def set_up() -> Iterator[Stage]:
    """A stage in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="huzhu-bench-"))
    folder.chmod(0o711)  # PostgreSQL may have to run as another user
    try:
        with Tether() as tether:
            stage = Stage(tether, folder)
            yield stage
            _let_go(stage)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _let_go(stage: Stage) -> None:
    made: Any = stage.__dict__.get("app")
    if made is not None:
        from core.db import db

        with made.app_context():
            db.session.remove()
            db.engine.dispose()
