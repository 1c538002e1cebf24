"""How often may somebody do something? Counted in PostgreSQL, so that a flushed Redis opens no door.

A hit counts whether or not the action succeeds: it is written in a transaction of its own. Keys are blind
indexes: the table tells nobody which phone or person was limited.
"""

from __future__ import annotations

import datetime as dt
import math
import uuid
from typing import NamedTuple

from sqlalchemy import Index, LargeBinary, String, func, select, text
from sqlalchemy.orm import Mapped

from core import context
from core.db import column, db, moment, primary_key, uuid7
from core.errors import TooMany


class Limit(NamedTuple):
    """At most `limit` hits in any `seconds`; `words` may hold {n} seconds, {m} minutes, {wait} in words."""

    name: str
    limit: int
    seconds: int
    words: str


class LimitHit(db.Model):
    """One counted try."""

    __tablename__ = "limit_hit"
    __table_args__ = (Index("ix_limit_hit_key", "name", "key", "at"),)

    id: Mapped[uuid.UUID] = primary_key()
    name: Mapped[str] = column(String(40), nullable=False)
    key: Mapped[bytes] = column(LargeBinary(16), nullable=False)
    at: Mapped[dt.datetime] = moment(nullable=False, server_default=func.clock_timestamp())


def take(limit: Limit, key: str, cost: int = 1) -> None:
    """Count one try of `key`. Raises `TooMany` with the seconds to wait when the limit is used up."""
    take_all([(limit, key)], cost)


def take_all(limits: list[tuple[Limit, str]], cost: int = 1) -> None:
    """Count one try against several limits; the first that is used up refuses and nothing is counted."""
    ring = context.keyring()
    keyed = sorted(
        ((limit, ring.blind(f"limit.{limit.name}", key)) for limit, key in limits), key=lambda k: k[1]
    )
    with db.engine.begin() as connection:
        for _, key in keyed:
            lock = int.from_bytes(key[:8], "big", signed=True)
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock})
        for limit, key in keyed:
            _refuse_when_used_up(connection, limit, key)
        rows = [{"id": uuid7(), "name": lim.name, "key": key} for lim, key in keyed for _ in range(cost)]
        connection.execute(LimitHit.__table__.insert(), rows)


def _refuse_when_used_up(connection: object, limit: Limit, key: bytes) -> None:
    hits = LimitHit.__table__.c
    since = func.clock_timestamp() - dt.timedelta(seconds=limit.seconds)
    recent = select(hits.at).where(hits.name == limit.name, hits.key == key, hits.at > since)
    newest = recent.order_by(hits.at.desc()).limit(limit.limit).subquery()
    row = connection.execute(  # type: ignore[attr-defined]
        select(func.count(), func.extract("epoch", func.min(newest.c.at) - since)).select_from(newest)
    ).one()
    if row[0] >= limit.limit:
        seconds = max(1, math.ceil(float(row[1])))
        minutes = math.ceil(seconds / 60)
        raise TooMany(limit.words.format(n=seconds, m=minutes, wait=_wait(minutes)), seconds)


def _wait(minutes: int) -> str:
    """Nobody counts 1440 minutes."""
    return f" {minutes} 分钟" if minutes <= 90 else f" {math.ceil(minutes / 60)} 小时"


def used(limit: Limit, key: str) -> int:
    """How many hits of `key` still count."""
    hits = LimitHit.__table__.c
    blind = context.keyring().blind(f"limit.{limit.name}", key)
    since = func.clock_timestamp() - dt.timedelta(seconds=limit.seconds)
    query = select(func.count()).where(hits.name == limit.name, hits.key == blind, hits.at > since)
    with db.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def forgive(limit: Limit, key: str) -> None:
    """Forget the hits of `key`, after a success that proves it was its owner."""
    blind = context.keyring().blind(f"limit.{limit.name}", key)
    hits = LimitHit.__table__
    with db.engine.begin() as connection:
        connection.execute(hits.delete().where(hits.c.name == limit.name, hits.c.key == blind))


def sweep() -> int:
    """Remove hits older than two days; returns how many went."""
    hits = LimitHit.__table__
    old = func.clock_timestamp() - dt.timedelta(days=2)
    return int(db.session.execute(hits.delete().where(hits.c.at < old)).rowcount)  # type: ignore[attr-defined]
