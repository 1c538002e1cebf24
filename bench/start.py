"""B9: how long until a second `make run` is ready, and how much memory do its processes keep?

Beside it stand one loading of the application, which every part of the start needs at least once, and the
smallest Flask page behind the same web server.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Goal, Line
from bench.stage import ROOT, Size, Stage, memory_of
from tools.embedded import free_port
from tools.tether import relatives

READY = b"Huzhu is running"
READY_WITHIN = 120.0
PAGES = ("/healthz", "/h5/", "/h5/articles", "/admin/login")


def run(stage: Stage, size: Size) -> list[Line]:
    data_dir = stage.folder / "run"
    with _running(stage, data_dir):
        pass  # the first start makes the database and the demo data
    seconds, loading, web, worker = [], [], [], []
    served = stage.granian("bench.peers.hello:create")
    small = _largest(served.pids)
    stage.stop(served)
    for _ in range(size.rounds):
        loading.append(_loading(stage))
        with _running(stage, data_dir) as (took, pid, port):
            seconds.append(took)
            _visit(port)
            programs = _programs(pid)
            web.append((_largest(programs["granian"]), small))
            worker.append(_largest(programs["worker"]))
    return [
        Line("B9", "second make run, to ready", "s", seconds, loading, "loading the application, s",
             Goal(most=10, is_absolute=True, unit="s")),
        Line("B9", "web worker's memory after its first pages", "MB", [w for w, _ in web],
             [s for _, s in web], "hello on granian, MB", Goal(most=120, is_absolute=True, unit="MB")),
        Line("B9", "worker's memory", "MB", worker, [s for _, s in web], "hello on granian, MB",
             Goal(most=100, is_absolute=True, unit="MB")),
    ]  # fmt: skip


@contextmanager
def _running(stage: Stage, data_dir: Path) -> Iterator[tuple[float, int, int]]:
    """`make run` until it says that it is ready: (seconds, process id, web port)."""
    port = free_port()
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env |= {"DATA_DIR": str(data_dir), "PORT": str(port), "SANDBOX_PORT": str(free_port())}
    env |= {"PYTHON": sys.executable}
    started = time.monotonic()
    process = stage.tether.start(
        ["make", "run"], env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said: list[bytes] = []
    try:
        yield _seconds_to_ready(process, said, started), process.pid, port
    finally:
        process.send_signal(signal.SIGTERM)
        threading.Thread(target=lambda: list(process.stdout or ()), daemon=True).start()
        stage.tether.stop(process, within=20)


def _seconds_to_ready(process: subprocess.Popen[bytes], said: list[bytes], started: float) -> float:
    assert process.stdout
    ended = threading.Timer(READY_WITHIN, process.kill)
    ended.start()
    try:
        for line in process.stdout:
            said.append(line)
            if READY in line:
                return time.monotonic() - started
    finally:
        ended.cancel()
    raise RuntimeError(b"make run ended: " + b"".join(said[-5:]))


def _loading(stage: Stage) -> float:
    started = time.monotonic()
    command = [sys.executable, "-c", "import app; app.create_app()"]
    subprocess.run(command, env=stage.environ, cwd=ROOT, check=True)
    return time.monotonic() - started


def _visit(port: int) -> None:
    """Some pages on every worker, so that templates and connections are there."""
    for path in PAGES * 6:
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20).read()


def _programs(pid: int) -> dict[str, list[int]]:
    """The process ids of the programs below `pid`, by what they are."""
    found: dict[str, list[int]] = {"granian": [], "worker": []}
    for one in relatives(pid):
        words = Path(f"/proc/{one}/cmdline").read_bytes().decode().replace("\0", " ")
        if "granian" in words or "multiprocessing" in words:
            found["granian"].append(one)
        elif words.rstrip().endswith(" worker"):
            found["worker"].append(one)
    return found


def _largest(pids: list[int]) -> float:
    return max(memory_of(pid) for pid in pids)
