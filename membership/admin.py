"""会籍变更: who asks to belong to which union, and what is answered? (XM-22, XM-25)"""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import names
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Invalid, Refused
from core.fields import mask_id, mask_name
from core.history import timeline
from core.identifiers import normalise
from core.once import answered, new_op, once
from core.pages import again
from employee import service as employees
from membership import queries, rules, service
from membership.models import MembershipTransfer
from membership.rules import WAITING, WORKFLOW
from membership.service.answering import may_decide, own_problem
from staff import queries as people
from staff import service as staff
from union import queries as unions

blueprint = Blueprint("transfers", __name__, url_prefix="/admin/transfers")

MOST_CHOICES = 20


@blueprint.get("")
@allow(*rules.READERS)
def index() -> str:
    state = request.args.get("state", "")
    found = queries.listed(
        current_actor(),
        state,
        before=request.args.get("before", "")[:400],
        after=request.args.get("after", "")[:400],
    )
    kept: dict[str, Any] = {"state": state} if state in WORKFLOW.labels else {}
    return render_template(
        "membership/index.html",
        rows=[
            {**row._asdict(), "name": mask_name(row.name) if row.kind == "职工" else row.name,
             "url": url_for(".show", transfer_id=row.id)}
            for row in found.rows
        ],
        states=list(WORKFLOW.labels.items()),
        may_ask=current_actor().has(*rules.DECIDES),
        prev_url=url_for(".index", **kept, before=found.before) if found.before else "",
        next_url=url_for(".index", **kept, after=found.after) if found.after else "",
    )  # fmt: skip


@blueprint.get("/<uuid:transfer_id>")
@allow("staff")
def show(transfer_id: uuid.UUID) -> str:
    return _page(transfer_id, {})


@blueprint.post("/<uuid:transfer_id>/<any(approve, refuse, withdraw):what>")
@allow("staff")
def answer(transfer_id: uuid.UUID, what: str) -> ResponseReturnValue:
    """通过, 不通过 or 撤回; who may is in the workflow's table and the union's tree."""
    again(lambda errors: _page(transfer_id, errors))
    actor = current_actor()
    with transaction():
        row = queries.find(transfer_id, actor)
        if what == "approve":
            service.approve(row, actor, seen=_seen())
        elif what == "refuse":
            service.refuse(row, actor, request.form.get("note", "")[:600], seen=_seen())
        else:
            service.withdraw(row, actor, seen=_seen())
    flash({"approve": "已通过，已用短信通知对方。", "refuse": "已答复不通过，已用短信通知对方。",
           "withdraw": "已撤回。"}[what], "good")  # fmt: skip
    return redirect(url_for(".show", transfer_id=transfer_id), 303)


@blueprint.get("/mine")
@allow("staff")
def mine() -> str:
    return _mine_form({})


@blueprint.post("/mine")
@allow("staff")
def ask_mine() -> ResponseReturnValue:
    """会籍变更 from the home page: into which union, and why (XM-25)."""
    again(_mine_form)
    if request.form.get("do") == "search":
        return _mine_form({})
    actor = current_actor()
    to = _chosen()
    with transaction():
        once(request.form.get("op", ""), actor, url_for(".mine"))
        row = service.ask_for_oneself(to, request.form.get("reason", ""), actor)
        answered(request.form.get("op", ""), url_for(".show", transfer_id=row.id))
    flash("会籍变更已提交，等待转入工会审核。结果会用短信通知您。", "good")
    return redirect(url_for(".show", transfer_id=row.id), 303)


@blueprint.get("/new")
@allow(*rules.DECIDES)
def new() -> str:
    return _new_form({})


@blueprint.post("/new")
@allow(*rules.DECIDES)
def ask() -> ResponseReturnValue:
    """申请调入: a person of another union's roster comes to one of ours."""
    again(_new_form)
    if request.form.get("do") == "search":
        return _new_form({})
    actor = current_actor()
    name, number = names.normalise(request.form.get("name", "")), _number()
    if not name or not number:
        raise Invalid(
            {key: words for key, words, text in (("name", "请填写姓名", name),
             ("id_number", "请填写证件号码", number)) if not text}
        )  # fmt: skip
    to = unions.find(_chosen(), actor, *rules.DECIDES)
    with transaction():
        once(request.form.get("op", ""), actor, url_for(".index"))
        row = service.ask_for_employee(name, number, to.id, request.form.get("reason", ""), actor)
        answered(request.form.get("op", ""), url_for(".show", transfer_id=row.id))
    flash("已向原工会提出，等待对方审核。结果会用短信通知您。", "good")
    return redirect(url_for(".show", transfer_id=row.id), 303)


def _page(transfer_id: uuid.UUID, errors: dict[str, str]) -> str:
    actor = current_actor()
    row = queries.find(transfer_id, actor)
    is_open = row.state == WAITING
    own = own_problem(row, actor) if is_open else None
    may = is_open and may_decide(row, actor)
    return render_template(
        "membership/show.html",
        errors=errors,
        values=request.form,
        row=row,
        state=WORKFLOW.label(row.state),
        who=_who(row),
        from_union=unions.full_name(row.from_union_id) if row.from_union_id else "没有会籍",
        to_union=unions.full_name(row.to_union_id),
        answers=_answering(row),
        losses=_losses(row) if is_open else [],
        happens=rules.HAPPENS if row.employee_id else "",
        steps=[
            {"label": "提出" if step.action == "create" else WORKFLOW.label(step.to_state), "at": step.at,
             "who": step.actor_label, "note": step.note or "", "state": "done"}
            for step in timeline(row.id)
        ],
        own=own if may else "",
        may_decide=may and not own,
        may_withdraw=is_open and row.asked_by_id == actor.id,
        back="/admin/transfers" if actor.has(*rules.READERS) else "/admin/",
    )  # fmt: skip


def _who(row: MembershipTransfer) -> list[tuple[str, str]]:
    """Whom it is about; a certificate is never shown whole here."""
    if row.employee_id:
        card = employees.card(row.employee_id)
        return [("职工", card.name), ("证件号码", mask_id(card.id_number))]
    assert row.staff_id  # noqa: S101 - the table's own rule
    who = people.card(row.staff_id)
    return [("工作人员", who.name), ("手机号码", who.phone)]


def _losses(row: MembershipTransfer) -> list[str]:
    """The rights that end with the 会籍 (XM-22)."""
    if not row.staff_id:
        return []
    lost = staff.lost_by_moving(row.staff_id, row.to_union_id)
    known = unions.names_of(place for _, place in lost if place)
    return [f"{staff.TITLES.get(role, role)}（{known.get(place, '')}）" for role, place in lost if place]


def _answering(row: MembershipTransfer) -> str:
    """Whose answer is waited for, by the name of the union."""
    place = row.from_union_id if rules.answers_at(row.subject_kind) == "from" else row.to_union_id
    return unions.names_of([place]).get(place, "") if place else ""


def _mine_form(errors: dict[str, str]) -> str:
    actor = current_actor()
    assert actor.id  # noqa: S101 - the access rule says staff
    return render_template(
        "membership/mine.html", errors=errors, home=queries.home_of(actor.id),
        lost=bool(staff.rights_of(actor.id)), **_form(everywhere=True),
    )  # fmt: skip


def _new_form(errors: dict[str, str]) -> str:
    return render_template("membership/new.html", errors=errors, **_form(everywhere=False))


def _form(everywhere: bool) -> dict[str, object]:
    """The unions to choose from: all for one's own 会籍, our own for somebody who is to come."""
    places = None if everywhere else unions.places_of(current_actor(), *rules.DECIDES)
    part = request.values.get("q", "").strip()[:80]
    found = unions.choices(places, part, MOST_CHOICES + 1) if part or not everywhere else []
    options = [(str(one), unions.full_name(one)) for one, _ in found[:MOST_CHOICES]]
    return {
        "values": {"op": new_op(), **request.values.to_dict()},
        "options": options,
        "part": part,
        "is_cut": len(found) > MOST_CHOICES,
        "is_many": everywhere or len(found) > 1 or bool(part),
    }


def _chosen() -> uuid.UUID:
    try:
        return uuid.UUID(request.form.get("to", ""))
    except ValueError:
        raise Refused(rules.NO_UNION, "to") from None


def _number() -> str:
    """The certificate number as rosters keep it."""
    return normalise("resident_id", request.form.get("id_number", ""))


def _seen() -> int:
    """The version the page was made from; -1 (never right) for a form that was tampered with."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
