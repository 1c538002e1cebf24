"""Who works for these unions, and with which 审批事项? Page A13 (XM-20 … XM-24)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import factor
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.once import answered, new_op, once
from core.pages import again
from core.roles import ADMINISTRATOR, AUDITOR, CHAIR
from staff import queries as people
from staff import service as staff
from staff.queries import StaffCard
from staff.service import Right
from union import forms, queries, service

blueprint = Blueprint("staff_people", __name__, url_prefix="/admin/staff")

MANAGERS = (CHAIR, ADMINISTRATOR)
READERS = (*MANAGERS, AUDITOR)
MOST_CHOICES = 20
WHOLE = "all"
NO_UNION = "请选择会籍所在的工会"


@blueprint.get("")
@allow(*READERS)
def index() -> str:
    kept = {name: request.args.get(name, "").strip()[:80] for name in ("q", "role", "union")}
    place = _id(kept["union"])
    found = people.listed(
        queries.places_of(current_actor(), *READERS),
        part=kept["q"],
        union_id=place,
        role=kept["role"] if kept["role"] in staff.TITLES else "",
        before=request.args.get("before", "")[:400],
        after=request.args.get("after", "")[:400],
    )
    names = _names(found.rows)
    given: dict[str, Any] = {name: value for name, value in kept.items() if value}
    return render_template(
        "union_people/index.html",
        rows=[_line(one, names) for one in found.rows],
        roles=[(item.role, item.title) for item in staff.ITEMS],
        here=queries.names_of([place]).get(place) if place else "",
        place=place,
        may_hire=current_actor().has(*MANAGERS),
        prev_url=url_for(".index", **given, before=found.before) if found.before else "",
        next_url=url_for(".index", **given, after=found.after) if found.after else "",
    )


@blueprint.get("/new")
@allow(*MANAGERS)
def new() -> str:
    return _new_form({})


@blueprint.post("/new")
@allow(*MANAGERS)
def create() -> ResponseReturnValue:
    """新增工作人员: name, phone, 会籍 and 审批事项; the person completes the rest when signing in (XM-23)."""
    again(_new_form)
    if request.form.get("do") == "search":
        return _new_form({})
    actor = current_actor()
    name, phone = forms.person_of(request.form)
    union = queries.find(_union_chosen(), actor, *MANAGERS)
    factor.must_be_fresh(factor.RECENT)
    with transaction():
        once(request.form.get("op", ""), actor, url_for(".index"))
        staff_id = service.hire(name, phone, union.id, request.form.getlist("roles"), actor)
        answered(request.form.get("op", ""), url_for(".show", staff_id=staff_id))
    flash("已新增。请通知本人用这个手机号码和短信验证码登录，登录后自己设置密码。", "good")
    return redirect(url_for(".show", staff_id=staff_id), 303)


@blueprint.get("/<uuid:staff_id>")
@allow(*READERS)
def show(staff_id: uuid.UUID) -> str:
    return _page(staff_id, {})


@blueprint.post("/<uuid:staff_id>/rights")
@allow(*MANAGERS)
def rights(staff_id: uuid.UUID) -> ResponseReturnValue:
    """配置审批事项: first who gains and loses what, then it is done."""
    again(lambda errors: _page(staff_id, errors))
    actor = current_actor()
    who = people.card(staff_id, queries.places_of(actor, *MANAGERS))
    factor.must_be_fresh(factor.RECENT)
    wanted = _wanted(who)
    if request.form.get("do") != "confirm":
        change = staff.weigh(staff_id, wanted, actor, queries.chain_of)
        if not (change.gains or change.losses):
            flash("没有改动。")
            return redirect(url_for(".show", staff_id=staff_id), 303)
        return _confirm(who, change)
    with transaction():
        staff.set_rights(staff_id, wanted, actor, queries.chain_of)
    flash("已保存，马上生效，对方不用重新登录。", "good")
    return redirect(url_for(".show", staff_id=staff_id), 303)


@blueprint.get("/<uuid:staff_id>/<any(disable, enable):what>")
@allow(*MANAGERS)
def switch(staff_id: uuid.UUID, what: str) -> str:
    who = people.card(staff_id, queries.places_of(current_actor(), *MANAGERS))
    return render_template("union_people/switch.html", who=who, what=what, rights=_words(who))


@blueprint.post("/<uuid:staff_id>/<any(disable, enable):what>")
@allow(*MANAGERS)
def switch_now(staff_id: uuid.UUID, what: str) -> ResponseReturnValue:
    """停用 or 恢复 the account; every open page of the person stops working at once."""
    again(lambda errors: _page(staff_id, errors))
    actor = current_actor()
    people.card(staff_id, queries.places_of(actor, *MANAGERS))
    factor.must_be_fresh(factor.RECENT)
    with transaction():
        (staff.disable if what == "disable" else staff.enable)(staff_id, actor, queries.chain_of)
    flash("账号已停用，对方已打开的页面马上不能用了。" if what == "disable" else "账号已恢复。", "good")
    return redirect(url_for(".show", staff_id=staff_id), 303)


# --- what the pages show


def _page(staff_id: uuid.UUID, errors: dict[str, str]) -> str:
    actor = current_actor()
    who = people.card(staff_id, queries.places_of(actor, *READERS))
    places = _places(who)
    names = queries.names_of(place for place in places if place)
    typed = set(request.form.getlist("rights")) if request.method == "POST" else None
    groups = []
    for place in places:
        gives = staff.gives_at(actor, place, queries.chain_of) if actor.id != who.id else frozenset()
        held = {role for role, where in who.rights if where == place}
        ticked = held if typed is None else {role for role in staff.TITLES if _key(role, place) in typed}
        groups.append(
            {
                "title": f"{names.get(place, '')}及下级工会" if place else "全部工会",
                "ticks": [
                    (_key(item.role, place), item.title, item.text, item.role in ticked)
                    for item in staff.ITEMS
                    if item.role in gives and (_is_offered(item, place, who) or item.role in held)
                ],
                "fixed": [item.title for item in staff.ITEMS if item.role in held - gives],
            }
        )
    groups = [group for group in groups if group["ticks"] or group["fixed"]]
    return render_template(
        "union_people/show.html",
        who=who,
        errors=errors,
        union_name=queries.full_name(who.union_id) if who.union_id else "",
        groups=groups,
        may_change=any(group["ticks"] for group in groups),
        is_self=actor.id == who.id,
        may_help=actor.id != who.id and actor.has(ADMINISTRATOR) and actor.unions_of(ADMINISTRATOR) is None,
        may_switch=actor.id != who.id and actor.has(*MANAGERS),
        state=_state(who),
    )


def _places(who: StaffCard) -> list[uuid.UUID | None]:
    """Where rights of this person can be: their own union, where they hold some, the whole scheme."""
    own: list[uuid.UUID | None] = [who.union_id] if who.union_id else []
    return [*own, *sorted({place for _, place in who.rights if place} - {who.union_id}), None]


def _is_offered(item: staff.Item, place: uuid.UUID | None, who: StaffCard) -> bool:
    """Pages of the whole scheme are no union's; a union's rights are for those who belong to it."""
    return item.at_whole if place is None else item.at_union and place == who.union_id


def _wanted(who: StaffCard) -> frozenset[Right]:
    """What was ticked, and what the form did not offer because it is not the actor's to take."""
    actor, offered = current_actor(), set[Right]()
    for place in _places(who):
        gives = staff.gives_at(actor, place, queries.chain_of)
        offered |= {(role, place) for role in gives}
    ticked = {right for text in request.form.getlist("rights") if (right := _right(text))}
    return frozenset(ticked | (who.rights - offered))


def _confirm(who: StaffCard, change: staff.Change) -> str:
    names = queries.names_of(place for _, place in (*change.gains, *change.losses) if place)
    return render_template(
        "union_people/confirm.html",
        who=who,
        gains=[_words_of(right, names) for right in change.gains],
        losses=[_words_of(right, names) for right in change.losses],
        rights=request.form.getlist("rights"),
    )


def _new_form(errors: dict[str, str]) -> str:
    actor = current_actor()
    places = queries.places_of(actor, *MANAGERS)
    part = request.values.get("q", "").strip()[:80]
    chosen = _id(request.values.get("union", ""))
    found = queries.choices(places, part, MOST_CHOICES + 1)
    options = [(str(one), queries.full_name(one)) for one, _ in found[:MOST_CHOICES]]
    if chosen and str(chosen) not in dict(options):
        options[:0] = [(str(one), queries.full_name(one)) for one, _ in _chosen_line(chosen)]
    gives = {role for held in actor.roles for role in staff.GIVES.get(held, ())}
    return render_template(
        "union_people/new.html",
        errors=errors,
        values={"op": new_op(), **request.values.to_dict()},
        options=options,
        is_cut=len(found) > MOST_CHOICES,
        is_many=len(found) > 1 or bool(part),
        items=[
            (item.role, item.title, item.text) for item in staff.ITEMS if item.role in gives and item.at_union
        ],
        ticked=request.form.getlist("roles"),
    )


def _chosen_line(chosen: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    union = queries.find(chosen, current_actor(), *MANAGERS)
    return [(union.id, union.name)]


def _union_chosen() -> uuid.UUID:
    if (found := _id(request.form.get("union", ""))) is None:
        raise Refused(NO_UNION, "union")
    return found


def _line(who: StaffCard, names: dict[uuid.UUID, str]) -> dict[str, Any]:
    return {
        "url": url_for(".show", staff_id=who.id),
        "name": who.name,
        "phone": who.phone,
        "union": names.get(who.union_id, "") if who.union_id else "没有会籍",
        "held": _words(who, names),
        "state": _state(who),
    }


def _words(who: StaffCard, names: dict[uuid.UUID, str] | None = None) -> list[str]:
    """The rights in plain words; where they hold is said only when it is not the person's own union."""
    known = names if names is not None else _names([who])
    own = ["工会主席（默认开通医疗互助）"] if who.chair_rights else []
    order = list(staff.TITLES)
    held = sorted(who.rights, key=lambda right: order.index(right[0]) if right[0] in order else 99)
    return own + [
        staff.TITLES.get(role, role) if place == who.union_id and place else _words_of((role, place), known)
        for role, place in held
    ]


def _words_of(right: Right, names: dict[uuid.UUID, str]) -> str:
    role, place = right
    where = f"{names.get(place, '其他工会')}及下级" if place else "全部工会"
    return f"{staff.TITLES.get(role, role)}（{where}）"


def _state(who: StaffCard) -> str:
    if not who.is_active:
        return "已停用"
    return "正常" if who.is_complete else "待本人完善"


def _names(rows: Iterable[StaffCard]) -> dict[uuid.UUID, str]:
    places = {place for who in rows for _, place in who.rights if place}
    return queries.names_of(places | {who.union_id for who in rows if who.union_id})


def _key(role: str, place: uuid.UUID | None) -> str:
    return f"{role}@{place or WHOLE}"


def _right(text: str) -> Right | None:
    """What a tick says; None for one that was made up."""
    role, _, where = text.partition("@")
    place = None if where == WHOLE else _id(where)
    return (role, place) if role in staff.TITLES and (place or where == WHOLE) else None


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
