"""How does each test process get a migrated database of its own in a few milliseconds, clean for each test?

A template is migrated once per state of the models and migrations and copied by the server. Between tests
only tables that hold rows are emptied, and rows that the migrations themselves put there come back.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tools.tether import is_alive

ROOT = Path(__file__).resolve().parent.parent
KEPT_TEMPLATES = 8
SHAPE = ("migrations/**/*.py", "*/models.py", "*/models/**/*.py", "core/**/*.py", "config/*.py", "schema.py")


def url_for(server_url: str, database: str) -> str:
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def shape() -> str:
    """Changes whenever the schema might."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SHAPE for path in ROOT.glob(pattern)}):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def own_database(server_url: str, lock: Path, migrate: Callable[[str], None]) -> Iterator[str]:
    """A copy of the migrated template, dropped at the end. `migrate(url)` makes the schema."""
    name = f"huzhu_test_{os.getpid()}_{secrets.token_hex(4)}"
    with lock.open("ab") as file, connect(server_url) as server:
        fcntl.flock(file, fcntl.LOCK_EX)
        _drop_left_behind(server)
        template = _template(server, server_url, migrate)
        _create(server, name, template)
    try:
        yield url_for(server_url, name)
    finally:
        with connect(server_url) as server:
            _drop(server, name)


def _template(
    server: psycopg.Connection[tuple[object, ...]], url: str, migrate: Callable[[str], None]
) -> str:
    name = f"huzhu_template_{shape()}"
    if name in _names(server, "huzhu_template_%"):
        return name
    for old in _names(server, "huzhu_template_%")[:-KEPT_TEMPLATES]:
        _drop(server, old)
    half_made = f"huzhu_making_{secrets.token_hex(4)}"
    _create(server, half_made, "template0")
    try:
        migrate(url_for(url, half_made))
        with connect(url_for(url, half_made)) as made:
            _remember_first_rows(made)
    except BaseException:
        _drop(server, half_made)
        raise
    _disconnect_all(server, half_made)
    server.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(half_made), sql.Identifier(name))
    )
    return name


def _names(server: psycopg.Connection[tuple[object, ...]], pattern: str) -> list[str]:
    rows = server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY oid", [pattern])
    return [str(name) for (name,) in rows]


def _create(server: psycopg.Connection[tuple[object, ...]], name: str, template: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    server.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _drop(server: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _disconnect_all(server: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    server.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name])


def _drop_left_behind(server: psycopg.Connection[tuple[object, ...]]) -> None:
    """Databases of test processes that were killed."""
    for name in _names(server, "huzhu_test_%"):
        if not is_alive(int(name.split("_")[2])):
            _drop(server, name)


# --- a clean database for each test ------------------------------------------------------------------------


def _remember_first_rows(made: psycopg.Connection[tuple[object, ...]]) -> None:
    made.execute("CREATE SCHEMA first_rows")
    for table in _tables(made):
        source = sql.Identifier("public", table)
        if made.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(source)).fetchone():
            copy = sql.Identifier("first_rows", table)
            made.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(copy, source))


def _tables(database: psycopg.Connection[tuple[object, ...]], schema: str = "public") -> list[str]:
    rows = database.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY 1",
        [schema],
    )
    return [str(name) for (name,) in rows]


class Cleaner:
    """Empties one test process's database between tests, over one connection of its own."""

    def __init__(self, url: str) -> None:
        self.database = connect(url)
        self.database.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
        self.database.execute("SET lock_timeout = '2s'")
        self.first_rows = [t for t in _tables(self.database, "first_rows") if t != "alembic_version"]
        self.tables = [t for t in _tables(self.database) if t != "alembic_version"]

    def close(self) -> None:
        self.database.close()

    def clean(self) -> None:
        if not self.tables:
            return
        try:
            self._empty()
        except psycopg.errors.LockNotAvailable:  # a test left a transaction open
            self.database.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            self._empty()

    def _empty(self) -> None:
        with self.database.transaction():
            filled = [t for t in self._filled() if t not in self.first_rows]
            for table in [*filled, *self.first_rows]:
                self.database.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier("public", table)))
            for table in self.first_rows:
                self._put_back(table)
        self._restart_sequences()

    def _filled(self) -> list[str]:
        parts = [
            sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(
                sql.Literal(table), sql.Identifier("public", table)
            )
            for table in self.tables
        ]
        return [str(name) for (name,) in self.database.execute(sql.SQL(" UNION ALL ").join(parts))]

    def _put_back(self, table: str) -> None:
        columns = self.database.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = ''",
            [f'public."{table}"'],
        )
        names = sql.SQL(", ").join(sql.Identifier(str(name)) for (name,) in columns)
        self.database.execute(
            sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}").format(
                sql.Identifier("public", table), names, names, sql.Identifier("first_rows", table)
            )
        )

    def _restart_sequences(self) -> None:
        """Only those that moved; a sequence behind first rows continues after them."""
        if self.first_rows:
            return
        self.database.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
            " FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
        )
