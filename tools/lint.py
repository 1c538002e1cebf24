"""Is the code in order? Every check runs, even after one that fails, so that one run shows all."""

from __future__ import annotations

import os
import subprocess  # nosec: runs the checkers
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHECKS = (
    ("code", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy"]),
    ("directions", ["lint-imports", "--no-logo"]),
)


def main() -> int:
    failed = [name for name, command in CHECKS if not _passes(name, command)]
    print(f"lint: {', '.join(failed)} failed" if failed else "lint: all checks passed")
    return 1 if failed else 0


def _passes(name: str, command: list[str]) -> bool:
    print(f"— {name}: {' '.join(command)}", flush=True)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=env).returncode == 0  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
