"""Which number does a new thing get? Time-ordered ids that never collide, and monthly counters.

Snowflake ids use Twitter's epoch: GX-51's BG1344168415351173120 is 2020-12-30 14:28:18.318 (+08:00), the
very moment printed beside it. The low 22 bits come from one database sequence, so that any number of
processes on any number of machines share them without a worker number.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import DDL, Integer, Sequence, String, event, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db

EPOCH_MS = 1288834974657
LOW_BITS = 22

SNOWFLAKE = Sequence("snowflake_low")
CREATE_SNOWFLAKE = f"CREATE SEQUENCE snowflake_low MINVALUE 0 MAXVALUE {(1 << LOW_BITS) - 1} START 0 CYCLE"


class Counter(db.Model):
    """The last number given out under `name` in `period`."""

    __tablename__ = "counter"

    name: Mapped[str] = column(String(32), primary_key=True)
    period: Mapped[str] = column(String(16), primary_key=True)
    value: Mapped[int] = column(Integer, nullable=False)


event.listen(Counter.__table__, "after_create", DDL(CREATE_SNOWFLAKE))


def snowflake() -> int:
    """A new 63-bit id; later calls give larger ids (to the millisecond)."""
    low = db.session.scalar(select(SNOWFLAKE.next_value()))
    return ((int(clock.now().timestamp() * 1000) - EPOCH_MS) << LOW_BITS) | int(low or 0)


def numbered(prefix: str) -> str:
    """`BG1344168415351173120`."""
    return f"{prefix}{snowflake()}"


def moment_of(number: str) -> dt.datetime:
    """When a snowflake number was made."""
    digits = int("".join(ch for ch in number if ch.isdigit()))
    return dt.datetime.fromtimestamp(((digits >> LOW_BITS) + EPOCH_MS) / 1000, dt.UTC)


def next_in(name: str, period: str) -> int:
    """1, 2, 3 … within `period`; parallel callers wait for each other and never share a number."""
    table = Counter.__table__
    first = insert(table).values(name=name, period=period, value=1)
    statement = first.on_conflict_do_update(
        index_elements=["name", "period"], set_={"value": table.c.value + 1}
    ).returning(table.c.value)
    return int(db.session.execute(statement).scalar_one())
