"""How does a table become the roster? Uploaded, read by a worker, looked over, confirmed, answered."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import audit, context
from core.access import allow
from core.db import transaction
from core.errors import Missing
from core.once import answered, new_op, once
from core.pages import again
from roster import queries, service
from roster.admin.door import (
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
from roster.admin.listing import as_download
from roster.admin.listing import page as list_page
from roster.models import RosterImport
from roster.rules import hours, states
from roster.service import keeping

KINDS = {
    states.WRONG: "有错不导入",
    states.MOVED: "在其他工会",
    states.NEW: "新增",
    states.CHANGED: "更新",
    states.MISSING: "名册里有但表里没有",
    queries.LATER: "身份核对",
}
MOST_MOVES = 2000


@blueprint.get("/import")
@allow(*WRITERS)
def upload() -> str:
    return upload_page()


@blueprint.post("/import")
@allow(*WRITERS)
def upload_now() -> ResponseReturnValue:
    """导入职工信息 (XM-32). A table that cannot be one is refused here, in words."""
    again(upload_page)
    union = chosen_to_write()
    sent = request.files.get("file")
    content, name = (sent.read(), sent.filename or "") if sent else (b"", "")
    actor = me(union.id)
    with transaction():
        op = request.form.get("op", "")
        once(op, actor, url_for(".imports", union=union.id))
        work = service.upload(union.id, content, name, actor)
        there = url_for(".show_import", import_id=work.id)
        answered(op, there)
    return redirect(there, 303)


@blueprint.get("/imports")
@allow(*READERS)
def imports() -> str:
    """查看导入结果 (XM-33)."""
    union = chosen_union()
    if union is None:
        return list_page()
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = queries.imports_of(union.id, before=before, after=after)
    return render_template(
        "roster/imports.html",
        union=union,
        rows=found.rows,
        may_write=me(union.id).has(*WRITERS),
        is_moving=any(row.state in keeping.WORKED_ON for row in found.rows),
        prev_url=url_for(".imports", union=union.id, before=found.before) if found.before else "",
        next_url=url_for(".imports", union=union.id, after=found.after) if found.after else "",
    )


@blueprint.get("/imports/<uuid:import_id>")
@allow(*READERS)
def show_import(import_id: uuid.UUID) -> str:
    return import_page(queries.find_import(import_id, places()))


@blueprint.post("/imports/<uuid:import_id>/confirm")
@allow(*WRITERS)
def confirm(import_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: import_page(queries.find_import(import_id, places()), errors))
    with transaction():
        work = _mine(import_id)
        service.confirm(work, me(work.union_id), seen(), _moves(work))
    return redirect(url_for(".show_import", import_id=import_id), 303)


@blueprint.post("/imports/<uuid:import_id>/cancel")
@allow(*WRITERS)
def cancel(import_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: import_page(queries.find_import(import_id, places()), errors))
    with transaction():
        work = _mine(import_id)
        service.cancel(work, me(work.union_id), seen())
    flash("已取消，名册没有改动", "good")
    return redirect(url_for(".imports", union=work.union_id), 303)


@blueprint.post("/imports/<uuid:import_id>/result")
@allow(*WRITERS)
def result(import_id: uuid.UUID) -> ResponseReturnValue:
    """查看结果 (XM-34): the uploaded rows with 处理结果 and 原因. By POST, because it goes on record."""
    with transaction():
        work = _mine(import_id)
        if work.result_file_id is None:
            raise Missing
        content = keeping.content_of(work.result_file_id)
        audit.record("roster_import.result", "roster_import", work.id, me(work.union_id))
    name = work.file_name.rpartition(".")[0] or work.file_name
    return as_download(content, f"导入结果-{name}.xlsx")


def _mine(import_id: uuid.UUID) -> RosterImport:
    """The import, if the asker keeps its union's roster."""
    work = queries.find_import(import_id, places())
    union_to_write(work.union_id)
    return work


def _moves(work: RosterImport) -> list[int]:
    """The rows ticked 申请调入; the tick for all of them stands for those that found no room on the page."""
    if request.form.get("move_all"):
        return queries.moved_numbers(work)
    texts = request.form.getlist("move")[:MOST_MOVES]
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 8]


def upload_page(errors: dict[str, str] | None = None) -> str:
    chosen = chosen_union()
    if chosen is None:
        return list_page()
    union = union_to_write(chosen.id)
    return render_template(
        "roster/upload.html",
        errors=errors,
        union=union,
        hint=hours.hint(context.scheme().identity_window),
        open_import=queries.open_import(union.id),
        op=request.form.get("op") if errors and request.form.get("op") else new_op(),
    )


def import_page(work: RosterImport, errors: dict[str, str] | None = None) -> str:
    """The import as it stands: waiting, read, asked about, done."""
    union, actor = union_of(work.union_id), me(work.union_id)
    late = queries.late_count(work) if work.state in (states.APPLYING, states.DONE) else {}
    kinds = _kinds(work, sum(late.values()))
    kind = request.args.get("show", "")
    kind = kind if kind in kinds else next(iter(kinds), "")
    return render_template(
        "roster/import.html",
        errors=errors,
        work=work,
        union=union,
        label=states.LABELS[work.state],
        progress=queries.progress_of(work, queries.position(work) if work.state == states.UPLOADED else 0),
        is_moving=work.state in keeping.WORKED_ON,
        is_open=work.state == states.PREVIEW,
        kinds=kinds,
        kind=kind,
        titles=KINDS,
        late=late,
        waits=service.waiting_words(work),
        words=_words(work),
        refused=service.not_imported(work),
        sees_name=actor.has(*SEES_NAMES),
        may_write=actor.has(*WRITERS),
        **_rows(work, kind),
    )


def _words(work: RosterImport) -> str:
    """`将新增 74 人、更新 5 人、2 行有错不导入`"""
    parts = (
        (work.new_count, "新增 {n:,} 人"),
        (work.changed_count, "更新 {n:,} 人"),
        (work.wrong_count, "{n:,} 行有错不导入"),
        (work.moved_count, "{n:,} 行在其他工会不导入"),
    )
    said = "、".join(words.format(n=count) for count, words in parts if count)
    return f"将{said}" if work.new_count or work.changed_count else said or "表里的内容与名册一致，没有要改的"


def _kinds(work: RosterImport, late: int) -> dict[str, int]:
    """The kinds of rows there are with their counts, what needs a look first."""
    gone = (states.UPLOADED, states.READING, states.REFUSED, states.CANCELLED)
    if work.state in gone or not work.is_kept:
        return {}
    counts = {
        queries.LATER: late,
        states.WRONG: work.wrong_count,
        states.MOVED: work.moved_count,
        states.NEW: work.new_count,
        states.CHANGED: work.changed_count,
        states.MISSING: work.missing_count,
    }
    return {kind: count for kind, count in counts.items() if count}


def _rows(work: RosterImport, kind: str) -> dict[str, Any]:
    if not kind:
        return {"rows": [], "prev_url": "", "next_url": ""}
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = queries.rows_of(work, kind, before=before, after=after)

    def at(**more: Any) -> str:
        return url_for(".show_import", import_id=work.id, show=kind, **more) + "#rows"

    return {
        "rows": found.rows,
        "prev_url": at(before=found.before) if found.before else "",
        "next_url": at(after=found.after) if found.after else "",
    }
