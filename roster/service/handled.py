"""How do the rosters that somebody handed in stand in 我的办件?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import ColumnElement, select, true

from core.access import Actor
from core.db import db
from core.handled import Case, Door, by_table
from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, OPERATOR
from roster.models import RosterImport
from roster.rules import states
from union import queries as unions

READERS = (OPERATOR, CHAIR, ADMINISTRATOR, AUDITOR)
TO_DO = {
    states.UPLOADED: "系统正在处理",
    states.READING: "系统正在处理",
    states.PREVIEW: "请核对后确认导入",
    states.APPLYING: "系统正在处理",
    states.DONE: "看导入结果",
    states.REFUSED: "看原因，改好后再导入",
}


def _look(ids: Iterable[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Case]:
    places = unions.places_of(actor, *READERS)
    here: ColumnElement[bool] = true() if places is None else RosterImport.union_id.in_(places)
    query = select(
        RosterImport.id,
        RosterImport.file_name,
        RosterImport.state,
        unions.name_of(RosterImport.union_id).label("union"),
    ).where(RosterImport.id.in_(list(ids)), here)
    return {
        row.id: Case(
            row.file_name,
            row.union,
            states.LABELS[row.state],
            TO_DO.get(row.state, ""),
            f"/admin/roster/imports/{row.id}",
        )
        for row in db.session.execute(query)
    }


DOOR = Door("roster_import", "名册导入", _look, by_table(states.WORKFLOW, "上传"))
