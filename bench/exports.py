"""B6: what does a table of 200,000 rows cost on its way out? Beside it stands openpyxl's write-only book.

The whole export of a report is measured too: read piece by piece, opened, sealed, put together.
"""

from __future__ import annotations

import json
import subprocess
import sys

from bench.figures import Goal, Line
from bench.stage import ROOT, Size, Stage


def run(stage: Stage, size: Size) -> list[Line]:
    """Each side in a process of its own, so that memory is its own too."""
    ours, peer = [], []
    for _ in range(size.rounds):
        ours.append(_asked(stage, "ours", size.exported))
        peer.append(_asked(stage, "openpyxl", size.exported))
    whole = [_report(stage, size.exported) for _ in range(2)]
    seconds, others = [one["seconds"] for one in ours], [one["seconds"] for one in peer]
    return [
        Line("B6", f"table of {size.exported:,} × 12 going out", "s", seconds, others,
             "openpyxl write_only, s", Goal(most=0.2)),
        Line("B6", "its memory", "MB", [one["peak_mb"] for one in ours], [one["peak_mb"] for one in peer],
             "openpyxl write_only, MB", Goal(most=150, is_absolute=True, unit="MB")),
        Line("B6", f"report of {size.exported:,} rows, asked for to sealed", "s",
             [one["seconds"] for one in whole], [], ""),
        Line("B6", "its worker's memory", "MB", [one["peak_mb"] for one in whole], [], "",
             Goal(most=150, is_absolute=True, unit="MB")),
    ]  # fmt: skip


def _report(stage: Stage, rows: int) -> dict[str, float]:
    assert stage.app  # noqa: S101 - the database has its tables
    command = [sys.executable, "-m", "bench.peers.reports", str(rows)]
    done = subprocess.run(  # noqa: S603  our own program
        command, env=stage.environ, cwd=ROOT, capture_output=True, text=True, timeout=900, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _asked(stage: Stage, side: str, rows: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.peers.tables", side, str(rows)]
    done = subprocess.run(  # noqa: S603  our own program
        command, env=stage.environ, cwd=ROOT, capture_output=True, text=True, timeout=900, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))
