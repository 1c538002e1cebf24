"""How do many people come in at once? Sealed in Python, merged by the database, in statements of thousands.

The roster's import and its one-by-one form write through here; nothing else writes these columns in bulk.
"""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    LargeBinary,
    Text,
    and_,
    cast,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from core import clock, context
from core.db import db
from core.keys import KeyRing
from employee.models import Employee

SEALED = ("name", "id_number", "phone", "born_on", "insurance_card", "note")
PLAIN = ("id_type", "sex", "insurance_type", "hired_on")
_PLACES = {name: f"{Employee.__tablename__}.{name}|".encode() for name in SEALED}
_NUMBER, _PHONE = Employee.id_number.place, Employee.phone.place  # type: ignore[attr-defined]
_FRESH = {"is_active": True, "is_deceased": False, "wants_sms": True, "wants_big": False}
_TABLE: Any = Employee.__table__


@dataclass(frozen=True, slots=True)
class OnFile:
    """A person as the roster holds them now, opened. `seen` changes with every write to the row."""

    id: uuid.UUID
    union_id: uuid.UUID
    is_active: bool
    is_deceased: bool
    seen: int
    values: Mapping[str, Any]


def number_index(number: str) -> bytes:
    """The blind index of a certificate number."""
    return Employee.id_number.blind(number)


def phone_index(phone: str) -> bytes:
    return Employee.phone.blind(phone)


def on_file(indexes: Iterable[bytes]) -> dict[bytes, OnFile]:
    """The people with these certificate numbers (blind indexes), in one statement."""
    wanted = list(indexes)
    if not wanted:
        return {}
    sealed = [_TABLE.c[f"{name}_ct"] for name in SEALED]
    plain = [_TABLE.c[name] for name in PLAIN]
    rows = db.session.execute(
        select(
            _TABLE.c.id,
            _TABLE.c.union_id,
            _TABLE.c.is_active,
            _TABLE.c.is_deceased,
            version(),
            _TABLE.c.id_number_bi,
            *sealed,
            *plain,
        ).where(_TABLE.c.id_number_bi == func.any(literal(wanted, type_=ARRAY(LargeBinary))))
    )
    ring = context.keyring()
    return {bytes(row[5]): OnFile(row[0], row[1], row[2], row[3], row[4], _opened(ring, row)) for row in rows}


def sealed(employee_id: uuid.UUID, values: Mapping[str, Any]) -> dict[str, bytes | None]:
    """The `_ct` and `_bi` columns for a person's values; a blank value is NULL."""
    return Sealing()(employee_id, values)


class Sealing:
    """Seals and indexes one person after the other: what is the same for all is looked up once."""

    def __init__(self) -> None:
        self._ring = context.keyring()
        self._columns = [(name, f"{name}_ct", _PLACES[name]) for name in SEALED]

    def __call__(
        self, employee_id: uuid.UUID, values: Mapping[str, Any], index: bytes = b""
    ) -> dict[str, bytes | None]:
        """As `sealed`; `index` is the blind index of the number when it is known."""
        seal, row = self._ring.seal, str(employee_id).encode()
        found: dict[str, bytes | None] = {}
        for name, column, place in self._columns:
            value = values.get(name)
            text = value.isoformat() if isinstance(value, dt.date) else value
            found[column] = seal(text.encode(), place + row) if text else None
        phone = values.get("phone")
        found["id_number_bi"] = index or self.index(values["id_number"])
        found["phone_bi"] = self._ring.blind(_PHONE, phone) if phone else None
        return found

    def index(self, number: str) -> bytes:
        return self._ring.blind(_NUMBER, number)


def opened_pair(employee_id: uuid.UUID, id_number: bytes, name: bytes) -> tuple[str, str]:
    """Certificate number and name of a staged row, sealed for this person."""
    ring, row = context.keyring(), str(employee_id).encode()
    return (
        ring.open(id_number, _PLACES["id_number"] + row).decode(),
        ring.open(name, _PLACES["name"] + row).decode(),
    )


def take_in(source: FromClause, union_id: uuid.UUID, which: ColumnElement[bool]) -> set[uuid.UUID]:
    """Insert the new people of a staging table; the ids that came in. Who is there already stays."""
    names = _written()
    rows = select(
        source.c.employee_id,
        literal(union_id),
        *(source.c[name] for name in names),
        *map(literal, _FRESH.values()),
        literal(clock.now()),
    ).where(which)
    statement = upsert(_TABLE).from_select(["id", "union_id", *names, *_FRESH, "created_at"], rows)
    return set(db.session.scalars(statement.on_conflict_do_nothing().returning(_TABLE.c.id)))


def take_over(source: FromClause, union_id: uuid.UUID, which: ColumnElement[bool]) -> set[uuid.UUID]:
    """Write a staging table's changed people; the ids written. Who changed meanwhile stays, and the dead."""
    values: dict[str, Any] = {name: source.c[name] for name in _written()}
    statement = (
        update(_TABLE)
        .values(**values, union_id=union_id, is_active=True, left_on=None)
        .where(and_(_TABLE.c.id == source.c.employee_id, version() == source.c.seen_xmin, which))
        .where(_TABLE.c.is_deceased.is_(False))
        .returning(_TABLE.c.id)
    )
    return set(db.session.scalars(statement))


def add_one(employee_id: uuid.UUID, union_id: uuid.UUID, values: Mapping[str, Any]) -> None:
    """One new person, with the same columns as the import's. Raises IntegrityError when they are there."""
    columns = sealed(employee_id, values) | {
        name: values.get(name) or ("" if name != "hired_on" else None) for name in PLAIN
    }
    db.session.execute(
        insert(_TABLE).values(id=employee_id, union_id=union_id, created_at=clock.now(), **_FRESH, **columns)
    )


def missing_from(union_id: uuid.UUID, indexes: Iterable[bytes]) -> int:
    """How many active people of a union have none of these certificate numbers (blind indexes)."""
    return sum(1 for _ in _missing(union_id, indexes))


def missing_people(union_id: uuid.UUID, indexes: Iterable[bytes], most: int) -> list[uuid.UUID]:
    """Who they are, the first of them."""
    return list(itertools.islice(_missing(union_id, indexes), most))


def _missing(union_id: uuid.UUID, indexes: Iterable[bytes]) -> Iterator[uuid.UUID]:
    """Compared here: right after a large import the planner knows nothing of the table, and a join by it
    may compare everybody with every number."""
    named = frozenset(indexes)
    query = select(_TABLE.c.id, _TABLE.c.id_number_bi).where(
        _TABLE.c.union_id == union_id, _TABLE.c.is_active
    )
    rows = db.session.execute(query.order_by(_TABLE.c.id), execution_options={"yield_per": 5000})
    return (one for one, key in rows if bytes(key) not in named)


def opened(owner_id: uuid.UUID, row: Any) -> dict[str, Any]:
    """The sealed columns of a staged row in clear; `owner_id` is whom they were sealed for."""
    ring, place = context.keyring(), str(owner_id).encode()
    values: dict[str, Any] = {}
    for name in SEALED:
        content = getattr(row, f"{name}_ct")
        text = ring.open(content, _PLACES[name] + place).decode() if content is not None else ""
        values[name] = dt.date.fromisoformat(text) if name == "born_on" and text else text
    return values | {name: getattr(row, name) for name in PLAIN}


def _written() -> list[str]:
    return [*(f"{name}_ct" for name in SEALED), "id_number_bi", "phone_bi", *PLAIN]


def version() -> ColumnElement[int]:
    """The number of the transaction that wrote the row: an optimistic lock that every writer keeps."""
    return cast(cast(literal_column("employee.xmin"), Text), BigInteger)


def _opened(ring: KeyRing, row: Sequence[Any]) -> dict[str, Any]:
    place = str(row[0]).encode()
    values: dict[str, Any] = {}
    for at, name in enumerate(SEALED, 6):
        text = ring.open(row[at], _PLACES[name] + place).decode() if row[at] is not None else ""
        values[name] = dt.date.fromisoformat(text) if name == "born_on" and text else (text or None)
    return values | dict(zip(PLAIN, row[6 + len(SEALED) :], strict=True))
