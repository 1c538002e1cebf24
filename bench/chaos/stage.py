"""On what does a run stand? Its own PostgreSQL, Redis and provider, each of which can be struck down."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tools import embedded
from tools.tether import Tether

ROOT = Path(__file__).resolve().parents[2]


class Stage:
    """Everything is started by us, addressed on loopback, and killed by its own process id."""

    def __init__(self, tether: Tether, folder: Path, seed: int, outside: str) -> None:
        self.tether = tether
        self.folder = folder
        self.redis_port, self.provider_port = embedded.free_port(), embedded.free_port()
        self.mail_port = embedded.free_port()
        self.redis_password = secrets.token_urlsafe(16)
        self.redis_url = f"redis://:{self.redis_password}@127.0.0.1:{self.redis_port}/0"
        self.database_url = ""
        self.start_postgres()
        self.start_redis()
        commands = {
            "provider": ["bench.chaos.provider", str(self.provider_port), str(seed)],
            "sandbox": ["sandbox"],
        }
        tether.start(
            [sys.executable, "-m", *commands[outside]], env=self.environ, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        self.workers: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "APP_ENV": "test",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SANDBOX_PORT": str(self.provider_port),
            "SMTP_URL": f"smtp://127.0.0.1:{self.mail_port}?from=huzhu@sandbox.example",
            "DATA_DIR": str(self.folder / "data"),
            "LOG_LEVEL": "CRITICAL",
            "PYTHONPATH": str(ROOT),
        }

    def start_postgres(self) -> None:
        self.database_url = embedded.start_postgres(self.tether, self.folder, database="chaos")
        self.postgres = self.tether.children[-1][0]

    def restart_postgres(self) -> None:
        """As in a crash: no checkpoint, connections cut, recovery from the log at the next start."""
        os.kill(self.postgres.pid, signal.SIGQUIT)
        self.postgres.wait(20)
        self.tether.stop(self.postgres)
        self.start_postgres()

    def start_redis(self) -> None:
        command = [embedded._redis_program(), "-"]
        self.redis = self.tether.start(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        lines = (f"port {self.redis_port}", "bind 127.0.0.1", f"requirepass {self.redis_password}")
        assert self.redis.stdin is not None
        self.redis.stdin.write("\n".join((*lines, 'save ""', "appendonly no", "")).encode())
        self.redis.stdin.close()

    def restart_redis(self) -> None:
        self.redis.kill()
        self.redis.wait()
        self.tether.stop(self.redis)
        self.start_redis()

    def flush_redis(self) -> None:
        import redis

        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.redis_url) as connection:
            connection.flushall()

    def start_workers(self, pattern: str) -> None:
        command = [sys.executable, "-m", "bench.chaos.workers", pattern]
        with (self.folder / "workers.log").open("ab") as log:
            self.workers = self.tether.start(
                command, env=self.environ, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log
            )

    def tell_workers(self, order: str) -> None:
        """`kill` or `freeze` one of them, `fell` all; the workers' parent forks others at once."""
        assert self.workers is not None and self.workers.stdin is not None
        try:
            self.workers.stdin.write(f"{order}\n".encode())
            self.workers.stdin.flush()
        except BrokenPipeError:
            words = (self.folder / "workers.log").read_text("utf-8", "replace")[-2000:]
            raise RuntimeError(f"the workers are gone; their last words:\n{words}") from None

    def provider(self) -> dict[str, Any]:
        answer = requests.get(f"http://127.0.0.1:{self.provider_port}/ledger", timeout=30)
        return dict(answer.json())

    def wait_until_ready(self, within: float = 20.0) -> None:
        deadline = time.monotonic() + within
        for port in (self.redis_port, self.provider_port):
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                if time.monotonic() > deadline:
                    raise TimeoutError("the stage does not stand")
                time.sleep(0.05)


@contextlib.contextmanager
def set_up(seed: int, outside: str = "provider") -> Iterator[Stage]:
    """A stage in a folder of its own, all of it gone afterwards; `outside` is who plays the world."""
    folder = Path(tempfile.mkdtemp(prefix="huzhu-chaos-"))
    folder.chmod(0o711)  # PostgreSQL may have to run as another user
    try:
        with Tether() as tether:
            stage = Stage(tether, folder, seed, outside)
            stage.wait_until_ready()
            yield stage
    finally:
        shutil.rmtree(folder, ignore_errors=True)
