"""How are whole programs watched from outside, without sleeping longer than needed?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.embedded import free_port
from tools.tether import is_alive, relatives

ROOT = Path(__file__).resolve().parent.parent.parent


def eventually(what: Callable[[], object], within: float = 20.0) -> None:
    """Returns as soon as `what()` is true; fails when it never is."""
    deadline, pause = time.monotonic() + within, threading.Event()
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.02)


class Running:
    """One `make run` (without make) and all processes that belong to it."""

    def __init__(self, log: Path, command: list[str], env: dict[str, str]) -> None:
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def await_ready(self) -> set[int]:
        """Its processes, once the links are printed."""
        eventually(lambda: "Ctrl-C stops" in self.said or self.process.poll() is not None, within=90)
        assert self.process.poll() is None, self.said
        family = relatives(self.process.pid)
        assert len(family) > 6, self.said
        return family


def all_gone(family: set[int]) -> bool:
    return not any(is_alive(pid) for pid in family)


@pytest.fixture
def start(open_folder: Path) -> Iterator[Callable[..., Running]]:
    """`start(*wrapped_in)`: the system on free ports and a data folder of its own; always ended."""
    env = {
        **os.environ,
        "DATA_DIR": str(open_folder / "kept"),
        "PORT": str(free_port()),
        "SANDBOX_PORT": str(free_port()),
        "WEB_WORKERS": "1",
    }
    started: list[Running] = []

    def start(*before: str, **others: str) -> Running:
        command = [*before, sys.executable, "-m", "tools.run", *(["--with-parent"] if before else [])]
        log = open_folder / f"output-{len(started)}"
        started.append(Running(log, command, {**env, **others}))
        return started[-1]

    yield start
    for running in started:
        for pid in relatives(running.process.pid) if running.process.poll() is None else ():
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        running.process.wait()
