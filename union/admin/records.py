"""Which unions are there, what is on their records, and who stands below whom? (XM-27, XM-28)"""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import factor
from core.access import allow, current_actor
from core.db import transaction
from core.errors import NotAllowed
from core.fields import mask_phone
from core.once import answered, new_op, once
from core.pages import again
from staff import queries as staff
from union import forms, queries, rules, service
from union.models import Union
from union.service import history, records

blueprint = Blueprint("unions", __name__, url_prefix="/admin/unions")

MOST_CHOICES = 20
MOST_CHILDREN = 100


@blueprint.get("")
@allow(*rules.READERS)
def index() -> str:
    actor = current_actor()
    level = request.args.get("level", "")
    kept = {"q": request.args.get("q", "").strip()[:80], "level": level if level in rules.LEVELS else ""}
    found = queries.page_of(
        queries.places_of(actor, *rules.READERS),
        part=kept["q"],
        level=kept["level"],
        before=request.args.get("before", "")[:400],
        after=request.args.get("after", "")[:400],
    )
    given: dict[str, Any] = {name: value for name, value in kept.items() if value}
    return render_template(
        "union/index.html",
        rows=[{**row._asdict(), "level": rules.LEVELS.get(row.level, ""),
               "url": url_for(".show", union_id=row.id)} for row in found.rows],
        levels=list(rules.LEVELS.items()),
        may_found=actor.unions_of(*rules.MOVERS) is None and actor.has(*rules.MOVERS),
        prev_url=url_for(".index", **given, before=found.before) if found.before else "",
        next_url=url_for(".index", **given, after=found.after) if found.after else "",
    )  # fmt: skip


@blueprint.get("/<uuid:union_id>")
@allow(*rules.READERS)
def show(union_id: uuid.UUID) -> str:
    actor = current_actor()
    union = queries.find(union_id, actor, *rules.READERS)
    here = actor.within(queries.chain_of(union.id))
    return render_template(
        "union/show.html",
        union=union,
        level=rules.LEVELS.get(union.level, ""),
        line=queries.line_of(union.path),
        labels=rules.LABELS,
        hints={"chair": rules.CHAIR_HINT, "legal": rules.LEGAL_HINT},
        chair_phone=mask_phone(union.chair_phone),
        chair_accounts=staff.names_with("chair", [union.id]),
        children=queries.children_of(union.id, MOST_CHILDREN),
        history=history.lines(union.id),
        may_edit=here.has(*rules.EDITORS),
        may_found=here.has(*rules.FOUNDERS),
        may_move=here.has(*rules.MOVERS),
        may_grant=here.has("chair", "administrator", "auditor"),
    )


@blueprint.get("/<uuid:union_id>/edit")
@allow(*rules.EDITORS)
def edit(union_id: uuid.UUID) -> str:
    return _form(queries.find(union_id, current_actor(), *rules.EDITORS), {}, is_fresh=True)


@blueprint.post("/<uuid:union_id>/edit")
@allow(*rules.EDITORS)
def save(union_id: uuid.UUID) -> ResponseReturnValue:
    """Save the record; who comes second reads what the first one wrote beside what they typed (409)."""
    actor = current_actor()
    again(lambda errors: _form(queries.find(union_id, actor, *rules.EDITORS), errors))
    union = queries.find(union_id, actor, *rules.EDITORS)
    values = forms.record_of(request.form, with_chair=service.may_name_chair(union, actor))
    if _names_another_chair(union, values):
        factor.must_be_fresh(factor.RECENT)
    with transaction():
        changed = service.edit(union, values, actor, _seen())
    flash("已保存：" + "、".join(rules.LABELS[name] for name in changed) if changed else "没有改动。", "good")
    return redirect(url_for(".show", union_id=union_id), 303)


@blueprint.get("/new")
@allow(*rules.FOUNDERS)
def new() -> str:
    return _new_form({})


@blueprint.post("/new")
@allow(*rules.FOUNDERS)
def create() -> ResponseReturnValue:
    """A union under one of ours; at the top only for administrators of the whole scheme."""
    again(_new_form)
    parent = _parent()
    name, level = forms.new_union_of(request.form)
    actor = current_actor()
    with transaction():
        once(request.form.get("op", ""), actor, url_for(".index"))
        union = service.create_child(parent.id if parent else None, name, level, actor)
        answered(request.form.get("op", ""), url_for(".show", union_id=union.id))
    flash(f"已新建“{name}”。请补充它的资料。", "good")
    return redirect(url_for(".show", union_id=union.id), 303)


@blueprint.get("/<uuid:union_id>/move")
@allow(*rules.MOVERS)
def move(union_id: uuid.UUID) -> str:
    return _move_form(union_id, {})


@blueprint.post("/<uuid:union_id>/move")
@allow(*rules.MOVERS)
def move_now(union_id: uuid.UUID) -> ResponseReturnValue:
    """The union and all below it go under another one, with everybody in them."""
    again(lambda errors: _move_form(union_id, errors))
    actor = current_actor()
    union = queries.find(union_id, actor, *rules.MOVERS)
    to = queries.find(_id(request.form.get("to", "")), actor, *rules.MOVERS)
    name, above = union.name, to.name
    with transaction():
        service.move(union.id, to.id, actor)
    flash(f"“{name}”和它下面的工会已改为隶属“{above}”。", "good")
    return redirect(url_for(".show", union_id=union_id), 303)


def _form(union: Union, errors: dict[str, str], *, is_fresh: bool = False) -> str:
    now = records.current(union)
    typed = {name: request.form.get(name, value) for name, value in now.items()} if not is_fresh else now
    is_late = not is_fresh and _seen() != union.version  # somebody saved meanwhile
    was = {name: now[name] for name in now if is_late and typed[name] != now[name]}
    return render_template(
        "union/edit.html",
        union=union,
        errors=errors,
        values=typed,
        was=was,
        labels=rules.LABELS,
        natures=[("", "还没有填"), *[(one, one) for one in rules.NATURES]],
        may_name_chair=service.may_name_chair(union, current_actor()),
        hints={"chair": rules.CHAIR_HINT, "legal": rules.LEGAL_HINT, "locked": rules.CHAIR_LOCKED},
    )


def _new_form(errors: dict[str, str]) -> str:
    parent = _parent()
    levels = [
        pair for pair in rules.LEVELS.items() if not parent or not rules.level_problem(parent.level, pair[0])
    ]
    values = request.form or {"op": new_op(), "level": levels[-1][0] if parent else ""}
    return render_template("union/new.html", errors=errors, values=values, parent=parent, levels=levels)


def _parent() -> Union | None:
    """The union a new one goes under; none at all only for administrators of the whole scheme."""
    actor = current_actor()
    if text := request.values.get("under", ""):
        return queries.find(_id(text), actor, *rules.FOUNDERS)
    if actor.has(*rules.MOVERS) and actor.unions_of(*rules.MOVERS) is None:
        return None
    raise NotAllowed("请先打开上级工会，再点“新建下级工会”。")


def _move_form(union_id: uuid.UUID, errors: dict[str, str]) -> str:
    actor = current_actor()
    union = queries.find(union_id, actor, *rules.MOVERS)
    part = request.values.get("q", "").strip()[:80]
    found = queries.choices(queries.places_of(actor, *rules.MOVERS), part, MOST_CHOICES + 1) if part else []
    return render_template(
        "union/move.html",
        errors=errors,
        values=request.form,
        union=union,
        line=queries.line_of(union.path),
        part=part,
        found=[(str(one), queries.full_name(one)) for one, _ in found[:MOST_CHOICES] if one != union.id],
        is_cut=len(found) > MOST_CHOICES,
    )


def _names_another_chair(union: Union, values: dict[str, str]) -> bool:
    now = records.current(union)
    return any(name in values and values[name] != now[name] for name in rules.CHAIR_FIELDS)


def _seen() -> int:
    """The version the page was made from; -1 (never right) for a form that was tampered with."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
