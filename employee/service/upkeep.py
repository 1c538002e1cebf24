"""What may a union write about its people, one at a time? Correct them, let them leave, take them back.

Every write names the version it was made from (`seen`): whoever wrote in between wins, the second is told.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, update
from sqlalchemy.exc import IntegrityError

from core.db import db
from employee.models import Employee
from employee.service import bulk

_TABLE: Any = Employee.__table__


def on_file(person: Employee) -> bulk.OnFile:
    """The person opened, with the version that `rewrite` asks for."""
    index: bytes = bytes(person.id_number_bi)  # type: ignore[attr-defined]
    return bulk.on_file([index])[index]


def rewrite(employee_id: uuid.UUID, values: Mapping[str, Any], seen: int, **more: Any) -> bool | None:
    """Write all of a person's values; False when somebody was first, None when another has the number."""
    columns = (
        more
        | bulk.sealed(employee_id, values)
        | {name: values.get(name) or ("" if name != "hired_on" else None) for name in bulk.PLAIN}
    )
    try:
        with db.session.begin_nested():
            return _write(employee_id, seen, columns)
    except IntegrityError:
        return None


def leave(employee_id: uuid.UUID, seen: int, on: dt.date) -> bool:
    """离职: no longer on the roster; cover that was paid for stays what it is."""
    return _write(employee_id, seen, {"is_active": False, "left_on": on})


def come_back(employee_id: uuid.UUID, seen: int) -> bool:
    """Back on the roster; never the dead (`deaths.correct_death`)."""
    return _write(employee_id, seen, {"is_active": True, "left_on": None})


def _write(employee_id: uuid.UUID, seen: int, values: Mapping[str, Any]) -> bool:
    db.session.flush()
    is_same = and_(_TABLE.c.id == employee_id, bulk.version() == seen)
    found = db.session.execute(update(_TABLE).where(is_same).values(**values))
    db.session.expire_all()
    return bool(found.rowcount == 1)  # type: ignore[attr-defined]
