"""The person's own requests: the list (GX-50), one of them and its progress (GX-46), deletion (GX-49)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from changes import queries, rules, service
from changes.models import ChangeRequest
from changes.queries import own as own_queries
from changes.views.door import HOME, blueprint, file_of, my_id, own, path_of, version_seen
from core.access import allow, current_actor
from core.db import transaction
from core.history import timeline
from core.once import new_op, once
from core.pages import again


@blueprint.get("")
@allow("employee")
def index() -> ResponseReturnValue:
    rows, after = own_queries.for_employee(my_id(), request.args.get("before", ""))
    is_open = any(row.state in rules.OPEN for row in rows) or queries.open_of(my_id()) is not None
    return render_template(
        "changes/index.html",
        rows=rows,
        after=after,
        why_not=rules.OPEN_ALREADY if is_open else "",
    )


@blueprint.get("/<number>")
@allow("employee")
def detail(number: str) -> ResponseReturnValue:
    """变更申请详情 and 审核进度 (GX-46, GX-54)."""
    change = own(number)
    return render_template(
        "changes/detail.html",
        change=change,
        label=queries.words_of(change),
        lines=[line for line in own_queries.lines(change) if line.is_changed],
        steps=own_queries.steps(change, timeline(change.id)),
        photos=[file_of(document.id) for document in service.photos_of(change)],
        base=path_of(change),
    )


@blueprint.get("/<number>/submitted")
@allow("employee")
def submitted(number: str) -> ResponseReturnValue:
    """变更申请进度 in the manual's words (GX-53)."""
    change = own(number)
    if change.state == "draft":
        return redirect(path_of(change), 303)
    return render_template("changes/submitted.html", change=change, base=path_of(change))


@blueprint.get("/<number>/delete")
@allow("employee")
def delete(number: str) -> ResponseReturnValue:
    change = own(number)
    return _delete_page(change, {}) if change.state == "draft" else redirect(path_of(change), 303)


@blueprint.post("/<number>/delete")
@allow("employee")
def delete_now(number: str) -> ResponseReturnValue:
    change = own(number)
    again(lambda errors: _delete_page(change, errors))
    with transaction():
        once(request.form.get("op", ""), current_actor(), HOME)
        service.delete(change, current_actor(), version=version_seen())
    flash("变更申请已删除。")
    return redirect(HOME, 303)


def list_again(errors: dict[str, str]) -> str:
    """Somebody (another tab, a reviewer) was quicker: the list as it is now, with why."""
    rows, after = own_queries.for_employee(my_id())
    return render_template(
        "changes/index.html", rows=rows, after=after, errors=errors, why_not=rules.OPEN_ALREADY
    )


def _delete_page(change: ChangeRequest, errors: dict[str, str]) -> ResponseReturnValue:
    if change.state != "draft":
        return list_again(errors)
    return render_template(
        "changes/delete.html", change=change, errors=errors, op=new_op(), base=path_of(change)
    )
