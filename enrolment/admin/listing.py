"""Which enrolments are there, and how does a new one begin? The list, 新建 and 补充参保."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.once import answered, new_op, once
from core.pages import again
from enrolment import rules
from enrolment.admin.door import KEEPERS, READERS, Errors, blueprint, enrolment_of, me, mine, path_of, scope
from enrolment.queries import listing
from enrolment.rules.words import NO_UNION
from enrolment.service import filing
from plans import service as plans
from union import queries as unions
from union.queries import Union

STATES = (*rules.OPEN, rules.DONE, rules.CANCELLED)
MOST_CHOICES = 20


@blueprint.get("")
@allow(*READERS)
def index() -> str:
    kept = _kept()
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = listing.listed(
        scope(),
        kept.get("state", ""),
        plan_code=kept.get("plan", ""),
        union=kept.get("union", ""),
        before=before,
        after=after,
    )
    return render_template(
        "enrolment/index.html",
        rows=found.rows,
        tabs=_tabs(listing.counts(current_actor(), scope()), kept),
        plans=listing.plan_choices(),
        may_start=current_actor().has(*KEEPERS),
        is_filtered=bool(kept),
        kept=kept,
        prev_url=url_for(".index", **_args(kept), before=found.before) if found.before else "",
        next_url=url_for(".index", **_args(kept), after=found.after) if found.after else "",
    )


def _kept() -> dict[str, str]:
    state, plan = request.args.get("state", ""), request.args.get("plan", "")
    given = {
        "state": state if state in STATES else "",
        "plan": plan if plan in dict(listing.plan_choices()) else "",
        "union": request.args.get("union", "").strip()[:80],
    }
    return {name: value for name, value in given.items() if value}


def _args(kept: dict[str, str]) -> dict[str, Any]:
    return dict(kept)


def _tabs(counts: dict[str, int], kept: dict[str, str]) -> list[dict[str, Any]]:
    """One tab a state, with how much waits there."""
    others = {name: value for name, value in kept.items() if name != "state"}
    labels = [("", "全部"), *((one, listing.state_words(one)) for one in STATES)]
    return [
        {
            "label": f"{label} {counts[one]} 件" if counts.get(one) else label,
            "url": url_for(".index", **_args(others | ({"state": one} if one else {}))),
            "current": one == kept.get("state", ""),
        }
        for one, label in labels
    ]


@blueprint.get("/new")
@allow(*KEEPERS)
def new() -> str:
    return _new_page({})


@blueprint.post("/new")
@allow(*KEEPERS)
def start() -> ResponseReturnValue:
    """新建参保申请: for which union, in which period."""
    again(_new_page)
    if request.form.get("do") == "search":
        return _new_page({})
    union, actor = _union(), current_actor()
    if union is None:
        raise Refused(NO_UNION, "for_union")
    actor, op = actor.within(unions.chain_of(union.id)), request.form.get("op", "")
    with transaction():
        once(op, actor, url_for(".index"))
        row = filing.start(union, request.form.get("plan", "")[:32], actor)
        answered(op, path_of(row))
    flash(f"参保申请已建好，申报编号 {row.number}。请逐项填写，填好一项保存一项。", "good")
    return redirect(path_of(row), 303)


@blueprint.post("/<number>/supplement")
@allow(*KEEPERS)
def supplement(number: str) -> ResponseReturnValue:
    """补充参保: people who came later, under a number of its own."""
    from enrolment.admin.showing import page

    again(lambda errors: page(enrolment_of(number), errors))
    op = request.form.get("op", "")
    with transaction():
        first = mine(number)
        once(op, me(), path_of(first))
        row = filing.supplement(first, me())
        answered(op, path_of(row))
    flash(f"补充参保申请已建好，申报编号 {row.number}。", "good")
    return redirect(path_of(row), 303)


def _new_page(errors: Errors) -> str:
    actor = current_actor()
    part = request.values.get("q", "").strip()[:80]
    found = unions.choices(unions.places_of(actor, *KEEPERS), part, MOST_CHOICES + 1)
    shown = found[:MOST_CHOICES]
    only = str(shown[0][0]) if len(shown) == 1 else ""
    today = clock.today()
    openings = [(plan, plans.opening(plan, today)) for plan in plans.all_plans()]
    ready = [(plan.code, plan.name, _period_words(plan)) for plan, words in openings if not words]
    return render_template(
        "enrolment/new.html",
        errors=errors,
        values={
            "op": request.form.get("op") or new_op(),
            "for_union": request.form.get("for_union", only),
            "plan": request.form.get("plan", ready[0][0] if len(ready) == 1 else ""),
            "q": part,
        },
        options=[(str(one), unions.full_name(one)) for one, _ in shown],
        is_many=len(found) > 1 or bool(part),
        is_cut=len(found) > MOST_CHOICES,
        part=part,
        plans=ready,
        closed=[words for plan, words in openings if words and plan.ends_on >= today],
    )


def _period_words(plan: plans.Plan) -> str:
    until = f"，参保截止 {plan.enrol_until}" if plan.enrol_until else ""
    return f"保障期 {plan.period}{until}"


def _union() -> Union | None:
    """The chosen union, within those whose enrolments the asker keeps. Raises `Missing`."""
    text = request.form.get("for_union", "")
    if not text:
        return None
    try:
        union_id = uuid.UUID(text[:40])
    except ValueError:
        return None
    return unions.find(union_id, current_actor(), *KEEPERS)
