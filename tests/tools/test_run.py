"""Does `make run` start, stop, and leave nothing behind? (contract: Commands)"""

from __future__ import annotations

import signal
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.conftest import Running, all_gone, eventually
from tools.embedded import free_port

Start = Callable[..., Running]


@pytest.mark.slow
def test_ctrl_c_stops_everything_and_a_second_start_keeps_the_data(start: Start, open_folder: Path) -> None:
    first = start()
    family = first.await_ready()
    assert "/phone" in first.said and "/admin/" in first.said and "\x1b" not in first.said
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(10) == 0, first.said
    eventually(lambda: all_gone(family), within=1)

    mark = next(open_folder.glob("kept/postgres-*")) / "PG_VERSION"
    made = mark.stat().st_mtime_ns
    second = start()
    family = second.await_ready()
    assert mark.stat().st_mtime_ns == made
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(10) == 0, second.said
    eventually(lambda: all_gone(family), within=1)


@pytest.mark.slow
def test_nothing_is_left_after_kill_9_of_the_command(start: Start) -> None:
    running = start()
    family = running.await_ready()
    running.process.kill()
    running.process.wait()
    eventually(lambda: all_gone(family), within=10)


@pytest.mark.slow
def test_nothing_is_left_after_kill_9_of_what_started_the_command(start: Start) -> None:
    """As when `make` itself is killed: the command under it ends too, and all it started."""
    running = start("/bin/sh", "-c", '"$@"; :', "sh")
    family = running.await_ready()
    running.process.kill()
    running.process.wait()
    eventually(lambda: all_gone(family), within=10)


@pytest.mark.slow
def test_a_second_copy_on_the_same_data_is_refused_in_one_line(start: Start) -> None:
    running = start()
    running.await_ready()
    with urllib.request.urlopen(f"http://127.0.0.1:{_port(running)}/healthz") as answer:
        assert answer.status == 200
    other = start(PORT=str(free_port()), SANDBOX_PORT=str(free_port()))
    assert other.process.wait(20) == 1
    assert other.said.startswith("Another copy runs on") and len(other.said.strip().splitlines()) == 1
    assert running.process.poll() is None


def test_a_port_that_is_no_number_is_said_in_one_line(start: Start) -> None:
    running = start(PORT="80x")
    assert running.process.wait(20) == 1
    assert running.said.strip() == "PORT must be a number from 1 to 65535, not '80x'"


def test_a_taken_port_is_said_in_one_line_before_anything_starts(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = start(PORT=str(port))
        assert running.process.wait(20) == 1
    assert running.said.strip() == f"Port {port} is taken; choose another: PORT={port + 10} make run"


def _port(running: Running) -> int:
    line = next(line for line in running.said.splitlines() if "/admin/" in line)
    return int(line.rpartition(":")[2].partition("/")[0])
