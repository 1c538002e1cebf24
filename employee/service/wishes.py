"""How does the person want to be told and shown things? Kept with the person, so that a new phone has it."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sqlalchemy import select, update

from core import audit
from core.access import Actor
from core.db import db
from employee.models import Binding, Employee


class Wishes(NamedTuple):
    """What was chosen in 设置."""

    big: bool
    sms: bool
    hints: bool


def wishes(employee_id: uuid.UUID) -> Wishes:
    row = db.session.execute(
        select(Employee.wants_big, Employee.wants_sms, Employee.wants_hints).where(Employee.id == employee_id)
    ).one()
    return Wishes(row.wants_big, row.wants_sms, row.wants_hints)


def wants_big(openid: str) -> bool:
    """Did the person this WeChat speaks for choose 大字版?"""
    query = select(Employee.wants_big).join(Binding, Binding.employee_id == Employee.id)
    return bool(db.session.scalar(query.where(Binding.openid == openid, Binding.ended_at.is_(None))))


def want_big(employee_id: uuid.UUID, is_big: bool) -> None:
    db.session.execute(update(Employee).where(Employee.id == employee_id).values(wants_big=is_big))


def want_sms(employee_id: uuid.UUID, wants: bool, by: Actor) -> None:
    """Legal notices and codes come all the same (`notify.messages`: is_legal)."""
    db.session.execute(update(Employee).where(Employee.id == employee_id).values(wants_sms=wants))
    audit.record("employee.sms", "employee", employee_id, by, wanted=wants)


def want_hints(employee_id: uuid.UUID, wants: bool, by: Actor) -> None:
    """提醒我可能可以申请的补助: on unless the person switched it off."""
    db.session.execute(update(Employee).where(Employee.id == employee_id).values(wants_hints=wants))
    audit.record("employee.hints", "employee", employee_id, by, wanted=wants)
