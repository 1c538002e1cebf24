"""How is it noted that somebody died, and how is that put right when it was an error?

Nobody comes back onto a roster by an import, a form or a button while this stands: only an administrator may
say that it was wrong, with a reason. What was paid for stays covered; nothing is sent to the dead.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core import audit, sessions
from core.access import Actor
from core.db import db
from core.errors import Conflict, Refused
from core.history import begin, perform
from employee.models import Death, Employee
from employee.rules import DEATH
from employee.service import bulk
from employee.service.binding import end_binding
from notify import service as notify

STALE = "这位职工的资料刚刚被别人改过，已为您显示最新内容，请核对后再保存。"
NOTHING_NOTED = "这位职工没有登记亡故，请刷新后再看"
NO_REASON = "请填写更正的原因，例如是怎么核实的"


def note_death(employee_id: uuid.UUID, on: dt.date, seen: int | None, by: Actor) -> None:
    """登记亡故: off the roster from that day on, and no message ever again.

    Raises `Conflict` when somebody wrote in between.
    """
    person = db.session.get_one(Employee, employee_id)
    was_active = person.is_active
    row = Death(employee_id=employee_id, died_on=on, was_active=was_active, state="noted", version=0)
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
            _write(employee_id, {"is_deceased": True, "is_active": False, "left_on": on}, seen)
    except IntegrityError:
        raise Conflict(STALE) from None
    begin(DEATH, row, by)
    audit.record("employee.note_death", "employee", employee_id, by, fields=("is_deceased",))
    _fall_silent(person, by)


def report_death(employee_id: uuid.UUID, on: dt.date, by: Actor) -> None:
    """亡故慰问金 is asked for: noted, unless it is already."""
    if noted(employee_id) is None:
        note_death(employee_id, on, None, by)


def _fall_silent(person: Employee, by: Actor) -> None:
    """The binding ends quietly; what waits to be sent never is."""
    end_binding(person.id, "deceased", by)
    sessions.revoke_all("employee", person.id)
    notify.silence(person.id, person.phone or "")


def correct_death(employee_id: uuid.UUID, reason: str, by: Actor) -> None:
    """It was an error: the person stands as before. Raises `Refused` without a reason."""
    row = noted(employee_id)
    if row is None:
        raise Refused(NOTHING_NOTED)
    if not reason.strip():
        raise Refused(NO_REASON, "note")
    perform(DEATH, row, "correct", by, note=reason)
    values: dict[str, object] = {"is_deceased": False}
    if row.was_active:
        values |= {"is_active": True, "left_on": None}
    _write(employee_id, values)
    audit.record("employee.correct_death", "employee", employee_id, by, fields=("is_deceased",))


def noted(employee_id: uuid.UUID) -> Death | None:
    """What stands on file about somebody's death; None for the living."""
    query = select(Death).where(Death.employee_id == employee_id, Death.state == "noted")
    return db.session.scalar(query)


def _write(employee_id: uuid.UUID, values: dict[str, object], seen: int | None = None) -> None:
    table = Employee.__table__
    query = update(table).where(table.c.id == employee_id)  # type: ignore[arg-type]
    if seen is not None:
        query = query.where(bulk.version() == seen)
    if db.session.execute(query.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(STALE)
    db.session.expire(db.session.get_one(Employee, employee_id))
