"""How do millions of rows come into a table within minutes? Copies of one row, made inside PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

# Ids in the order of n, as time-ordered ids come; and sixteen bytes that differ from row to row.
ID = "(lpad(to_hex({n} + {shift}), 12, '0') || '70008000000000000000')::uuid"
BYTES = "decode(md5('{salt}' || n), 'hex')"


def id_of(n: str = "n", shift: int = 0) -> str:
    """SQL: the id of row `n`; tables whose rows name each other use the same shift."""
    return ID.format(n=n, shift=shift)


def bytes_of(salt: str) -> str:
    """SQL: a blind index of nothing."""
    return BYTES.format(salt=salt)


def copies(url: str, table: str, count: int, **differ: str) -> None:
    """Fill `table` with `count` copies of its one row; `differ` says in SQL, of n, what differs."""
    with psycopg.connect(url) as connection:
        row = connection.cursor(row_factory=dict_row).execute(_all(table)).fetchone()
        if row is None:
            raise RuntimeError(f"{table} has no row to copy")
        # References are right by construction; checking millions of them would take minutes.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET lock_timeout = '10s'")
        # Emptied in this transaction: with minimal WAL nothing of what follows is written twice.
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table)))
        with _without_indexes(connection, table):
            _insert(connection, table, row, count, differ)
    _settle(url, table)


def _insert(
    connection: psycopg.Connection[Any], table: str, row: dict[str, Any], count: int, differ: dict[str, str]
) -> None:
    names = [name for name in row if row[name] is not None or name in differ]
    cells = [sql.SQL(differ[name]) if name in differ else sql.Literal(_plain(row[name])) for name in names]
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM generate_series(1, {}) n").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(cells),
            count,
        )
    )


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any], table: str) -> Iterator[None]:
    """Indexes are built once at the end: much faster than one entry after the other."""
    unique = connection.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype = 'u'", [table]).fetchall()  # fmt: skip
    for name, _ in unique:
        connection.execute(_alter(table, "DROP CONSTRAINT", name))
    plain = connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = %s::regclass AND NOT indisprimary", [table]).fetchall()  # fmt: skip
    for name, _ in plain:
        connection.execute(f"DROP INDEX {name}".encode())
    yield
    for _, definition in plain:
        connection.execute(definition.encode())
    for name, definition in unique:
        connection.execute(_alter(table, "ADD CONSTRAINT", name, definition))


def _alter(table: str, verb: str, name: str, definition: str = "") -> sql.Composed:
    line = sql.SQL("ALTER TABLE {} " + verb + " {} ").format(sql.Identifier(table), sql.Identifier(name))  # type: ignore[arg-type]
    return line + sql.SQL(definition)  # type: ignore[arg-type]


def _settle(url: str, table: str) -> None:
    """What autovacuum does some minutes later."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("VACUUM (FREEZE, ANALYZE) {}").format(sql.Identifier(table)))


def empty(url: str, *tables: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET lock_timeout = '10s'")
        for table in tables:
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table)))


def _all(table: str) -> sql.Composed:
    return sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier(table))


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value
