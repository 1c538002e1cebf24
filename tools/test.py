"""How are all tests run? Chromium is looked for first: its absence is said at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tools import browser

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> None:
    os.environ["CHROMIUM"] = browser.find()
    workers = os.environ.get("TEST_WORKERS") or str(min(os.cpu_count() or 1, 8))
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "worksteal", *arguments]
    os.chdir(ROOT)
    os.execv(sys.executable, command)  # noqa: S606  (pytest takes our place: its exit code, its signals)


if __name__ == "__main__":
    main(sys.argv[1:])
