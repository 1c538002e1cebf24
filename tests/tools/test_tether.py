"""Does a child process end with us, however we end? Checked for each rope alone and for both."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.conftest import ROOT, all_gone, eventually
from tools.tether import IS_LINUX, Tether, relatives

# A child that will not listen to SIGTERM and has a grandchild in a process group of its own, as rq's worker.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgrp()
print(os.getpid(), flush=True)
time.sleep(600)
"""
OWNER = """
import subprocess, sys, time
from tools import tether
if {without_kernel}:
    tether._libc = None
with tether.Tether() as ropes:
    ropes.start([sys.executable, "-c", sys.argv[1]], stdout=sys.stdout)
    ropes.start([sys.executable, "-c", sys.argv[1]], stdout=sys.stdout)
    print("started", flush=True)
    if {without_watchdog}:
        ropes._watchdog.kill()
    time.sleep(600)
"""


def _owner(
    stubborn: str, *, kernel: bool, watchdog: bool, out: Path
) -> tuple[subprocess.Popen[bytes], set[int]]:
    program = OWNER.format(without_kernel=not kernel, without_watchdog=not watchdog)
    with out.open("wb") as file:
        owner = subprocess.Popen([sys.executable, "-c", program, stubborn], cwd=ROOT, stdout=file)
    expected = 1 + 2 * stubborn.count("print")
    eventually(lambda: len(out.read_text().splitlines()) >= expected)
    return owner, relatives(owner.pid)


@pytest.mark.parametrize("kernel", [True, False])
def test_kill_9_leaves_no_child_and_no_grandchild(kernel: bool, tmp_path: Path) -> None:
    owner, family = _owner(STUBBORN, kernel=kernel, watchdog=True, out=tmp_path / "out")
    assert len(family) >= 5
    owner.kill()
    owner.wait()
    eventually(lambda: all_gone(family), within=15)


@pytest.mark.skipif(not IS_LINUX, reason="only Linux's kernel tells a child that its parent is gone")
def test_the_kernel_alone_is_enough_when_the_watchdog_is_killed_first(tmp_path: Path) -> None:
    obedient = "import time; print('x', flush=True); time.sleep(600)"
    owner, family = _owner(obedient, kernel=True, watchdog=False, out=tmp_path / "out")
    owner.kill()
    owner.wait()
    eventually(lambda: all_gone(family), within=5)


def test_stop_kills_whoever_does_not_listen() -> None:
    with Tether() as tether:
        child = tether.start([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline(), child.stdout.readline()
        family = relatives(child.pid)
        assert len(family) == 2
        tether.stop(child, within=0.1)
        assert all_gone(family) and child.returncode == -signal.SIGKILL
        child.stdout.close()


def test_children_are_stopped_in_reverse_order_and_politely(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = (
        "import pathlib, signal, sys\n"
        f"def say(text): pathlib.Path({str(log)!r}).open('a').write(text + '\\n')\n"
        "def end(*_): say('end ' + sys.argv[1]); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); say('up ' + sys.argv[1]); signal.pause()\n"
    )
    with Tether() as tether:
        for name in ("database", "web"):
            tether.start([sys.executable, "-c", program, name])
            eventually(lambda name=name: log.exists() and f"up {name}" in log.read_text())
    assert log.read_text().split("\n")[2:4] == ["end web", "end database"]
