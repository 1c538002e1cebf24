"""`python -m bench [B1 B4 …]`: each benchmark beside its floor and peer, interleaved, in one run."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import os
import platform
import re
import sys
import time
from pathlib import Path

from bench.figures import FAIL, Line, table
from bench.stage import ROOT, Size, set_up
from tools.supervise import Stopped, stop_on_signals

# In the order of running: what needs a quiet start first.
BENCHES = {
    "B11": "bench.awards",
    "B9": "bench.start",
    "B1": "bench.callback",
    "B12": "bench.server",
    "B2": "bench.pages",
    "B4": "bench.photos",
    "B5": "bench.roster",
    "B6": "bench.exports",
    "B7": "bench.messages",
    "B8": "bench.covering",
    "B13": "bench.visits",
    "B14": "bench.pictures",
    "B15": "bench.enrolling",
    "B3": "bench.lists",
}
DOCUMENT = ROOT / "docs" / "performance.md"
BETWEEN = re.compile(r"(<!-- table -->\n).*?(\n<!-- end -->)", re.DOTALL)


def main(arguments: list[str]) -> int:
    stop_on_signals()
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="B1", help=f"of {', '.join(BENCHES)}; none means all")
    parser.add_argument("--rounds", type=int, default=Size.rounds)
    parser.add_argument("--list-rows", type=int, default=Size.list_rows, help="rows of the long lists (B3)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    given = parser.parse_args(arguments)
    wanted = [name.upper() for name in given.names] or list(BENCHES)
    if unknown := set(wanted) - set(BENCHES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    try:
        lines = measured(wanted, Size(rounds=given.rounds, list_rows=given.list_rows))
    except Stopped:
        return 130
    shown = f"{table(lines)}\n\n{machine()}"
    print(f"\n{shown}", flush=True)
    if given.write:
        write(shown, DOCUMENT)
    return 1 if any(line.verdict == FAIL for line in lines) else 0


def measured(names: list[str], size: Size) -> list[Line]:
    """The lines of these benchmarks, in the order of their ids."""
    found: dict[str, list[Line]] = {}
    with set_up() as stage:
        for name in (known for known in BENCHES if known in names):
            print(f"{name} …", end="", flush=True)
            started = time.monotonic()
            found[name] = importlib.import_module(BENCHES[name]).run(stage, size)
            print(f" {time.monotonic() - started:.0f} s", flush=True)
    return [line for name in sorted(found, key=lambda known: int(known[1:])) for line in found[name]]


def machine() -> str:
    """Where and when, without the machine's name."""
    load, version = "/".join(f"{value:.1f}" for value in os.getloadavg()), platform.python_version()
    return f"{dt.date.today()}, {os.cpu_count()} cores, load {load} at the end, Python {version}"


def write(shown: str, document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    document.write_text(BETWEEN.sub(lambda at: f"{at[1]}{shown}{at[2]}", text), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
