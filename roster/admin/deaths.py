"""How does a union note that somebody died, and how does an administrator put an error right?"""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow
from core.db import transaction
from core.factor import RECENT, must_be_fresh
from core.pages import again, parse_day
from core.roles import ADMINISTRATOR
from employee import queries as employees
from employee.queries import Held
from employee.service import deaths, upkeep
from roster.admin.door import WRITERS, blueprint, me, places, seen
from roster.admin.people import mine, person_page
from roster.service import single


@blueprint.get("/people/<uuid:employee_id>/death")
@allow(*WRITERS)
def death(employee_id: uuid.UUID) -> str:
    return death_page(mine(employee_id))


@blueprint.post("/people/<uuid:employee_id>/death")
@allow(*WRITERS)
def death_now(employee_id: uuid.UUID) -> ResponseReturnValue:
    """登记亡故: off the roster, and no import or button brings them back."""
    again(lambda errors: death_page(mine(employee_id), errors))
    with transaction():
        held = mine(employee_id)
        single.note_death(held, parse_day(request.form.get("died_on", "")), seen(), me(held.union_id))
    flash("已登记亡故。保障期内的补助、慰问金照常可以申请。", "good")
    return redirect(url_for(".show_person", employee_id=employee_id), 303)


@blueprint.get("/people/<uuid:employee_id>/death/correct")
@allow(ADMINISTRATOR)
def correct(employee_id: uuid.UUID) -> str:
    return correct_page(employees.person(employee_id, places()))


@blueprint.post("/people/<uuid:employee_id>/death/correct")
@allow(ADMINISTRATOR)
def correct_now(employee_id: uuid.UUID) -> ResponseReturnValue:
    """更正亡故登记: an administrator's alone, with a reason that stays on record."""
    must_be_fresh(RECENT)
    again(lambda errors: correct_page(employees.person(employee_id, places()), errors))
    with transaction():
        held = employees.person(employee_id, places())
        single.correct_death(held, request.form.get("note", ""), me(held.union_id))
    flash("已更正，这位职工恢复为登记亡故以前的状态。", "good")
    return redirect(url_for(".show_person", employee_id=employee_id), 303)


def death_page(held: Held, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "roster/death.html",
        errors=errors,
        values=request.form if errors else {"died_on": ""},
        held=held,
        version=upkeep.on_file(held).seen,
        back=url_for(".show_person", employee_id=held.id),
    )


def correct_page(held: Held, errors: dict[str, str] | None = None) -> str:
    row = deaths.noted(held.id)
    if row is None:  # put right already, or never noted
        return person_page(held, errors)
    return render_template(
        "roster/correct_death.html",
        errors=errors,
        values=request.form,
        held=held,
        row=row,
        back=url_for(".show_person", employee_id=held.id),
    )
