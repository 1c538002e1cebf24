"""What does the union do about one person? Look, add, correct, note that they left; numbers stay masked."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.access import allow
from core.db import transaction
from core.errors import Invalid, Missing
from core.factor import must_be_fresh
from core.identifiers import ID_TYPES
from core.once import answered, new_op, once
from core.pages import again, parse_day, revealed
from core.roles import ADMINISTRATOR
from employee import queries as employees
from employee.queries import Held
from employee.service import upkeep
from plans import queries as plans
from roster.admin.door import (
    MAY_REVEAL,
    READERS,
    SEES_NAMES,
    WRITERS,
    blueprint,
    chosen_to_write,
    chosen_union,
    me,
    places,
    seen,
    union_of,
    union_to_write,
)
from roster.admin.listing import page as list_page
from roster.forms import read_person
from roster.rules import states
from roster.rules.columns import COLUMNS
from roster.service import revealing, single, vouching

HINTS = {column.key: column.hint for column in COLUMNS}
VERDICTS = {
    states.WAITING: "正在核对姓名与证件号码，核对后在这里显示结果；不用重新填写",
    states.MATCH: "姓名与证件号码一致",
    states.MISMATCH: states.IDENTITY_WORDS[states.MISMATCH].partition("；")[0] + "，有误请修改",
    states.UNKNOWN: states.IDENTITY_WORDS[states.UNKNOWN],
}
SHARED = "这个手机号码登记了 {n} 位职工，请核对；共用号码的人不能用短信查询"
ASKED_OVER = "已向对方工会申请调入，对方通过后这位职工会出现在本单位名册里"


@blueprint.get("/new")
@allow(*WRITERS)
def new() -> str:
    return new_page()


@blueprint.post("/new")
@allow(*WRITERS)
def add() -> ResponseReturnValue:
    """新增 (XM-36), or 申请调入 for somebody who is on another union's roster."""
    again(new_page)
    union = chosen_to_write()
    actor = me(union.id)
    typed = read_person(request.form, clock.today())
    with transaction():
        if request.form.get("do") == "move":
            single.ask_over(union.id, typed.person, actor)
            flash(ASKED_OVER, "good")
            return redirect(url_for(".index", union=union.id), 303)
        op = request.form.get("op", "")
        once(op, actor, url_for(".index", union=union.id))
        employee_id = single.add(union.id, typed.person, actor)
        there = url_for(".show_person", employee_id=employee_id)
        answered(op, there)
    flash("已加入名册", "good")
    _warn(typed.warnings, typed.person.phone)
    return redirect(there, 303)


@blueprint.get("/people/<uuid:employee_id>")
@allow(*READERS)
def show_person(employee_id: uuid.UUID) -> str:
    return person_page(employees.person(employee_id, places()))


@blueprint.get("/people/<uuid:employee_id>/edit")
@allow(*WRITERS)
def edit(employee_id: uuid.UUID) -> str:
    return edit_page(mine(employee_id))


@blueprint.post("/people/<uuid:employee_id>/edit")
@allow(*WRITERS)
def save(employee_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: edit_page(mine(employee_id), errors))
    held = mine(employee_id)
    typed = read_person(request.form, clock.today(), dict(upkeep.on_file(held).values))
    with transaction():
        changed = single.correct(mine(employee_id), typed.person, seen(), me(held.union_id))
    flash("已保存", "good")
    _warn(typed.warnings, typed.person.phone if "phone" in changed else "")
    return redirect(url_for(".show_person", employee_id=employee_id), 303)


@blueprint.get("/people/<uuid:employee_id>/leave")
@allow(*WRITERS)
def leave(employee_id: uuid.UUID) -> str:
    return leave_page(mine(employee_id))


@blueprint.post("/people/<uuid:employee_id>/leave")
@allow(*WRITERS)
def leave_now(employee_id: uuid.UUID) -> ResponseReturnValue:
    """离职: off the roster from a day on; what was paid for stays covered."""
    again(lambda errors: leave_page(mine(employee_id), errors))
    with transaction():
        held = mine(employee_id)
        single.leave(held, parse_day(request.form.get("left_on", "")), seen(), me(held.union_id))
    flash("已登记离职", "good")
    return redirect(url_for(".show_person", employee_id=employee_id), 303)


@blueprint.post("/people/<uuid:employee_id>/come-back")
@allow(*WRITERS)
def come_back(employee_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: person_page(mine(employee_id), errors))
    with transaction():
        held = mine(employee_id)
        single.come_back(held, seen(), me(held.union_id))
    flash("已恢复在职", "good")
    return redirect(url_for(".show_person", employee_id=employee_id), 303)


@blueprint.post("/people/<uuid:employee_id>/reveal")
@allow(*MAY_REVEAL)
def reveal(employee_id: uuid.UUID) -> ResponseReturnValue:
    """A number in clear for thirty seconds: with a reason, counted, on record before it is opened."""
    must_be_fresh()
    again(lambda errors: person_page(employees.person(employee_id, places()), errors))
    field, reason = request.form.get("field", ""), request.form.get("reason", "")
    with transaction():
        held = employees.person(employee_id, places())
        if not me(held.union_id).has(*MAY_REVEAL):
            raise Missing
        revealing.announce(held, field, reason, me(held.union_id))
    value = revealing.value(held, field)
    back = url_for(".show_person", employee_id=employee_id)
    return revealed("roster/reveal.html", revealing.FIELDS[field], value, back)


def mine(employee_id: uuid.UUID) -> Held:
    """The person, if the asker keeps their union's roster."""
    held = employees.person(employee_id, places())
    union_to_write(held.union_id)
    return held


def _warn(warnings: list[str], phone: str) -> None:
    """What is worth a look although it stopped nothing."""
    sharing = employees.sharing(phone) if phone else 0
    for words in [*warnings, *([SHARED.format(n=sharing)] if sharing >= states.SHARED_FROM else [])]:
        flash(words, "warn")


def new_page(errors: dict[str, str] | None = None) -> str:
    chosen = chosen_union()
    if chosen is None:
        return list_page()
    union = union_to_write(chosen.id)
    return render_template(
        "roster/person_form.html",
        errors=errors,
        values=request.form,
        union=union,
        hints=HINTS,
        types=list(ID_TYPES.items()),
        twin=_twin(union.id) if errors else None,
        op=request.form.get("op") or new_op(),
        held=None,
        back=url_for(".index", union=union.id),
    )


def _twin(union_id: uuid.UUID) -> single.Twin | None:
    """Who has the typed number already: the page leads there, or offers 申请调入."""
    try:
        typed = read_person(request.form, clock.today())
    except Invalid:
        return None
    return single.twin_of(typed.person, union_id)


def edit_page(held: Held, errors: dict[str, str] | None = None) -> str:
    now = upkeep.on_file(held)
    shown = {key: now.values.get(key) for key in HINTS if key not in revealing.FIELDS}
    return render_template(
        "roster/person_form.html",
        errors=errors,
        values=request.form if errors else shown,
        union=union_of(held.union_id),
        hints=HINTS,
        types=list(ID_TYPES.items()),
        twin=None,
        op="",
        held=held,
        version=now.seen,
        back=url_for(".show_person", employee_id=held.id),
    )


def leave_page(held: Held, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "roster/leave.html",
        errors=errors,
        values=request.form if errors else {"left_on": clock.today()},
        held=held,
        version=upkeep.on_file(held).seen,
        back=url_for(".show_person", employee_id=held.id),
    )


def person_page(held: Held, errors: dict[str, str] | None = None) -> str:
    actor = me(held.union_id)
    verdict = vouching.answers([held]).get(held.id, "")
    facts: dict[str, Any] = {
        "held": held,
        "union": union_of(held.union_id),
        "version": upkeep.on_file(held).seen,
        "id_type": ID_TYPES[held.id_type],
        "is_bound": employees.is_bound(held.id),
        "coverages": plans.coverages_of(held.id),
        "verdict": verdict,
        "verdict_words": VERDICTS.get(verdict, ""),
    }
    return render_template(
        "roster/person.html",
        errors=errors,
        sees_name=actor.has(*SEES_NAMES),
        may_write=actor.has(*WRITERS),
        may_correct=actor.has(ADMINISTRATOR),
        may_reveal=actor.has(*MAY_REVEAL),
        reveal_fields=revealing.FIELDS,
        reveal_reasons=list(revealing.REASONS.items()),
        back=url_for(".index", union=held.union_id),
        **facts,
    )
