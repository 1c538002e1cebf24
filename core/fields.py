"""How are personal data kept and shown? Encrypted columns, blind indexes, masks: one way in, one way out.

    class Employee(db.Model):
        id_number = Sealed("identifier", index="unique", normalise=str.upper)

makes the columns `id_number_ct` (sealed bytes) and `id_number_bi` (blind index, 16 bytes), and a plain
`str | None` on the attribute. `Employee.id_number.matches("…")` is the SQL equality by blind index.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Literal, overload

from sqlalchemy import ColumnElement, LargeBinary

from core import context
from core.db import DataClass, column, db


class Sealed:
    """An encrypted text attribute; see the module's first lines."""

    def __init__(
        self,
        data: DataClass,
        *,
        index: Literal["plain", "unique"] | None = None,
        normalise: Callable[[str], str] | None = None,
        nullable: bool = True,
    ) -> None:
        self.data = data
        self.index = index
        self.normalise = normalise or (lambda text: text)
        self.nullable = nullable
        self.name = ""
        self.place = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.place = f"{owner.__dict__.get('__tablename__', owner.__name__)}.{name}"
        setattr(owner, f"{name}_ct", column(LargeBinary, data=self.data, nullable=self.nullable))
        if self.index:
            unique = self.index == "unique"
            setattr(
                owner,
                f"{name}_bi",
                column(LargeBinary(16), data=self.data, nullable=True, unique=unique, index=not unique),
            )

    @overload
    def __get__(self, row: None, owner: type) -> Sealed: ...
    @overload
    def __get__(self, row: Any, owner: type) -> str | None: ...
    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self
        sealed = getattr(row, f"{self.name}_ct")
        if sealed is None:
            return None
        return context.keyring().open(sealed, self._aad(row)).decode()

    def __set__(self, row: Any, value: str | None) -> None:
        ring = context.keyring()
        sealed = None if value is None else ring.seal(value.encode(), self._aad(row))
        setattr(row, f"{self.name}_ct", sealed)
        if self.index:
            setattr(row, f"{self.name}_bi", None if value is None else self.blind(value))

    def reseal(self, row: Any, value: str) -> None:
        """Keep `value` and leave the blind index of what stood there: it is found, not read, from now on."""
        setattr(row, f"{self.name}_ct", context.keyring().seal(value.encode(), self._aad(row)))

    def of(self, row: Any) -> str | None:
        """The text in a row that was selected by columns: it needs `id` and this attribute's `_ct`."""
        text: str | None = self.__get__(row, type(row))
        return text

    def blind(self, value: str) -> bytes:
        """The blind index of `value` in this column."""
        return context.keyring().blind(self.place, self.normalise(value))

    def matches(self, value: str) -> ColumnElement[bool]:
        """SQL: this column holds `value`."""
        return self._index_column() == self.blind(value)

    def _index_column(self) -> Any:
        if not self.index:
            raise TypeError(f"{self.place} has no blind index")
        table, _, _ = self.place.partition(".")
        return db.metadata.tables[table].c[f"{self.name}_bi"]

    def _aad(self, row: Any) -> bytes:
        return f"{self.place}|{row.id}".encode()


def mask_name(name: str | None) -> str:
    """`张*国` → keeps first and last of three or more, the first of two: `张*`; minority names by part."""
    if not name:
        return ""
    if len(name) <= 2:
        return name[0] + "*"
    return name[0] + "*" * min(len(name) - 2, 3) + name[-1]


def mask_id(number: str | None) -> str:
    """First and last character only: 6+4 digits would leave 33 candidates for a known birth year."""
    if not number:
        return ""
    if len(number) < 4:
        return "*" * len(number)
    return number[0] + "*" * (len(number) - 2) + number[-1]


def mask_phone(phone: str | None) -> str:
    """`138****5678`."""
    if not phone:
        return ""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)


def mask_card(card: str | None) -> str:
    """`**** 1234`."""
    return f"**** {card[-4:]}" if card and len(card) >= 8 else ("****" if card else "")


def card_end(card: str | None) -> str:
    """A card number of which only the end is kept: `****1234`; its mask is the same as before."""
    return f"****{card[-4:]}" if card and len(card) >= 8 else "****"


def in_groups(card: str | None) -> str:
    """A card number in groups of four, as printed on the card."""
    text = card or ""
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


class SealedDate(Sealed):
    """A sealed calendar date, kept as ISO text inside."""

    def __get__(self, row: Any, owner: type) -> Any:
        text = super().__get__(row, owner)
        return dt.date.fromisoformat(text) if isinstance(text, str) else text

    def __set__(self, row: Any, value: Any) -> None:
        super().__set__(row, value.isoformat() if isinstance(value, dt.date) else value)
