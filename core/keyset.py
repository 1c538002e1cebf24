"""Which page of a list is this? Keyset paging: each page costs the same, and new rows shift nothing."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, literal, select, true, tuple_

from core.db import db


class Turn(NamedTuple):
    """The rows of one page and the cursors of its neighbours ("" where there is none)."""

    rows: Sequence[Any]
    before: str
    after: str


class Spread(NamedTuple):
    """Where a query's rows lie, one place after the other: `column` of the query is a place's `id`."""

    column: Any
    places: FromClause


def turn(
    query: Select[Any],
    keys: Sequence[Any],
    size: int,
    *,
    before: str = "",
    after: str = "",
    newest: bool = False,
    spread: Spread | None = None,
) -> Turn:
    """One page of `query` ordered by `keys` (rows carry them under the same names).

    With `spread` each place is read in this order as far as the page goes, and the places are merged: for
    few places out of many, when an index holds each of them in order.
    """
    here, is_back = (_read(before, keys), True) if before else (_read(after, keys), False)
    rising = newest if is_back else not newest
    if here is not None:
        query = query.where(_beyond(keys, here, rising))
    ordered = _ordered(query, keys, rising).limit(size + 1)
    if spread is not None:
        found_in = _in_each(ordered, spread)
        merged = [found_in.selected_columns[key.key] for key in keys]
        ordered = _ordered(found_in, merged, rising).limit(size + 1)
    found = list(db.session.execute(ordered))
    more, rows = len(found) > size, found[:size]
    if is_back and here is not None:
        rows.reverse()
        return Turn(
            rows, _write(rows[0], keys) if more and rows else "", _write(rows[-1], keys) if rows else ""
        )
    first = _write(rows[0], keys) if here is not None and rows else ""
    return Turn(rows, first, _write(rows[-1], keys) if more else "")


def capped(query: Select[Any], keys: Sequence[Any], most: int, spread: Spread | None = None) -> FromClause:
    """At most so many rows of `query`, read in an order that an index holds: it ends when it has enough.

    Without an order the planner thinks that enough rows lie at a table's beginning, and reads all of it
    when they do not.
    """
    ordered = _ordered(query, keys, rising=False).limit(most)
    if spread is None:
        return ordered.subquery()
    return _in_each(ordered, spread).limit(most).subquery()


def _ordered(query: Select[Any], keys: Sequence[Any], rising: bool) -> Select[Any]:
    return query.order_by(*[key.asc() if rising else key.desc() for key in keys])


def _in_each(ordered: Select[Any], spread: Spread) -> Select[Any]:
    """The query once in every place."""
    each = ordered.where(spread.column == spread.places.c.id).lateral("each")
    query: Select[Any] = select(*each.c).select_from(spread.places.join(each, true()))
    return query


def _beyond(keys: Sequence[Any], here: Sequence[Any], rising: bool) -> ColumnElement[bool]:
    mine = tuple_(*keys)
    other = tuple_(*[literal(value, key.type) for value, key in zip(here, keys, strict=True)])
    return mine > other if rising else mine < other


def _write(row: Any, keys: Sequence[Any]) -> str:
    said = [str(getattr(row, key.key)) for key in keys]
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def _read(cursor: str, keys: Sequence[Any]) -> list[Any] | None:
    """What a cursor says; None (the first page) for one that was tampered with."""
    if not cursor:
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_value(key.type.python_type, text) for key, text in zip(keys, said, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        return None


def _value(kind: type, text: Any) -> Any:
    if not isinstance(text, str):
        raise TypeError("cursors hold text")
    if kind is dt.datetime:
        moment = dt.datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    if kind is dt.date:
        return dt.date.fromisoformat(text)
    if kind is uuid.UUID:
        return uuid.UUID(text)
    if kind is str:
        return text
    return _number(text)


def _number(text: str) -> int:
    """A number that fits its column."""
    number = int(text)
    if not 0 <= number < 1 << 63:
        raise ValueError("no such number")
    return number
