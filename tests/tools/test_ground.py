"""Does each test really stand on clean ground, and alone? (the fixtures of tests/conftest.py)"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis as redis_client
import requests

from tests.tools.conftest import ROOT, all_gone, eventually
from tools import databases, testbed
from tools.tether import relatives

SCHEMA = """
CREATE TABLE shop (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE TABLE sale (id serial PRIMARY KEY, shop_id int NOT NULL REFERENCES shop (id), fen int);
CREATE TABLE ledger (id int PRIMARY KEY);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append only'; END $$;
CREATE TRIGGER append_only BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@pytest.fixture
def scratch(postgres_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A database of three tables; the first has a row from the start."""
    monkeypatch.setattr(databases, "shape", lambda: f"ground{tmp_path.name[-8:]}")

    def migrate(url: str) -> None:
        with databases.connect(url) as made:
            made.execute(SCHEMA)
            made.execute("INSERT INTO shop (name) VALUES ('first')")

    with databases.own_database(postgres_server, testbed.FOLDER / "template", migrate) as url:
        yield url


def test_rows_go_first_rows_stay_whatever_triggers_and_keys_say(scratch: str) -> None:
    with contextlib.closing(databases.Cleaner(scratch)) as cleaner, databases.connect(scratch) as test:
        test.execute("INSERT INTO sale (shop_id, fen) VALUES (1, 5)")
        test.execute("INSERT INTO ledger VALUES (1)")
        test.execute("UPDATE shop SET name = 'changed'")
        cleaner.clean()
        assert test.execute("SELECT id, name FROM shop").fetchall() == [(1, "first")]
        assert test.execute(
            "SELECT (SELECT count(*) FROM sale) + (SELECT count(*) FROM ledger)"
        ).fetchone() == (0,)


def test_a_transaction_left_open_does_not_stop_the_next_test(scratch: str) -> None:
    with (
        contextlib.closing(databases.Cleaner(scratch)) as cleaner,
        contextlib.closing(databases.connect(scratch)) as forgotten,
    ):
        forgotten.execute("INSERT INTO sale (shop_id, fen) VALUES (1, 5)")
        forgotten.autocommit = False
        forgotten.execute("SELECT * FROM sale FOR UPDATE")
        cleaner.database.execute("SET lock_timeout = '50ms'")
        cleaner.clean()
    with databases.connect(scratch) as test:
        assert test.execute("SELECT count(*) FROM sale").fetchone() == (0,)


def test_the_network_is_closed() -> None:
    with pytest.raises(OSError, match="may not"):
        requests.get("http://example.org", timeout=1)
    with pytest.raises(OSError, match="may not"):
        socket.create_connection(("192.0.2.1", 80), 1)


def test_redis_is_ours_alone(redis_url: str) -> None:
    with redis_client.Redis.from_url(redis_url) as connection:
        assert connection.ping()
        assert connection.config_get("bind")["bind"] == "127.0.0.1"
        assert connection.config_get("save")["save"] == ""


KEPT = """
import sys
from pathlib import Path
from tools.testbed import shared_postgres
with shared_postgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def test_the_server_is_started_once_and_ends_with_its_last_user(open_folder: Path) -> None:
    """Also when that user is killed: the kernel lets go of its lock."""
    command = [sys.executable, "-c", KEPT, str(open_folder)]
    pipe = subprocess.PIPE
    users = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    urls = {user.stdout.readline() for user in users if user.stdout}
    assert len(urls) == 1
    keepers = {pid for user in users for pid in relatives(user.pid)} - {user.pid for user in users}
    assert len([pid for pid in keepers if _is_keeper(pid)]) == 1
    users[0].kill()
    users[1].kill()
    assert (open_folder / "state.json").exists()
    users[2].kill()
    for user in users:
        user.communicate()
    eventually(lambda: all_gone(keepers), within=10)
    assert not (open_folder / "state.json").exists()


def _is_keeper(pid: int) -> bool:
    return "tools.testbed" in psutil.Process(pid).cmdline()
