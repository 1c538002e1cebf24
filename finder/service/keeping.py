"""What do we hold about one person here, and how is it forgotten?"""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select

from core.copies import Copy, facts
from core.db import db
from finder.models import FinderStay

STAY = {
    "admitted_on": "入院日期",
    "discharged_on": "出院日期",
    "hospital": "医院名称",
    "self_paid_fen": "个人自付",
    "apply_until": "最晚申请日期",
    "found_at": "找到时间",
    "told_at": "提醒时间",
}


def export_of(employee_id: uuid.UUID) -> list[Copy]:
    """The stays found for a person, for the copy they may ask for."""
    query = select(FinderStay).where(FinderStay.employee_id == employee_id).order_by(FinderStay.id)
    return [Copy("可能可以申请的住院", [facts(row, STAY) for row in db.session.scalars(query)])]


def forget(employee_id: uuid.UUID) -> None:
    """The person leaves: what was found goes."""
    db.session.execute(delete(FinderStay).where(FinderStay.employee_id == employee_id))
