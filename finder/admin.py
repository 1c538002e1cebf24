"""回头望: whose stay nobody claimed for; the union sees its people, the scheme uploads, matches and tells."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.db import transaction
from core.once import answered, new_op, once
from core.pages import again
from core.roles import ADMINISTRATOR
from finder import queries, rules, service
from finder.models import FinderRun
from finder.service.telling import count_due

blueprint = Blueprint("finder", __name__, url_prefix="/admin/finder")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COUNTS = (
    ("found", "新找到，可能漏申请"),
    ("known", "以前找到过"),
    ("claimed", "已经申请过"),
    ("uncovered", "住院时没有参保"),
    ("outside", "不在保障期、等待期内或过了申请期限"),
    ("nothing_due", "按规则算下来没有补助"),
    ("strangers", "不在职工名册里"),
    ("wrong", "表格里填得不对"),
)


@blueprint.get("")
@allow(*rules.READERS)
def index() -> str:
    """The union's own list, masked (scope: the asker's unions and all below)."""
    state, part = request.args.get("state", ""), request.args.get("union", "").strip()[:80]
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = queries.listed(queries.reach_of(current_actor(), part=part), state, before=before, after=after)
    kept: dict[str, Any] = {"state": state or None, "union": part or None}
    return render_template(
        "finder/index.html",
        rows=[row._asdict() for row in found.rows],
        states=list(rules.STATES.items()),
        empty=rules.EMPTY,
        may_run=_oversees(),
        prev_url=url_for(".index", **kept, before=found.before) if found.before else "",
        next_url=url_for(".index", **kept, after=found.after) if found.after else "",
    )


@blueprint.get("/runs")
@allow(*rules.OVERSEERS, everywhere=True)
def runs() -> str:
    return _runs_page({})


def _runs_page(errors: dict[str, str]) -> str:
    rows = queries.runs()
    return render_template(
        "finder/runs.html",
        errors=errors,
        rows=rows,
        labels=rules.RUN.labels,
        may_write=current_actor().has(ADMINISTRATOR),
        is_open=any(row.state not in rules.RUN.final for row in rows),
        is_moving=any(row.state in rules.WORKED_ON for row in rows),
        op=request.form.get("op") if errors and request.form.get("op") else new_op(),
    )


@blueprint.get("/template")
@allow(*rules.OVERSEERS, everywhere=True)
def template() -> Response:
    answer = Response(service.template(), content_type=XLSX)
    answer.headers["Content-Disposition"] = (
        "attachment; filename=\"template.xlsx\"; filename*=UTF-8''%E5%8C%BB%E4%BF%9D%E7%BB%93%E7%AE%97"
        "%E6%95%B0%E6%8D%AE%E6%A8%A1%E6%9D%BF.xlsx"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/runs")
@allow(ADMINISTRATOR, everywhere=True)
def upload() -> ResponseReturnValue:
    """A settlement extract; or (`do=again`) what is known already is looked at once more."""
    again(_runs_page)
    sent = request.files.get("file")
    content, name = (sent.read(), sent.filename or "") if sent else (b"", "")
    actor, op = current_actor(), request.form.get("op", "")
    with transaction():
        once(op, actor, url_for(".runs"))
        is_again = request.form.get("do") == "again"
        run = service.again(actor) if is_again else service.upload(content, name, actor)
        there = url_for(".show", look_id=run.id)
        answered(op, there)
    return redirect(there, 303)


@blueprint.get("/runs/<uuid:look_id>")
@allow(*rules.OVERSEERS, everywhere=True)
def show(look_id: uuid.UUID) -> str:
    return _run_page(queries.find_run(look_id), {})


@blueprint.post("/runs/<uuid:look_id>/tell")
@allow(ADMINISTRATOR, everywhere=True)
def tell(look_id: uuid.UUID) -> ResponseReturnValue:
    """发出提醒, after the page that says to how many."""
    again(lambda errors: _run_page(queries.find_run(look_id), errors))
    with transaction():
        service.tell(queries.find_run(look_id), current_actor(), _seen())
    flash("正在发出提醒，每人只收到一次。")
    return redirect(url_for(".show", look_id=look_id), 303)


@blueprint.post("/runs/<uuid:look_id>/close")
@allow(ADMINISTRATOR, everywhere=True)
def close(look_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: _run_page(queries.find_run(look_id), errors))
    with transaction():
        service.close(queries.find_run(look_id), current_actor(), _seen())
    flash("已关闭，没有提醒任何人。")
    return redirect(url_for(".show", look_id=look_id), 303)


def _run_page(run: FinderRun, errors: dict[str, str]) -> str:
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = queries.faults_of(run, before=before, after=after)
    return render_template(
        "finder/run.html",
        errors=errors,
        run=run,
        label=rules.RUN.label(run.state),
        counts=[(words, getattr(run, name)) for name, words in COUNTS if getattr(run, name)],
        is_moving=run.state in rules.WORKED_ON,
        due=count_due(run) if run.state == "found" else 0,
        may_write=current_actor().has(ADMINISTRATOR),
        faults=[row._asdict() for row in found.rows],
        prev_url=url_for(".show", look_id=run.id, before=found.before) if found.before else "",
        next_url=url_for(".show", look_id=run.id, after=found.after) if found.after else "",
    )


def _oversees() -> bool:
    """Somebody whose grant is for the whole scheme: the pages of the looks are theirs."""
    actor = current_actor()
    return actor.has(*rules.OVERSEERS) and actor.unions_of(*rules.OVERSEERS) is None


def _seen() -> int:
    """The version the page was made from; -1 (never right) for a form that was tampered with."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
