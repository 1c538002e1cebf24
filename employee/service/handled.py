"""How do somebody's 找回绑定 and 亡故登记 stand in 我的办件?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import ColumnElement, select, true

from core.access import Actor
from core.db import db
from core.fields import mask_name
from core.handled import REVIEW, Case, Door, by_table
from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, OPERATOR
from employee.models import Death, Employee, Rebind
from employee.rules import DEATH, REBIND
from employee.service.rebinding import rebinds_of
from union import queries as unions

ROSTER = (OPERATOR, CHAIR, ADMINISTRATOR, AUDITOR)


def _rebinds(ids: Iterable[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Case]:
    query = (
        select(Rebind.id, Rebind.state, Employee)
        .join(Employee, Employee.id == Rebind.employee_id)
        .where(Rebind.id.in_(list(ids)), rebinds_of(actor))
    )
    return {
        row_id: Case(
            "",
            mask_name(person.name),
            REBIND.label(state),
            REVIEW if state == "submitted" else "",
            f"/admin/rebinds/{row_id}",
        )
        for row_id, state, person in db.session.execute(query)
    }


def _deaths(ids: Iterable[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Case]:
    places = unions.places_of(actor, *ROSTER)
    here: ColumnElement[bool] = true() if places is None else Employee.union_id.in_(places)
    query = (
        select(Death.id, Death.state, Employee)
        .join(Employee, Employee.id == Death.employee_id)
        .where(Death.id.in_(list(ids)), here)
    )
    return {
        row_id: Case("", mask_name(person.name), DEATH.label(state), "", f"/admin/roster/people/{person.id}")
        for row_id, state, person in db.session.execute(query)
    }


REBINDS = Door("rebind", "找回绑定", _rebinds, by_table(REBIND, "提交"))
DEATHS = Door("death", "亡故登记", _deaths, by_table(DEATH, "登记亡故"))
