"""Who stands on a roster before an import, what does its file say, and what must come of every row?

A trigger of the run's own database keeps the ledger: each write to a person that was committed, by whomever.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from core.sheets import write_xlsx
from roster import rules
from tests.world import World, id_number

LETTERS = "甲乙丙丁戊己庚辛壬癸"
ADDED, CHANGED, SAME, REFUSED = "已新增", "已更新", "没有变化", "未导入"
# What the rows are, in turns of twenty: known to the identity check, to be asked about, and so on.
TURN = (
    *["known"] * 9,
    *["asked"] * 3,
    "phone",
    "phone",
    "renamed",
    "same",
    "same",
    "wrong",
    "doubted",
    "away",
)
ENDS = {
    "known": ADDED, "asked": ADDED, "phone": CHANGED, "renamed": CHANGED, "same": SAME, "wrong": REFUSED,
    "doubted": REFUSED, "away": REFUSED,
}  # fmt: skip
BORN = dt.date(1985, 3, 1)
LEFT_OUT = 25  # on the roster, and the file does not name them
LEDGER = """
CREATE TABLE chaos_write (employee_id uuid NOT NULL, op text NOT NULL);
CREATE FUNCTION chaos_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO chaos_write VALUES (NEW.id, TG_OP); RETURN NEW; END $$;
CREATE TRIGGER chaos_note AFTER INSERT OR UPDATE ON employee FOR EACH ROW EXECUTE FUNCTION chaos_note();
"""


@dataclass(frozen=True)
class Part:
    """One row of the file."""

    n: int

    @property
    def kind(self) -> str:
        return TURN[self.n % len(TURN)]

    @property
    def number(self) -> str:
        return id_number(self.n, BORN)

    @property
    def phone(self) -> str:
        return f"136{self.n:08d}"

    @property
    def name(self) -> str:
        if self.kind == "doubted":
            return "测不符" if self.n // len(TURN) % 2 else "测查无"
        return f"测{LETTERS[self.n // 10 % 10]}{LETTERS[self.n % 10]}"

    @property
    def cells(self) -> list[Any]:
        """As the template has them."""
        number = self.number[:17] + ("1" if self.number[17] == "0" else "0")
        return [self.name, None, number if self.kind == "wrong" else self.number, None, None, self.phone]

    @property
    def before(self) -> dict[str, Any] | None:
        """As they stood on a roster already; None: nobody knew them."""
        if self.kind not in ("phone", "renamed", "same", "away"):
            return None
        phone = "13500000000" if self.kind == "phone" else self.phone
        return _values("旧名字" if self.kind == "renamed" else self.name, self.number, phone)


def _values(name: str, number: str, phone: str) -> dict[str, Any]:
    born = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    sex = "男" if int(number[16]) % 2 else "女"
    told = {"name": name, "id_number": number, "phone": phone, "born_on": born, "sex": sex}
    return {"id_type": "resident_id", **told}


class Cast:
    """The file, the people before it, and the ledger of what is written to them."""

    def __init__(self, rows: int) -> None:
        self.parts = [Part(n) for n in range(rows)]
        world = World()
        self.union, self.other = world.union("混沌一厂工会").id, world.union("混沌二厂工会").id
        self._people()

    def _people(self) -> None:
        from core.db import db, transaction
        from employee.service import bulk, identity

        known = [part for part in self.parts if part.kind == "known"]
        with transaction():
            for part in self.parts:
                if part.before:
                    bulk.add_one(uuid.uuid4(), self.other if part.kind == "away" else self.union, part.before)
            for n in range(LEFT_OUT):
                there = _values("表外人", id_number(n, dt.date(1960, 1, 1)), f"137{n:08d}")
                bulk.add_one(uuid.uuid4(), self.union, there)
            keys = [identity.key_of("resident_id", part.number, part.name) for part in known]
            identity.remember(dict.fromkeys(keys, "match"))
        with transaction():
            db.session.execute(text(LEDGER))

    def file(self) -> bytes:
        titles = [column.title for column in rules.COLUMNS]
        return write_xlsx(titles, (part.cells for part in self.parts), above=rules.instructions())

    def roster_must_be(self) -> dict[str, tuple[Any, ...]]:
        """Number → name, phone, union of everybody of the file who has to be on a roster in the end."""
        written = (part for part in self.parts if ENDS[part.kind] != REFUSED or part.kind == "away")
        return {
            part.number: (part.name, part.phone, self.other if part.kind == "away" else self.union)
            for part in written
        }

    def writes_must_be(self) -> dict[str, Counter[str]]:
        """Number → how often inserted and updated."""
        op = {ADDED: "INSERT", CHANGED: "UPDATE"}
        return {
            part.number: Counter([op[ENDS[part.kind]]] if ENDS[part.kind] in op else [])
            for part in self.parts
        }


def roster_is() -> dict[str, tuple[Any, ...]]:
    from core.db import db
    from employee.models import Employee

    people = db.session.query(Employee).where(Employee.name_ct.is_not(None))
    return {str(one.id_number): (one.name, one.phone, one.union_id) for one in people}


def writes_are() -> dict[str, Counter[str]]:
    """The ledger by number."""
    from core.db import db
    from employee.models import Employee

    names = {one.id: str(one.id_number) for one in db.session.query(Employee)}
    found: dict[str, Counter[str]] = {}
    for employee_id, op in db.session.execute(text("SELECT employee_id, op FROM chaos_write")):
        found.setdefault(names.get(employee_id, ""), Counter())[op] += 1
    return found


def judged(cast: Cast) -> dict[str, int]:
    """People of the file that are lost or not as it says, phantoms, and rows written twice or needlessly."""
    must, is_so, writes = cast.roster_must_be(), roster_is(), writes_are()
    of_file, due = {part.number for part in cast.parts}, cast.writes_must_be()
    return {
        "lost": sum(is_so.get(number) != values for number, values in must.items()),
        "phantom": sum(number not in must for number in is_so if number in of_file),
        "twice": sum(ops.total() > 1 for ops in writes.values()),
        "needless": sum(bool(ops - due.get(number, Counter())) for number, ops in writes.items()),
    }
