"""What did running and testing leave behind? Stops a forgotten test server and removes the data."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
from pathlib import Path

from tools import embedded, testbed

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"


def main() -> int:
    for lock, whose in ((LOCAL / "run.lock", "make run"), (testbed.FOLDER / "users", "a test run")):
        if lock.exists() and _is_held(lock):
            print(f"{whose} is still going on; stop it first", file=sys.stderr)
            return 1
    for folder in (LOCAL, *_outside()):
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _is_held(lock: Path) -> bool:
    with lock.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _outside() -> list[Path]:
    """Where the data of this checkout went because PostgreSQL's user could not enter it (root only)."""
    wanted = (LOCAL, testbed.FOLDER)
    names = [f"data-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}" for folder in wanted]
    return [embedded.OUTSIDE / name for name in names]


if __name__ == "__main__":
    sys.exit(main())
