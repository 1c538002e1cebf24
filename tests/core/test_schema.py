"""The migrated schema equals the models, and every column says what class of data it holds (law 5)."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import LargeBinary, text

from core.db import DATA_CLASSES
from core.db import db as database


def test_the_migrations_make_exactly_the_models(db) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _o, name, kind, _r, _c: (kind, name) != ("table", "alembic_version"),
            },
        )
        assert compare_metadata(context, db.metadata) == []


def _columns() -> list:
    import schema

    assert schema
    return [column for table in database.metadata.sorted_tables for column in table.columns]


def _plain(column) -> bool:
    """Keys and row numbers hold no data of their own."""
    return column.primary_key or bool(column.foreign_keys)


@pytest.mark.parametrize("column", _columns(), ids=lambda column: f"{column.table.name}.{column.name}")
def test_every_column_has_a_data_class(column) -> None:
    assert column.info.get("data") in DATA_CLASSES


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "phone",
        "id_number",
        "payee_name",
        "payee_card",
        "hospital",
        "diagnosis",
        "address",
        "note",
        "text",
    ],
)
def test_what_names_a_person_is_sealed_wherever_it_stands(name: str) -> None:
    """Staff names and union, plan and reason texts are shown beside decisions and are not of an employee."""
    open_ones = {"staff_user.name", "trade_union.name", "plan_version.name", "counter.name", "limit_hit.name"}
    open_ones |= {"return_reason.text"}
    clear = [
        f"{column.table.name}.{column.name}"
        for column in _columns()
        if column.name == name and not isinstance(column.type, LargeBinary)
    ]
    assert set(clear) <= open_ones


def test_identifiers_are_never_kept_in_clear() -> None:
    """The openid of a binding is a pseudonym needed for joins; everything else is bytes."""
    clear = {
        f"{column.table.name}.{column.name}"
        for column in _columns()
        if column.info["data"] == "identifier" and not isinstance(column.type, LargeBinary)
    }
    assert clear == {"binding.openid"}


def test_money_is_whole_fen_and_moments_are_utc(db) -> None:
    rows = db.session.execute(
        text(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
    ).all()
    for table, name, kind in rows:
        if table == "return_mark" and name in ("x", "y", "width", "height"):
            continue  # a place in a photo, as fractions of it
        if name.endswith("_fen"):
            assert kind == "bigint", f"{table}.{name}"
        if name.endswith("_at"):
            assert kind == "timestamp with time zone", f"{table}.{name}"
        if name.endswith("_on"):
            assert kind in ("date", "bytea"), f"{table}.{name}"
        assert kind not in ("real", "double precision", "money"), f"{table}.{name}"
