"""Do the walls between rooms hold? Each contract of .importlinter is broken once on purpose."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.conftest import ROOT

NOT_ROOMS = {"tools", "tests", "bench", "migrations"}
BREACHES = {
    "a feature uses one above it": (
        "content/service.py",
        "import claims.service",
        "Features use what stands",
    ),
    "core uses a feature": ("core/x.py", "import notify.service", "Features use what stands"),
    "somebody imports the wiring": ("claims/service.py", "import wiring", "Nothing imports app"),
    "rules reach the database through core": ("claims/rules.py", "import core.db", "rules.py reaches no"),
    "a service knows the request": ("claims/service.py", "from flask import request", "Only views, admin"),
    "the sandbox looks into the product": ("sandbox/x.py", "import core.money", "The sandbox knows nothing"),
    "a feature reads another's tables": ("claims/service.py", "import employee.models", "Another feature is"),
}


def _contracts() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser


def _rooms() -> set[str]:
    return set(_contracts()["importlinter"]["root_packages"].split())


def _rooms_with_floors() -> list[tuple[str, str]]:
    """The single modules that have a floor of their own: `wechat.client` as ("wechat", "client")."""
    layers = _contracts()["importlinter:contract:downwards"]["layers"]
    return re.findall(r"(\w+)\.(\w+)", layers)


def test_every_top_level_package_stands_in_the_contracts() -> None:
    there = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_ROOMS
    assert there == _rooms()
    assert there - {"config", "core", "sandbox"} == set(
        _contracts()["importlinter:contract:doors"]["features"].split()
    )


def test_an_empty_house_is_in_order(tmp_path: Path) -> None:
    _empty_house(tmp_path)
    seen = _lint(tmp_path)
    assert seen.returncode == 0, seen.stdout


@pytest.mark.parametrize(("path", "line", "contract"), BREACHES.values(), ids=BREACHES.keys())
def test_a_breach_is_seen(tmp_path: Path, path: str, line: str, contract: str) -> None:
    _empty_house(tmp_path)
    (tmp_path / path).write_text(f"{line}\n")
    seen = _lint(tmp_path)
    broken = [part for part in seen.stdout.splitlines() if part.endswith("BROKEN")]
    assert seen.returncode == 1 and len(broken) == 1 and broken[0].startswith(contract), seen.stdout


def _empty_house(folder: Path) -> None:
    (folder / ".importlinter").write_text((ROOT / ".importlinter").read_text())
    for room in _rooms():
        (folder / room).mkdir()
        for name in ("__init__", "service", "models", "views", "rules", "client", "oauth", "replies"):
            (folder / room / f"{name}.py").write_text("")
    for name in ("db", "clock", "context", "money"):
        (folder / "core" / f"{name}.py").write_text("import flask\n" if name == "db" else "")
    for room, name in _rooms_with_floors():
        (folder / room / f"{name}.py").write_text("")
    (folder / "config" / "settings.py").write_text("")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "COLUMNS": "300"}
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
