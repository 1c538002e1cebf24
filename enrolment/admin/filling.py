"""申请信息 and 经办人信息: the record, read and put right here; the accounts; who is in charge."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core import factor
from core.access import allow
from core.db import transaction
from core.once import new_op, once
from core.pages import again
from enrolment import forms
from enrolment.admin import showing
from enrolment.admin.door import (
    KEEPERS,
    READERS,
    Errors,
    blueprint,
    enrolment_of,
    is_open_to_me,
    me,
    mine,
    path_of,
    scope,
)
from enrolment.models import Enrolment
from enrolment.queries import listing
from enrolment.service import accounts, checks, filing
from union import queries as unions
from union import service as union_service
from union.queries import Union

# What may be put right from here; name, chain and industry are changed on the union's own page.
FIELDS = ("nature", "headcount", "contact_name", "contact_phone")
CHAIR = ("chair_name", "chair_phone")
NATURES = ("机关", "事业", "国企", "其他")
LABELS = {
    "nature": "单位性质",
    "headcount": "单位从业人数",
    "contact_name": "工会联系人",
    "contact_phone": "联系人手机",
    "chair_name": "工会主席",
    "chair_phone": "工会主席的手机号码",
}


@blueprint.get("/<number>/application")
@allow(*READERS)
def application(number: str) -> str:
    return _application_page(enrolment_of(number), {})


@blueprint.post("/<number>/application")
@allow(*KEEPERS)
def save_record(number: str) -> ResponseReturnValue:
    """保存: what is missing on the union's record is filled in right here (XM-58)."""
    again(lambda errors: _application_page(enrolment_of(number), errors))
    enrolment = mine(number)
    union = unions.find(enrolment.union_id, me(), *KEEPERS)
    wanted = FIELDS + CHAIR * union_service.may_name_chair(union, me())
    given = {name: request.form.get(name, "") for name in wanted if name in request.form}
    values = union_service.part_of(given, [name for name in wanted if name in given])
    if any(name in values and values[name] != (getattr(union, name) or "") for name in CHAIR):
        factor.must_be_fresh(factor.RECENT)
    with transaction():
        enrolment = mine(number)
        changed = filing.edit_record(enrolment, values, me(), _record_seen())
    said = "、".join(LABELS[name] for name in changed if name in LABELS)
    flash(f"已保存：{said}。工会资料和这份申请都已更新。" if changed else "已保存，没有改动。", "good")
    return redirect(path_of(enrolment, "application"), 303)


@blueprint.post("/<number>/refresh")
@allow(*KEEPERS)
def refresh(number: str) -> ResponseReturnValue:
    """更新: read the union's record anew (XM-58)."""
    again(lambda errors: _application_page(enrolment_of(number), errors))
    with transaction():
        enrolment = mine(number)
        is_changed = filing.refresh(enrolment, me())
    flash("已按最新的工会资料更新，请核对。" if is_changed else "已经是最新的工会资料。", "good")
    return redirect(path_of(enrolment, "application"), 303)


@blueprint.post("/<number>/accounts")
@allow(*KEEPERS)
def add_account(number: str) -> ResponseReturnValue:
    """添加账号 (XM-61)."""
    again(lambda errors: _application_page(enrolment_of(number), errors))
    enrolment = mine(number)
    name, card = forms.account_of(request.form)
    with transaction():
        enrolment = mine(number)
        once(request.form.get("op", ""), me(), path_of(enrolment, "application"))
        accounts.add(enrolment, name, card, me())
    flash("已添加缴费账号。", "good")
    return redirect(path_of(enrolment, "application") + "#accounts", 303)


@blueprint.post("/<number>/accounts/<uuid:account_id>/remove")
@allow(*KEEPERS)
def remove_account(number: str, account_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: _application_page(enrolment_of(number), errors))
    with transaction():
        enrolment = mine(number)
        accounts.remove(enrolment, account_id, me())
    flash("已删除缴费账号。", "good")
    return redirect(path_of(enrolment, "application") + "#accounts", 303)


@blueprint.get("/<number>/agent")
@allow(*READERS)
def agent(number: str) -> str:
    return _agent_page(enrolment_of(number), {})


@blueprint.post("/<number>/agent")
@allow(*KEEPERS)
def take_over(number: str) -> ResponseReturnValue:
    """改由我经办."""
    again(lambda errors: _agent_page(enrolment_of(number), errors))
    with transaction():
        enrolment = mine(number)
        filing.take_over(enrolment, me())
    flash("已改由您经办，以后的通知发给您。", "good")
    return redirect(path_of(enrolment, "agent"), 303)


def _application_page(enrolment: Enrolment, errors: Errors) -> str:
    union = unions.find(enrolment.union_id, me(), *KEEPERS) if is_open_to_me(enrolment) else None
    may_name_chair = union is not None and union_service.may_name_chair(union, me())
    return render_template(
        "enrolment/application.html",
        errors=errors,
        values=_typed(union) if union else {},
        **showing.facts(enrolment),
        labels=LABELS,
        natures=[(one, one) for one in NATURES],
        union=union,
        may_name_chair=may_name_chair,
        is_stale=union is not None and union.version != enrolment.union_version,
        accounts=showing.account_rows(enrolment),
        standing=checks.standing(enrolment),
        first_number=listing.number_of(enrolment.supplement_of_id) if enrolment.supplement_of_id else "",
        supplements=listing.supplements_of(enrolment, scope()),
    )


def _typed(union: Union) -> dict[str, Any]:
    """What stands in the form: the record, over it what was typed before a refusal; a fresh `op`."""
    now = {name: str(getattr(union, name) or "") for name in FIELDS + CHAIR}
    typed = {name: request.form.get(name, value) for name, value in now.items()}
    extra = {name: request.form.get(name, "") for name in ("account_name", "card")}
    return {**typed, **extra, "op": new_op(), "record_seen": request.form.get("record_seen", union.version)}


def _agent_page(enrolment: Enrolment, errors: Errors) -> str:
    return render_template(
        "enrolment/agent.html",
        errors=errors,
        **showing.facts(enrolment),
        may_take_over=is_open_to_me(enrolment) and enrolment.filed_by_id != me().id,
    )


def _record_seen() -> int:
    """The version of the union's record that the form was made from."""
    text = request.form.get("record_seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
