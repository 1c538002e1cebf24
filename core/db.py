"""How is something stored, and when does it count? One transaction an action, opened at the edge.

`with transaction():` commits once, writes the audit rows at its end (so that the hash chain is locked as
briefly as possible), and only then rings the doorbells that were left with `after_commit`. Services never
commit. Every column says what class of data it holds; a test fails for one that does not.
"""

from __future__ import annotations

import logging
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event, text
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column
from sqlalchemy.types import DateTime, Uuid

log = logging.getLogger(__name__)

DataClass = Literal["secret", "identifier", "personal", "business", "public"]
DATA_CLASSES = ("secret", "identifier", "personal", "business", "public")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def column(*args: Any, data: DataClass = "business", **kwargs: Any) -> MappedColumn[Any]:
    """A mapped column that carries its data class in `info["data"]`."""
    return mapped_column(*args, info={"data": data}, **kwargs)


def moment(**kwargs: Any) -> MappedColumn[Any]:
    """A UTC moment (`_at` columns)."""
    return column(DateTime(timezone=True), **kwargs)


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562), so that new rows land together in the index."""
    value = (int(time.time() * 1000) << 80) | (0x7 << 76) | (secrets.randbits(12) << 64)
    return uuid.UUID(int=value | (0b10 << 62) | secrets.randbits(62))


def new_ids(count: int) -> list[uuid.UUID]:
    """Time-ordered ids (RFC 9562, version 7) with the randomness of one call."""
    stamp, random = int(time.time() * 1000) << 80, secrets.token_bytes(10 * count)
    low = (int.from_bytes(random[at : at + 10], "big") for at in range(0, len(random), 10))
    return [
        uuid.UUID(int=stamp | 0x7 << 76 | (one >> 68) << 64 | 0b10 << 62 | one & (1 << 62) - 1) for one in low
    ]


class Base(DeclarativeBase):
    """Every row has a UUID made before it is sealed, because the seal names the row."""

    metadata = MetaData(naming_convention=NAMING)

    def __init__(self, **values: Any) -> None:
        if "id" not in values and _has_uuid(type(self)):
            self.id = uuid7()
        for name, value in values.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no column {name!r}")
            setattr(self, name, value)


def _has_uuid(model: type) -> bool:
    columns = model.__mapper__.columns  # type: ignore[attr-defined]
    return "id" in columns and isinstance(columns["id"].type, Uuid)


db = SQLAlchemy(model_class=Base)


def primary_key() -> Mapped[uuid.UUID]:
    return column(Uuid, primary_key=True)


# A connection used a moment ago is taken to live; asking it each time would cost every request a round trip.
IDLE_BEFORE_PING = 1.0


def ask_idle_connections(engine: Engine) -> None:
    """Ask a pooled connection whether it lives when it has lain idle; all go when the database restarted."""

    @event.listens_for(engine, "connect")
    @event.listens_for(engine, "checkin")
    def _left(_connection: Any, record: Any) -> None:
        record.info["left"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _taken(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("left", 0.0) < IDLE_BEFORE_PING:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:  # type: ignore[union-attr]
            raise InvalidatePoolError("the database went away") from error


def after_commit(call: Callable[[], object]) -> None:
    """Have `call` run once the present transaction is committed (never if it is rolled back)."""
    db.session.info.setdefault("after_commit", []).append(call)


def before_commit(name: str, call: Callable[[], None]) -> None:
    """Have `call` run as the transaction's last statements; the same name is kept once."""
    db.session.info.setdefault("before_commit", {})[name] = call


@contextmanager
def each_alone() -> Iterator[Connection]:
    """A connection on which every statement counts by itself: no session, no BEGIN, no COMMIT."""
    with db.engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def one_at_a_time(*keys: uuid.UUID | bytes) -> None:
    """Wait for every other transaction that named one of these keys (a person, a bill), until the commit."""
    names = {key.bytes[-8:] if isinstance(key, uuid.UUID) else key[:8] for key in keys}
    numbers = [int.from_bytes(name, "big", signed=True) for name in sorted(names)]
    # One statement, and in one order: two that want the same two never wait for each other.
    each = "SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key"
    db.session.execute(text(each), {"keys": numbers})


class OnlyShown(Exception):
    """Somebody tried to write while a page was only to be shown (see `core.pages.returning`)."""


@contextmanager
def transaction() -> Iterator[None]:
    """One action. Nested use joins the outer one, which alone commits."""
    info = db.session.info
    if info.get("only_show"):
        raise OnlyShown
    if info.get("in_transaction"):
        yield
        return
    info["in_transaction"] = True
    try:
        yield
        for call in info.pop("before_commit", {}).values():
            call()
        db.session.commit()
    except BaseException:
        db.session.rollback()
        info.pop("before_commit", None)
        info.pop("after_commit", None)
        raise
    finally:
        info.pop("in_transaction", None)
    _ring(info.pop("after_commit", []))


def _ring(calls: list[Callable[[], object]]) -> None:
    """A doorbell that fails costs nothing: the sweeper finds what nobody rang for."""
    for call in calls:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - the action is committed; a bell may not undo it
            log.warning("doorbell failed", extra={"kind": type(error).__name__})
