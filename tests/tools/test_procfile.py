"""Does each line of the Procfile run with nothing but environment variables? (contract: Processes)"""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.tools.conftest import ROOT, all_gone, eventually
from tools.embedded import free_port
from tools.tether import Tether, relatives

LINES = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


@pytest.fixture
def only_settings(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "PATH": os.environ["PATH"], "WEB_WORKERS": "1", "PORT": str(free_port())}


@pytest.fixture
def tether() -> Iterator[Tether]:
    with Tether() as tether:
        yield tether


def test_the_four_processes_are_there() -> None:
    assert list(LINES) == ["release", "web", "worker", "clock"]


@pytest.mark.slow
def test_release_brings_the_schema_up_to_date_and_may_run_again(only_settings: dict[str, str]) -> None:
    for _ in range(2):
        done = subprocess.run(LINES["release"], shell=True, cwd=ROOT, env=only_settings, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()


@pytest.mark.slow
def test_web_answers(only_settings: dict[str, str], tether: Tether) -> None:
    tether.start(["/bin/sh", "-c", LINES["web"]], env=only_settings, cwd=ROOT)
    url = f"http://127.0.0.1:{only_settings['PORT']}/healthz"

    def answers() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            raise
        except OSError:
            return False

    eventually(answers, within=60)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["worker", "clock"])
def test_worker_and_clock_end_on_sigterm(
    name: str, only_settings: dict[str, str], tether: Tether, tmp_path: Path
) -> None:
    """Both have loaded the application once they hold a connection to a store."""
    command = ["/bin/sh", "-c", f"exec {LINES[name]}"]
    with (tmp_path / "said").open("wb") as said:
        child = tether.start(command, env=only_settings, cwd=ROOT, stdout=said, stderr=said)
    eventually(lambda: child.poll() is not None or _is_connected(child.pid), within=60)
    family = relatives(child.pid)
    child.send_signal(signal.SIGTERM)
    assert child.wait(15) in (0, -signal.SIGTERM), (tmp_path / "said").read_text()
    eventually(lambda: all_gone(family), within=5)


def _is_connected(pid: int) -> bool:
    """Does the process hold a socket? Nothing opens one before the application is loaded."""
    return bool(psutil.Process(pid).net_connections(kind="all"))
