"""What would other figures have cost? 方案测算: a period, other figures, read what comes of it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import audit
from core.access import allow, current_actor
from core.clock import shown
from core.db import transaction
from core.errors import Conflict, Missing
from core.once import answered, new_op, once
from core.pages import again
from core.roles import ADMINISTRATOR, AUDITOR
from core.sheets import write_xlsx
from plans import service as plans
from whatif import queries, rules, service
from whatif.models import WhatIf

blueprint = Blueprint("what_if", __name__, url_prefix="/admin/what-if")

READERS = (ADMINISTRATOR, AUDITOR)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOT_YET = "测算还没有完成，请等完成后再导出。"


@blueprint.get("")
@allow(*READERS, everywhere=True)
def index() -> str:
    found = queries.runs(**_cursors())
    names = {plan.code: plan.name for plan in plans.all_plans()}
    return render_template(
        "whatif/index.html",
        plans=[(plan.code, plan.name) for plan in plans.all_plans()],
        rows=[
            {
                "url": url_for(".show", run_id=row.id),
                "plan": names.get(row.plan_code, row.plan_code),
                "purpose": row.purpose or (f"改了 {len(row.changes)} 项" if row.changes else "与现行相同"),
                "by": row.by_label,
                "at": row.created_at,
                "state": _state(row),
                "brief": queries.brief(row.totals) if row.finished_at else "",
            }
            for row in found.rows
        ],
        prev_url=url_for(".index", before=found.before) if found.before else "",
        next_url=url_for(".index", after=found.after) if found.after else "",
    )


@blueprint.get("/new")
@allow(*READERS, everywhere=True)
def new() -> str:
    return _form({})


@blueprint.post("/new")
@allow(*READERS, everywhere=True)
def start() -> ResponseReturnValue:
    again(_form)
    actor, op = current_actor(), request.form.get("op", "")
    typed = {name: text[:40] for name, text in request.form.items() if name not in ("op", "purpose", "plan")}
    with transaction():
        once(op, actor, url_for(".index"))
        run = service.start(_plan(), typed, request.form.get("purpose", ""), actor)
        at = url_for(".show", run_id=run.id)
        answered(op, at)
    flash("测算已经开始，完成后本页会显示结果。")
    return redirect(at, 303)


def _form(errors: dict[str, str]) -> str:
    plan = _plan()
    groups = plans.tunable(plan)
    today = {figure.name: figure.value for group in groups for figure in group.figures}
    return render_template(
        "whatif/new.html",
        errors=errors,
        values={**today, **request.form},
        plan=plan,
        plans=[(one.code, one.name) for one in plans.all_plans()],
        groups=groups,
        op=new_op(),
    )


def _plan() -> plans.Plan:
    code = request.values.get("plan", "")
    found = plans.plan_or_none(code) if code else plans.all_plans()[0]
    if found is None:
        raise Missing
    return found


@blueprint.get("/<uuid:run_id>")
@allow(*READERS, everywhere=True)
def show(run_id: uuid.UUID) -> str:
    run = queries.find(run_id)
    if not run.finished_at:
        return render_template("whatif/running.html", run=run, state=_state(run), **_head(run))
    return render_template(
        "whatif/show.html",
        run=run,
        totals=run.totals,
        summary=queries.summary(run),
        check=rules.check_words(run.totals),
        unions=queries.by_union(run),
        most_unions=queries.MOST_UNIONS,
        grades=queries.by_grade(run),
        benefits=queries.by_benefit(run),
        **_head(run),
    )


def _head(run: WhatIf) -> dict[str, Any]:
    return {"plan": queries.plan_of(run), "said": queries.said(run), "failed": rules.FAILED}


@blueprint.get("/<uuid:run_id>/people/<any(more, less):who>")
@allow(*READERS, everywhere=True)
def people(run_id: uuid.UUID, who: str) -> str:
    run = queries.find(run_id)
    found = queries.people(run.id, who == "more", **_cursors())
    return render_template(
        "whatif/people.html",
        run=run,
        who=who,
        rows=found.rows,
        prev_url=url_for(".people", run_id=run.id, who=who, before=found.before) if found.before else "",
        next_url=url_for(".people", run_id=run.id, who=who, after=found.after) if found.after else "",
    )


@blueprint.get("/<uuid:run_id>/differences")
@allow(*READERS, everywhere=True)
def differences(run_id: uuid.UUID) -> str:
    run = queries.find(run_id)
    found = queries.differences(run.id, **_cursors())
    return render_template(
        "whatif/differences.html",
        run=run,
        check=rules.check_words(run.totals),
        rows=found.rows,
        prev_url=url_for(".differences", run_id=run.id, before=found.before) if found.before else "",
        next_url=url_for(".differences", run_id=run.id, after=found.after) if found.after else "",
    )


@blueprint.post("/<uuid:run_id>/export")
@allow(*READERS, everywhere=True)
def export(run_id: uuid.UUID) -> Response:
    """Everybody it touches, or all unions, as a table; names masked, and the look on record."""
    what = "unions" if request.form.get("what") == "unions" else "people"
    with transaction():
        run = queries.find(run_id)
        if not run.finished_at:
            raise Conflict(NOT_YET)
        audit.record("what_if.export", "what_if", run.id, current_actor(), what=what)
        content = _unions_file(run) if what == "unions" else _people_file(run)
    answer = Response(content, content_type=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="what-if-{what}-{str(run.id)[-6:]}.xlsx"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _people_file(run: WhatIf) -> bytes:
    heads = ("姓名（已遮盖）", "单位", "申请（份）", "现行（元）", "测算（元）", "差额（元）")
    rows = ([one.name, one.union, one.claims, *_sums(one)] for one in queries.everybody(run.id))
    return write_xlsx(heads, rows, title="多得和少得的人", above=_above(run))


def _unions_file(run: WhatIf) -> bytes:
    heads = ("单位", "领取人数", "现行（元）", "测算（元）", "差额（元）", "多得（人）", "少得（人）")
    rows = (
        [row.name, row.how_many, *_sums(row), row.more, row.less]
        for row in queries.by_union(run, len(run.totals["unions"]))
    )
    return write_xlsx(heads, rows, title="各单位", above=_above(run))


def _above(run: WhatIf) -> list[str]:
    said = queries.said(run)
    figures = [f"{row['benefit']} {row['figure']}：{row['today']} → {row['tried']}" for row in said]
    head = f"方案测算：{queries.plan_of(run).name}，{run.by_label}，{shown(run.created_at)}"
    return [head, *queries.summary(run), rules.check_words(run.totals), *figures]


def _sums(row: queries.Row | queries.Touched) -> list[Any]:
    """Today, tried and the difference, as numbers that can be added up in the sheet."""
    return [Decimal(fen).scaleb(-2) for fen in (row.was_fen, row.now_fen, row.by_fen)]


def _state(row: Any) -> str:
    if row.finished_at:
        return "已完成"
    if row.failed_at:
        return "没有完成"
    return f"测算中，{row.claims_done:,} / {row.claims_total:,} 份"


def _cursors() -> dict[str, str]:
    return {name: request.args.get(name, "")[:200] for name in ("before", "after")}
