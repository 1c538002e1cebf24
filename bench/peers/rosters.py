"""How is a roster taken in? `python -m bench.peers.rosters ours|floor|peer FILE` measures a way and itself.

`ours` is the product's import. `floor` does the least that any import must: read, check, seal, index, COPY,
merge. `peer` is what is written by hand: openpyxl, who is known in one query, session.add, one commit. Beside
the seconds of the clock stand the seconds of CPU, this process's and PostgreSQL's: what others do on the
machine meanwhile is not in them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import sys
import time
import uuid
from collections.abc import Callable
from operator import mul
from pathlib import Path
from typing import Any

from bench.stage import cpu_of, memory_of
from tools.tether import relatives

HEAD = 14  # the rows before the first person: instructions, headings
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
MOBILE = re.compile(r"1[3-9][0-9]{9}")
NAME = re.compile("[\u4e00-\u9fff]{2,4}")
PROVINCES = frozenset(
    map(str, [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55)])
)
TODAY = dt.date.today()
day = dt.date.fromisoformat


class Watch:
    """What did it cost since it was made? Seconds of the clock, of this process, of the database server."""

    def __init__(self) -> None:
        self.server = _server()
        self.at, self.own, self.database = time.perf_counter(), _own(), self._database()

    def _database(self) -> float:
        return sum(cpu_of(pid) for pid in relatives(self.server))

    def read(self, of: str = "") -> dict[str, float]:
        own, database = _own() - self.own, self._database() - self.database
        took = time.perf_counter() - self.at
        return {f"{of}seconds": took, f"{of}cpu": own + database, f"{of}database_cpu": database}


def _own() -> float:
    """Seconds of this process and of its children that ended: the caged reader of tables is one."""
    return sum(os.times()[:4])


def _server() -> int:
    """The process id of PostgreSQL itself: it counts the CPU of its backends, those that ended as well."""
    import psycopg

    url = os.environ["DATABASE_URL"].replace("+psycopg", "", 1)
    with psycopg.connect(url) as connection:
        backend = connection.info.backend_pid
        return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def ours(path: Path) -> dict[str, float]:
    with _app().app_context():
        content = path.read_bytes()
        union = _empty()
        first, work = _imported(union, content)
        watch = Watch()
        _finished(work)
        result = watch.read("result_")
        again, _ = _imported(union, content)
        return first | result | {f"again_{name}": value for name, value in again.items()}


def _imported(union: uuid.UUID, content: bytes) -> tuple[dict[str, float], Any]:
    """From the upload until everybody is on the roster; the result file is another figure."""
    from core.access import Actor
    from core.db import db, transaction
    from employee.service import identity
    from roster import service
    from roster.service import applying, keeping

    identity.is_asked = lambda: False
    by = Actor("staff", uuid.uuid4(), "王经办", frozenset({"operator"}))
    watch = Watch()
    with transaction():
        work = service.upload(union, content, "名册.xlsx", by)
    with transaction():
        taken = keeping.claim_due()
    if taken is None:
        raise RuntimeError("another import is at work")
    service.read_in(taken)
    with transaction():
        service.confirm(work, by, work.version, [])
    with transaction():
        taken = keeping.claim_due()
    while applying._merge_lot(taken):
        pass
    took = watch.read()
    db.session.refresh(work)
    if work.new_count + work.unchanged_count != work.rows_read or work.wrong_count:
        raise RuntimeError(f"{work.wrong_count} of {work.rows_read} rows were refused")
    if work.unchanged_count:
        _finished(work)
    return took, work


def _finished(work: Any) -> None:
    from core.db import transaction
    from roster.service import results

    with transaction():
        results.finish(work)


def floor(path: Path) -> dict[str, float]:
    import psycopg
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from python_calamine import CalamineWorkbook

    with _app().app_context():
        union = _empty()
    url = os.environ["DATABASE_URL"].replace("+psycopg", "", 1)
    box, key, seen = AESGCM(os.urandom(32)), os.urandom(32), set[str]()
    watch = Watch()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE incoming (LIKE employee INCLUDING DEFAULTS) ON COMMIT DROP")
        rows = iter(CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows())
        for _ in range(HEAD):
            next(rows)
        with cursor.copy(f"COPY incoming ({', '.join(COLUMNS)}) FROM STDIN") as copy:  # noqa: S608
            for row in rows:
                copy.write_row(_checked(row, union, box, key, seen))
        changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
        cursor.execute(
            f"INSERT INTO employee ({', '.join(COLUMNS)}) SELECT {', '.join(COLUMNS)} FROM incoming "  # noqa: S608
            f"ON CONFLICT (id_number_bi) DO UPDATE SET {changes}"
        )
    return watch.read()


COLUMNS = (
    "id", "union_id", "name_ct", "id_number_ct", "phone_ct", "born_on_ct", "insurance_card_ct", "note_ct",
    "id_number_bi", "phone_bi", "id_type", "sex", "insurance_type", "hired_on", "is_active", "is_deceased",
    "wants_sms", "wants_big", "created_at",
)  # fmt: skip


def _checked(row: list[Any], union: uuid.UUID, box: Any, key: bytes, seen: set[str]) -> list[Any]:
    """One row, with the checks that nobody can leave out."""
    import hmac

    _, _, name, kind, number, _, _, phone, insurance, card, hired, note = row
    total = sum(map(mul, WEIGHTS, map(int, number[:17])))
    born, hired_on = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14])), day(hired)
    is_sound = "10X98765432"[total % 11] == number[17] and number[:2] in PROVINCES and number not in seen
    if not (is_sound and kind == "居民身份证" and MOBILE.fullmatch(phone) and NAME.fullmatch(name)):
        raise ValueError("the floor is given sound rows only")
    if not (born.year >= 1900 and born <= TODAY and hired_on <= TODAY and len(note) <= 200):
        raise ValueError("the floor is given sound days only")
    seen.add(number)
    row_id = uuid.uuid4()
    place = row_id.bytes

    def seal(text: str) -> bytes:
        nonce = os.urandom(12)
        return nonce + bytes(box.encrypt(nonce, text.encode(), place))

    return [
        row_id, union, *(seal(text) for text in (name, number, phone, born.isoformat(), card, note)),
        hmac.digest(key, number.encode(), "sha256")[:16], hmac.digest(key, phone.encode(), "sha256")[:16],
        "resident_id", "男" if int(number[16]) % 2 else "女", insurance, hired_on,
        True, False, True, False, dt.datetime.now(dt.UTC),
    ]  # fmt: skip


def peer(path: Path) -> dict[str, float]:
    import openpyxl

    from core import identifiers, names
    from core.db import db
    from employee.models import Employee

    with _app().app_context():
        union = _empty()
        watch, seen, today = Watch(), set[str](), dt.date.today()
        known = {bytes(one.id_number_bi): one for one in db.session.query(Employee)}
        sheet = openpyxl.load_workbook(path, read_only=True).active
        for row in sheet.iter_rows(min_row=HEAD + 1, values_only=True):
            _, _, name, _, number, _, _, phone, insurance, card, hired, note = row
            wrong = identifiers.problem("resident_id", number, today) or identifiers.mobile_problem(phone)
            if wrong or names.problem(name) or number in seen:
                raise ValueError("the peer is given sound rows only")
            seen.add(number)
            there = known.get(Employee.id_number.blind(number))
            person = there or Employee(union_id=union, id_type="resident_id", id_number=number, name=name)
            person.phone, person.insurance_type, person.insurance_card = phone, insurance, card
            person.born_on, person.note = identifiers.birth_on(number), note
            person.hired_on = dt.date.fromisoformat(hired)
            db.session.add(person)
        db.session.commit()
        return watch.read()


def _app() -> Any:
    from app import create_app

    return create_app()


def _empty() -> uuid.UUID:
    """An empty roster, and the union it is for."""
    from sqlalchemy import text

    from core.db import db
    from tests.world import World

    db.session.execute(text("TRUNCATE employee, roster_import, roster_import_row CASCADE"))
    db.session.commit()
    union_id = World().union("测试名册工会").id
    db.session.execute(text("ANALYZE employee"))
    db.session.commit()
    return uuid.UUID(str(union_id))


WAYS: dict[str, Callable[[Path], dict[str, float]]] = {"ours": ours, "floor": floor, "peer": peer}

if __name__ == "__main__":
    found = WAYS[sys.argv[1]](Path(sys.argv[2]))
    print(json.dumps(found | {"peak_mb": memory_of(os.getpid(), "VmHWM")}))
