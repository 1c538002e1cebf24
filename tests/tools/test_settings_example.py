"""Does .env.example list every setting, and nothing that is none? (house law 5)"""

from __future__ import annotations

import re
from dataclasses import fields

from config.settings import Settings
from tests.tools.conftest import ROOT

# Read by the Procfile and by tools/run.py, not by the application.
PROCESSES = {"WEB_WORKERS", "WEB_THREADS", "WEB_BACKPRESSURE"}


def _listed() -> dict[str, str]:
    """Name → the comment above it."""
    found, comment = {}, ""
    for line in (ROOT / ".env.example").read_text("utf-8").splitlines():
        if named := re.match(r"#?([A-Z][A-Z0-9_]*)=", line):
            found[named[1]] = comment
        comment = line if line.startswith("# ") else comment if named else ""
    return found


def test_every_setting_is_listed_with_a_comment() -> None:
    settings = {field.name.upper() for field in fields(Settings)}
    assert set(_listed()) == settings | PROCESSES
    assert not [name for name, comment in _listed().items() if not comment]


def test_the_procfile_needs_no_variable_that_is_not_listed() -> None:
    used = set(re.findall(r"\$\{?([A-Z_]+)", (ROOT / "Procfile").read_text()))
    assert used <= set(_listed())
