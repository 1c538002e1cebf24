"""How do the appeals that an administrator decided stand in 我的办件?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from core.access import Actor
from core.db import db
from core.fields import mask_name
from core.handled import REVIEW, Case, Door, by_table
from core.roles import ADMINISTRATOR
from staff.models import StaffAppeal
from staff.rules.appeals import WORKFLOW


def _look(ids: Iterable[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Case]:
    if not actor.has(ADMINISTRATOR) or actor.unions_of(ADMINISTRATOR) is not None:
        return {}
    rows = db.session.scalars(select(StaffAppeal).where(StaffAppeal.id.in_(list(ids))))
    return {
        row.id: Case(
            row.number,
            mask_name(row.name),
            WORKFLOW.label(row.state),
            REVIEW if row.state == "pending" else "",
            f"/admin/appeals/{row.number}",
        )
        for row in rows
    }


DOOR = Door("appeal", "账号申诉", _look, by_table(WORKFLOW, "提交"))
