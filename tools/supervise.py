"""How do several programs run as one command: started in order, heard by name, stopped together?"""

from __future__ import annotations

import os
import re
import signal
import subprocess  # nosec: starts the programs
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from tools.tether import Tether, die_with_parent

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOURS = ("36", "33", "35", "32", "34", "31")
STOP_WITHIN = 8.0  # seconds for all together; the promise is ten


class Stopped(Exception):
    """The person, or whoever started us, asked for the end."""


class Failed(Exception):
    """A program ended that should have gone on; one line."""


class Supervisor:
    """Starts programs through one tether and passes their output on, each line under its name."""

    def __init__(self, tether: Tether, out: IO[str] = sys.stdout) -> None:
        self.tether = tether
        self.out = out
        self.programs: dict[str, subprocess.Popen[bytes]] = {}
        self.pumps: list[threading.Thread] = []
        self._one_line_at_a_time = threading.Lock()
        self._is_coloured = out.isatty() and "NO_COLOR" not in os.environ

    def run(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Run to the end; `Failed` when it does not succeed."""
        child = self._start(name, command, env)
        while child.poll() is None:
            time.sleep(0.02)
        self._join(name)
        if child.returncode:
            raise Failed(f"{name} failed; what it said is above")

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.programs[name] = self._start(name, command, env)

    def _start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        child = self.tether.start(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        pump = threading.Thread(target=self._pass_on, args=(name, child), name=name, daemon=True)
        pump.start()
        self.pumps.append(pump)
        return child

    def _join(self, name: str) -> None:
        for pump in self.pumps:
            if pump.name == name:
                pump.join(2)

    def _pass_on(self, name: str, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        for raw in child.stdout:
            self.say(raw.decode("utf-8", "replace").rstrip("\r\n"), name)

    def say(self, line: str, name: str = "") -> None:
        shown = line if self._is_coloured else ANSI.sub("", line)
        with self._one_line_at_a_time:
            self.out.write(f"{self._prefix(name)}{shown}\n" if name else f"{shown}\n")
            self.out.flush()

    def _prefix(self, name: str) -> str:
        if not self._is_coloured:
            return f"{name:<8}| "
        colour = COLOURS[sum(name.encode()) % len(COLOURS)]
        return f"\x1b[{colour}m{name:<8}|\x1b[0m "

    def check(self) -> None:
        """`Failed` as soon as one program has ended."""
        for name, child in self.programs.items():
            if child.poll() is not None:
                self._join(name)
                raise Failed(f"{name} ended by itself ({_how(child.returncode)}); everything else is stopped")

    def await_answer(self, url: str, within: float) -> None:
        deadline = time.monotonic() + within
        while not _answers(url):
            self.check()
            if time.monotonic() > deadline:
                raise Failed(f"{url} does not answer")
            time.sleep(0.05)

    def stop(self) -> None:
        """All at once, politely; whoever is still there after a while is killed (by the tether)."""
        for child in self.programs.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN
        for child in reversed(self.programs.values()):
            self.tether.stop(child, within=max(0.1, deadline - time.monotonic()))


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def stop_on_signals() -> None:
    """Ctrl-C, SIGTERM and a closed terminal all end the same way; a second one does not interrupt the end."""

    def stop(*_: object) -> None:
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, signal.SIG_IGN)
        raise Stopped

    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, stop)


def end_with_parent() -> Callable[[], bool]:
    """For the command under `make`: end when make is gone. Gives the check for systems without the signal."""
    parent = os.getppid()
    die_with_parent(signal.SIGTERM, parent)
    return lambda: os.getppid() != parent
