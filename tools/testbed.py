"""How do many test processes share one PostgreSQL, and who stops it?

A keeper process runs the server as long as anybody holds the lock `users` in common; the kernel lets go
of a lock however its holder ends, so nothing is left running after a kill -9. The data stays, which makes
the next start a matter of a tenth of a second.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess  # nosec: starts the keeper
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tools.embedded import CannotStart, postgres

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".local" / "test"
START_WITHIN = 90.0
SMALL = ("shared_buffers=64MB", "max_connections=300", "max_wal_size=2GB", "autovacuum=off", "jit=off")


@contextlib.contextmanager
def shared_postgres(folder: Path = FOLDER) -> Iterator[str]:
    """The URL of the shared server's `postgres` database; started at most once, kept while in use."""
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "users", fcntl.LOCK_SH):
        with _locked(folder / "start", fcntl.LOCK_EX):
            url = _url_of_running(folder) or _start_keeper(folder)
        yield url


@contextlib.contextmanager
def _locked(path: Path, how: int) -> Iterator[IO[bytes]]:
    with path.open("ab") as file:
        fcntl.flock(file, how)
        yield file


def _url_of_running(folder: Path) -> str | None:
    """None when no keeper is alive; a keeper that is still starting is waited for."""
    state = folder / "state.json"
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        try:
            with _locked(folder / "keeper", fcntl.LOCK_EX | fcntl.LOCK_NB):
                state.unlink(missing_ok=True)
                return None
        except BlockingIOError:
            with contextlib.suppress(OSError, ValueError):
                return str(json.loads(state.read_text())["url"])
        time.sleep(0.02)
    raise CannotStart(f"the test database in {folder} does not answer; see postgres.log there")


def _start_keeper(folder: Path) -> str:
    log = (folder / "keeper.log").open("wb")
    command = [sys.executable, "-m", "tools.testbed", str(folder)]
    keeper = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    log.close()
    deadline = time.monotonic() + START_WITHIN
    while keeper.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            return str(json.loads((folder / "state.json").read_text())["url"])
        time.sleep(0.02)
    raise CannotStart((folder / "keeper.log").read_text().strip() or f"see {folder / 'postgres.log'}")


def keep(folder: Path) -> None:
    """The keeper's life: run the server until the last user has gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with (
        _locked(folder / "keeper", fcntl.LOCK_EX | fcntl.LOCK_NB),
        postgres(folder, database="postgres", durable=False, options=SMALL) as url,
    ):
        written = folder / f"state.{os.getpid()}"
        written.write_text(json.dumps({"url": url}))
        written.replace(folder / "state.json")
        with _locked(folder / "users", fcntl.LOCK_EX):
            (folder / "state.json").unlink(missing_ok=True)


if __name__ == "__main__":
    try:
        keep(Path(sys.argv[1]))
    except CannotStart as refusal:
        sys.exit(str(refusal))
