"""P1, P2, XM-78: is everybody told once while the workers that write and send are killed all the time?"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.tools.conftest import ROOT


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_xm78_nobody_is_lost_or_told_twice_when_the_workers_are_killed() -> None:
    command = [sys.executable, "-m", "bench.chaos.crowd", "--people", "1500", "--seconds", "10"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=270)
    said = done.stdout + done.stderr[-2000:]
    found = re.search(
        r"crowd people=1500 strikes=(\d+) .*lost=0 duplicated=0 untold=0 uncovered=0 open=0", said
    )
    assert found, said
    assert int(found[1]) >= 8 and done.returncode == 0
