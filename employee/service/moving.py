"""How does a person come to another union? One line of the roster; coverage and records stay as they are."""

from __future__ import annotations

import uuid

from sqlalchemy import update

from core import audit
from core.access import Actor
from core.db import db
from employee.models import Employee


def move_to_union(employee_id: uuid.UUID, from_id: uuid.UUID, to_id: uuid.UUID, by: Actor) -> bool:
    """Change the union, if it still is `from_id`; False when somebody changed it meanwhile."""
    table = Employee.__table__
    moved = db.session.execute(
        update(table)  # type: ignore[arg-type]
        .where(table.c.id == employee_id, table.c.union_id == from_id)
        .values(union_id=to_id)
        .returning(table.c.id)
    ).first()
    if moved is None:
        return False
    known = db.session.identity_map.get(db.session.identity_key(Employee, employee_id))
    if known is not None:
        db.session.expire(known)
    audit.record("employee.move", "employee", employee_id, by, fields=("union_id",), union=str(to_id))
    return True
