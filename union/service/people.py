"""What happens to those who work for a union? The rules of rights, with the tree put in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from core.access import Actor
from core.db import db
from core.errors import Missing
from staff import service as staff
from union import queries
from union.models import Union


def hire(name: str, phone: str, union_id: uuid.UUID, roles: Iterable[str], by: Actor) -> uuid.UUID:
    """新增工作人员 with 审批事项 at the union they belong to. Raises `Refused`."""
    person = staff.hire(name, phone, union_id, by)
    reseat(union_id, by)
    wanted = {(role, union_id) for role in roles}
    if wanted:
        staff.set_rights(person.id, wanted, by, queries.chain_of)
    return person.id


def reseat(union_id: uuid.UUID, by: Actor) -> None:
    """The chair of the record takes the seat, now that an account or a 会籍 changed."""
    union = db.session.get(Union, union_id)
    if union is None:
        raise Missing
    staff.seat_chair(union_id, union.chair_name or "", union.chair_phone or "", by)
