"""Where do the rows of a table wait until it is whole? In the store, sealed, a few thousand a piece."""

from __future__ import annotations

import datetime as dt
import io
import json
import uuid
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from core import context
from core.access import SYSTEM
from core.clock import SHANGHAI
from core.files import open_file, seal_file

__all__ = ["SYSTEM", "Parts", "erase", "erase_pieces", "keep", "place", "read", "whole", "whole_key"]

PART = 4 << 20


def keep(export_id: uuid.UUID, number: int, rows: list[list[Any]]) -> None:
    """Seal one piece under its number; the same number again replaces it."""
    packed = zlib.compress(json.dumps(rows, ensure_ascii=False, default=_plain).encode(), 1)
    sealed = seal_file(packed, keyring=context.keyring(), aad=f"{place(export_id)}|{number}")
    context.storage().put(_key(export_id, number), sealed)


def read(export_id: uuid.UUID, count: int) -> Iterator[list[Any]]:
    """The rows of all pieces, one piece in memory at a time."""
    for number in range(count):
        sealed = context.storage().get(_key(export_id, number))
        packed = open_file(sealed, keyring=context.keyring(), aad=f"{place(export_id)}|{number}")
        yield from json.loads(zlib.decompress(packed), object_hook=_value)


class Parts(io.RawIOBase):
    """Takes the finished table as it is written and seals it part by part: it is never whole in memory."""

    def __init__(self, export_id: uuid.UUID) -> None:
        self.export_id = export_id
        self.count = 0
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        while len(self._waiting) >= PART:
            self._seal(PART)
        return len(data)

    def close(self) -> None:
        if self._waiting:
            self._seal(len(self._waiting))
        super().close()

    def _seal(self, size: int) -> None:
        aad = f"{place(self.export_id)}|whole|{self.count}"
        sealed = seal_file(bytes(self._waiting[:size]), keyring=context.keyring(), aad=aad)
        context.storage().put(whole_key(self.export_id, self.count), sealed)
        del self._waiting[:size]
        self.count += 1


def whole(export_id: uuid.UUID, parts: int) -> bytes:
    """The finished table."""
    ring, store = context.keyring(), context.storage()
    return b"".join(
        open_file(store.get(whole_key(export_id, n)), keyring=ring, aad=f"{place(export_id)}|whole|{n}")
        for n in range(parts)
    )


def erase(export_id: uuid.UUID, count: int, parts: int) -> None:
    """Forget the table and its pieces; one more than is known, for a worker that died after writing it."""
    for number in range(parts + 1):
        context.storage().delete(whole_key(export_id, number))
    erase_pieces(export_id, count)


def erase_pieces(export_id: uuid.UUID, count: int) -> None:
    for number in range(count + 1):
        context.storage().delete(_key(export_id, number))


def whole_key(export_id: uuid.UUID, number: int = 0) -> str:
    return f"{export_id}/3/{number}"


def place(export_id: uuid.UUID) -> str:
    return f"report_export|{export_id}"


def _key(export_id: uuid.UUID, number: int) -> str:
    return f"{export_id}/4/{number}"


def _plain(value: Any) -> dict[str, str]:
    if isinstance(value, dt.datetime):
        return {"at": value.isoformat()}
    if isinstance(value, dt.date):
        return {"on": value.isoformat()}
    if isinstance(value, Decimal):
        return {"sum": str(value)}
    raise TypeError(type(value).__name__)


def _value(said: dict[str, str]) -> Any:
    if "at" in said:
        return dt.datetime.fromisoformat(said["at"]).astimezone(SHANGHAI)
    return dt.date.fromisoformat(said["on"]) if "on" in said else Decimal(said["sum"])
