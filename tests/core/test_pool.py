"""A restarted database costs nobody an answer; a connection in use is not asked whether it lives."""

from __future__ import annotations

from sqlalchemy import text

from core import db as module


def _fill(db) -> list[int]:
    """Put four connections into the pool; their server processes."""
    opened = [db.engine.connect() for _ in range(4)]
    pids = [int(one.execute(text("SELECT pg_backend_pid()")).scalar_one()) for one in opened]
    for one in opened:
        one.close()
    return pids


def _kill(db, pids: list[int]) -> None:
    """End these as a restart would; the one that asks goes last."""
    with db.engine.connect() as killer:
        own = killer.execute(text("SELECT pg_backend_pid()")).scalar_one()
        for pid in pids:
            if pid != own:
                killer.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})


def test_idle_connections_are_asked_and_replaced(db, monkeypatch) -> None:
    monkeypatch.setattr(module, "IDLE_BEFORE_PING", 0.0)
    _kill(db, _fill(db))
    for _ in range(6):
        with db.engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar() == 1


def test_a_connection_used_a_moment_ago_is_not_asked(db, monkeypatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(db.engine.dialect, "do_ping", asked.append)
    monkeypatch.setattr(module, "IDLE_BEFORE_PING", 3600.0)
    _fill(db)
    _fill(db)
    assert asked == []
    monkeypatch.setattr(module, "IDLE_BEFORE_PING", 0.0)
    _fill(db)
    assert asked
