"""P1, P2: is every message taken exactly once while workers, Redis and PostgreSQL are killed? In short."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from bench.chaos.ledgers import compare
from tests.tools.conftest import ROOT

SHORT = ["--messages", "200", "--seconds", "12", "--control-messages", "150", "--control-seconds", "10"]


@pytest.mark.slow
@pytest.mark.timeout(170)
def test_nothing_is_lost_or_sent_twice_and_the_naive_pattern_fails() -> None:
    command = [sys.executable, "-m", "bench.chaos", *SHORT, "--tempo", "0.5", "--seed", "7"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=160)
    said = done.stdout + done.stderr[-2000:]
    ours = re.search(
        r"P1 messages=200 faults=(\d+) lost=0 duplicated=0 unknown=0 held=(\d+) drain_s=([\d.]+)", said
    )
    assert ours, said
    assert int(ours[1]) >= 25 and float(ours[3]) <= 30, said
    assert re.search(r"control \(naive\) .*(lost=[1-9]|duplicated=[1-9])", said), said
    assert "2 passed, 0 failed" in said and done.returncode == 0


@pytest.mark.parametrize(
    ("promised", "stored", "taken", "wrong"),
    [
        ({"1"}, {"1": "sent"}, ["1"], {}),
        ({"1"}, {"1": "held"}, [], {"held": 1}),
        ({"1"}, {"1": "sent"}, [], {"lost": 1, "untrue": 1}),
        ({"1"}, {"1": "pending"}, [], {"lost": 1, "unknown": 1}),
        ({"1"}, {"1": "sent"}, ["1", "1", "1"], {"duplicated": 1, "copies": 2}),
        ({"1"}, {"1": "sent"}, ["1", "2"], {"phantom": 1}),
        ({"1"}, {"1": "failed"}, ["1"], {"untrue": 1}),
        ({"1"}, {}, [], {"lost": 1}),
    ],
)
def test_the_oracle_sees_every_kind_of_mistake(
    promised: set[str], stored: dict[str, str], taken: list[str], wrong: dict[str, int]
) -> None:
    """A judge that cannot be shocked proves nothing."""
    found = compare(promised, stored, taken)
    names = ("lost", "duplicated", "copies", "phantom", "unknown", "held", "untrue")
    assert {name: getattr(found, name) for name in names if getattr(found, name)} == wrong
    assert found.is_exact == (not set(wrong) - {"held"})
