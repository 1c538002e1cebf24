"""Is the environment what the lock files say? Makes or mends .venv; a second call costs nothing.

Run by any Python ≥ 3.11 with nothing installed: `python tools/setup.py app local dev`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def main(names: list[str]) -> None:
    if not _works():
        print("Creating .venv", file=sys.stderr)
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True)
    for name in names:
        _install(name)


def _works() -> bool:
    """False also for an environment whose Python was removed or upgraded away."""
    command = [str(PYTHON), *PIP, "--version"]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0  # noqa: S603
    except OSError:
        return False


def _install(name: str) -> None:
    lock = ROOT / "requirements" / f"{name}.txt"
    stamp = VENV / f"installed-{name}"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing requirements/{lock.name}", file=sys.stderr)
    command = [str(PYTHON), *PIP, "install", "--require-hashes", "--no-deps", "-r", str(lock)]
    if subprocess.run(command).returncode:  # noqa: S603
        sys.exit(f"pip could not install requirements/{lock.name}; its reason is above")
    stamp.write_text(digest)


if __name__ == "__main__":
    main(sys.argv[1:])
