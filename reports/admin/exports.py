"""How does a list become a table on somebody's desk? Why, then wait, then fetch it once."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow
from core.db import transaction
from core.once import new_op, once
from core.pages import again
from reports import rules, service
from reports.admin.door import WHO, blueprint, given, may_see_whole, me, scope, tabs
from reports.queries import narrowing
from reports.queries.scope import reaches
from reports.service import exporting

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def form(kind: str, errors: dict[str, str] | None = None) -> str:
    """Why it is needed, and whether names and numbers are needed whole."""
    asked = given(kind)
    reaches(scope(kind), asked)
    return render_template(
        "reports/export.html",
        kind=kind,
        title=rules.TITLES[kind],
        errors=errors,
        values=request.form,
        asked=[(name, value) for name, value in asked.items() if name != "person"],
        people=asked.get("person", []),
        words=narrowing.in_words(kind, asked),
        most=rules.rows_words(exporting.limit()),
        may_whole=may_see_whole(kind),
        action=url_for(f".{kind}_ask"),
        back=url_for(f".{kind}", **asked),
        op=request.form.get("op") if errors and request.form.get("op") else new_op(),
        hours=rules.KEEP_HOURS,
    )


def ask(kind: str) -> ResponseReturnValue:
    """Two clicks are one table."""
    again(lambda errors: form(kind, errors))
    scope(kind)
    there = url_for(".exports")
    with transaction():
        once(request.form.get("op", ""), me(), there)
        is_whole = request.form.get("whole") == "y"
        service.ask(kind, given(kind), request.form.get("reason", ""), is_whole, me())
    flash(rules.SENT)
    return redirect(there, 303)


@blueprint.get("/exports")
@allow(*rules.EVERYBODY)
def exports() -> str:
    """The asker's own tables: 准备中 → 可下载 → 已下载 or 已过期."""
    return exports_page({})


def exports_page(errors: dict[str, str]) -> str:
    rows = exporting.listed(me())
    return render_template(
        "reports/exports.html",
        errors=errors,
        rows=rows,
        tabs=tabs("exports"),
        is_moving=any(row["state"] == "asked" for row in rows),
    )


@blueprint.post("/exports/<uuid:export_id>/download")
@allow(*rules.EVERYBODY)
def download(export_id: uuid.UUID) -> ResponseReturnValue:
    """Once, by POST, because it goes on record; the rights are weighed again."""
    again(exports_page)
    with transaction():
        found = service.fetch(export_id, me())
    if found is None:
        return exports_page({"": rules.LOST_RIGHT}), 409
    row, content = found
    name = f"{rules.TITLES[row.kind]}-{row.id.hex[-12:]}.xlsx"
    answer = Response(content, content_type=XLSX)
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"report.xlsx\"; filename*=UTF-8''{quote(name)}"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _open(kind: str, who: tuple[str, ...]) -> None:
    def look() -> str:
        return form(kind)

    def send() -> ResponseReturnValue:
        return ask(kind)

    blueprint.add_url_rule(f"/{kind}/export", f"{kind}_export", allow(*who)(look))
    blueprint.add_url_rule(f"/{kind}/export", f"{kind}_ask", allow(*who)(send), methods=["POST"])


for _kind, _who in WHO.items():
    _open(_kind, _who)
