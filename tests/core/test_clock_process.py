"""Everything that happens by itself is known, runs, and one job's trouble stops no other."""

from __future__ import annotations

import pytest

from config.schedule import EVERY
from core.commands import tick


def test_every_scheduled_job_is_in_the_table(app) -> None:
    assert set(EVERY) <= set(app.extensions["huzhu"]["jobs"])


def test_every_scheduled_job_runs(app, db, caplog) -> None:
    tick(dict.fromkeys(EVERY, 0.0))
    assert "scheduled job failed" not in caplog.text
    assert "clock could not work" not in caplog.text


def test_a_job_that_fails_stops_no_other(app, db, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def fail() -> None:
        raise RuntimeError

    jobs = {"first": fail, "second": lambda: ran.append("second")}
    monkeypatch.setitem(app.extensions["huzhu"], "jobs", jobs)
    monkeypatch.setattr("core.commands.EVERY", {"first": 1.0, "second": 1.0})
    tick({"first": 0.0, "second": 0.0})
    assert ran == ["second"]
