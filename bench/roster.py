"""B5: what does a roster of 100,000 people cost from the upload to the last row, and who waits meanwhile?

Beside it stand the floor (the same library reads, checks, seals, indexes and copies, with none of the
product's care: no lease, no diagnosis in words, no preview, no staged rows) and what people write by hand
(openpyxl and session.add, on a tenth of the rows, times ten). Each runs in a process of its own. Seconds of
CPU, with the database server's in them, stand beside seconds of the clock and are judged for themselves: on a
machine that others use as well they are what decides.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from bench.figures import Goal, Line, percentile
from bench.load import pace, request
from bench.stage import ROOT, Size, Stage
from core.sheets import write_xlsx
from roster import rules
from tests.world import id_number

PEER_SHARE = 10
OTHERS_RATE = 20.0


def run(stage: Stage, size: Size) -> list[Line]:
    whole, half = (_file(stage, count) for count in (size.people, size.people // 2))
    small = _file(stage, size.people // PEER_SHARE)
    with stage.app.app_context():
        pass  # migrated
    ours, floor, peer, smaller = [], [], [], []
    for _ in range(size.rounds):
        ours.append(_asked(stage, "ours", whole))
        floor.append(_asked(stage, "floor", whole))
        peer.append(_asked(stage, "peer", small))
        smaller.append(_asked(stage, "ours", half))
    return [*_lines(ours, floor, peer, smaller, size.people), _others(stage, whole, size)]


def _lines(ours: list[Any], floor: list[Any], peer: list[Any], smaller: list[Any], people: int) -> list[Line]:
    def each(side: list[Any], name: str, times: float = 1) -> list[float]:
        return [one[name] * times for one in side]

    first, bare, by_hand = (
        each(side, "seconds", n) for side, n in ((ours, 1), (floor, 1), (peer, PEER_SHARE))
    )
    spent, least, much = (each(side, "cpu", n) for side, n in ((ours, 1), (floor, 1), (peer, PEER_SHARE)))
    rise = [
        (one["peak_mb"] - less["peak_mb"]) * 1e3 / (people / 2)
        for one, less in zip(ours, smaller, strict=True)
    ]
    what = f"roster of {people:,} × 12, previewed and applied"
    return [
        Line("B5", what, "s", first, bare, "streaming floor, s", Goal(most=2.0)),
        Line("B5", "how much faster than by hand", "rows/s", [people / s for s in first],
             [people / s for s in by_hand], "openpyxl + session.add, rows/s,", Goal(least=4.0)),
        Line("B5", "the same file again", "s", each(ours, "again_seconds"), first, "the first time, s",
             Goal(most=1.2)),
        Line("B5", "the result file", "s", each(ours, "result_seconds"), bare, "streaming floor, s"),
        Line("B5", "CPU of it: worker and PostgreSQL", "s CPU", spent, least, "streaming floor, s CPU",
             Goal(most=2.0)),
        Line("B5", "of that PostgreSQL alone", "s CPU", each(ours, "database_cpu"),
             each(floor, "database_cpu"), "streaming floor, s CPU"),
        Line("B5", "how much less CPU than by hand", "rows/s CPU", [people / s for s in spent],
             [people / s for s in much], "openpyxl + session.add,", Goal(least=4.0)),
        Line("B5", "CPU of the same file again", "s CPU", each(ours, "again_cpu"), spent,
             "the first time, s CPU", Goal(most=1.2)),
        Line("B5", "the worker's memory", "MB", each(ours, "peak_mb"), each(floor, "peak_mb"), "floor, MB",
             Goal(most=250, is_absolute=True, unit="MB")),
        Line("B5", "memory for a further row", "KB", rise, [], "",
             Goal(most=1.2, is_absolute=True, unit="KB")),
    ]  # fmt: skip


def _file(stage: Stage, count: int) -> Path:
    path = stage.folder / f"roster-{count}.xlsx"
    path.write_bytes(made_up(count))
    return path


def made_up(count: int) -> bytes:
    """The template's columns and two more, as unions send them."""
    titles = ["序号", "部门", *(column.title for column in rules.COLUMNS)]
    letters = "甲乙丙丁戊己庚辛壬癸"
    rows = (
        [
            n, f"第 {n % 40} 车间", f"测{letters[n // 10 % 10]}{letters[n % 10]}", "居民身份证", id_number(n),
            None, None, f"13{n:09d}", "城镇职工基本医疗保险", f"4501{n:012d}", "2020-07-01", f"班组 {n % 97}",
        ]
        for n in range(count)
    )  # fmt: skip
    return write_xlsx(titles, rows, above=rules.instructions())


def _asked(stage: Stage, side: str, file: Path) -> dict[str, float]:
    """What a process of its own measured about itself."""
    command = [sys.executable, "-m", "bench.peers.rosters", side, str(file)]
    done = subprocess.run(  # noqa: S603  our own program
        command, env=stage.environ, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{side} ended badly:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _others(stage: Stage, file: Path, size: Size) -> Line:
    """How long others wait for a page while a roster is taken in, and while nothing happens."""
    served = stage.granian("app:create_app")
    page = [request("GET", "/admin/login")] * max(20, size.requests // 4)
    pace(served.port, page[:20], OTHERS_RATE)
    idle, busy = [], []
    for _ in range(size.rounds):
        idle.append(percentile(pace(served.port, page, OTHERS_RATE).seconds, 0.95) * 1000)
        taking = threading.Thread(target=_asked, args=(stage, "ours", file))
        taking.start()
        busy.append(percentile(pace(served.port, page, OTHERS_RATE).seconds, 0.95) * 1000)
        taking.join()
    stage.stop(served)
    return Line("B5", "p95 of others' pages meanwhile", "ms", busy, idle, "idle, ms", Goal(most=2.0))
