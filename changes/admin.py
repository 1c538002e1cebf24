"""Which pages does a reviewer of personal data work on? 变更审核 (A5): list, one request, decisions."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement

from changes.forms import MASKS
from changes.models import ChangeRequest
from changes.queries import own, state_words, work
from changes.rules import LEVEL_ROLES, PASSES, RETURN_REASONS, WORKFLOW
from changes.service import checks, photos, revealing, review
from core import clock
from core.access import Actor, allow, current_actor
from core.db import transaction
from core.errors import Conflict, Missing
from core.factor import must_be_fresh
from core.files import keeping
from core.files.watermark import watermarked
from core.history import timeline, who_was_first
from core.pages import again, join_reasons, revealed
from core.roles import ADMINISTRATOR
from employee import service as employees

blueprint = Blueprint("changes_admin", __name__, url_prefix="/admin/changes")

MAY_REVEAL = (*work.REVIEWERS, ADMINISTRATOR)
STATES = ("first_review", "second_review", "draft", "done")
Errors = dict[str, str]


@blueprint.get("")
@allow(*work.READERS)
def index() -> str:
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = work.listed(_scope(), state, before=before, after=after)
    return render_template(
        "changes_admin/index.html",
        rows=found.rows,
        tabs=_tabs(work.counts(current_actor(), _scope()), state),
        prev_url=_list_url(state, before=found.before) if found.before else "",
        next_url=_list_url(state, after=found.after) if found.after else "",
        is_filtered=bool(state),
    )


def _tabs(counts: dict[str, int], state: str) -> list[dict[str, Any]]:
    """One tab a state, with how much waits there."""
    labels = [("", "全部"), *((one, state_words(one)) for one in STATES)]
    return [
        {
            "label": f"{label} {counts[one]} 件" if counts.get(one) else label,
            "url": _list_url(one),
            "current": one == state,
        }
        for one, label in labels
    ]


def _list_url(state: str, **cursor: Any) -> str:
    kept: dict[str, Any] = {"state": state} if state else {}
    return url_for(".index", **kept, **cursor)


@blueprint.get("/<number>")
@allow(*work.READERS)
def show(number: str) -> str:
    return _page(_found(number))


@blueprint.get("/<number>/documents/<uuid:document_id>/<any(thumb, preview, full):size>")
@allow(*work.READERS)
def document(number: str, document_id: uuid.UUID, size: str) -> Response:
    """A photo of 证件凭证; full size with the reader's mark on it."""
    change = _found(number)
    paper = next((one for one in photos.photos_of(change) if one.id == document_id), None)
    if paper is None:
        raise Missing
    content = keeping.read(paper.file_id, size)
    with transaction():
        employees.note_looks([change.employee_id], "certificates", _me(), about=change.number)
    if size == "full":
        content = watermarked(content, f"{change.number}  {str(_me().id)[-12:]}  {clock.shown(clock.now())}")
    response = Response(content, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f'inline; filename="{size}.jpg"'
    return response


@blueprint.get("/<number>/approve")
@allow(*work.REVIEWERS)
def approve(number: str) -> str:
    return _approve_page(_mine(number), {})


@blueprint.post("/<number>/approve")
@allow(*work.REVIEWERS)
def approve_now(number: str) -> ResponseReturnValue:
    again(lambda errors: _again(number, _approve_page, errors))
    with transaction():
        review.approve(_found(number), _me(), _seen(), request.form.get("note", "")[:600])
    return _next(f"已同意 {number}")


@blueprint.get("/<number>/return")
@allow(*work.REVIEWERS)
def send_back(number: str) -> str:
    return _return_page(_mine(number), {})


@blueprint.post("/<number>/return")
@allow(*work.REVIEWERS)
def send_back_now(number: str) -> ResponseReturnValue:
    again(lambda errors: _again(number, _return_page, errors))
    note = join_reasons(request.form.get("note", "")[:600], request.form.getlist("note_pick")[:20])
    with transaction():
        review.send_back(_found(number), _me(), _seen(), note)
    return _next(f"已退回 {number}")


@blueprint.post("/<number>/reveal")
@allow(*MAY_REVEAL)
def reveal(number: str) -> ResponseReturnValue:
    """A number in clear for thirty seconds: with a reason, counted, on record before it is opened."""
    must_be_fresh()
    again(lambda errors: _page(_found(number), errors))
    field, reason = request.form.get("field", ""), request.form.get("reason", "")
    with transaction():
        change = _found(number)
        revealing.announce(change, field, reason, _me())
    value = revealing.value(change, field)
    return revealed("changes_admin/reveal.html", revealing.FIELDS[field], value, _path(change))


def _me() -> Actor:
    """The asker; on a request's pages with the rights they hold in that request's union."""
    actor: Actor = g.get("change_actor") or current_actor()
    return actor


def _scope() -> ColumnElement[bool]:
    """`work.scope` of this request, worked out once for the page and its navigation."""
    if "change_scope" not in g:
        g.change_scope = work.scope(current_actor())
    seen: ColumnElement[bool] = g.change_scope
    return seen


def _found(number: str) -> ChangeRequest:
    """The request, if the asker may see it; else it is not there."""
    found = work.find(number[:40], current_actor(), _scope())
    g.change_actor = review.acting_for(found, current_actor())
    return found


def _mine(number: str) -> ChangeRequest:
    """The request, while it still waits for somebody like me."""
    change = _found(number)
    review.may_take(change, _me())
    return change


def _seen() -> int:
    """The version the page was made from; -1 (never right) for a form that was tampered with."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _path(change: ChangeRequest, rest: str = "") -> str:
    return f"{blueprint.url_prefix}/{change.number}" + (f"/{rest}" if rest else "")


def _next(said: str) -> ResponseReturnValue:
    """On to the next request that waits for me, or back to the list."""
    following = work.next_for(current_actor())
    flash(f"{said}，已为您打开下一件。" if following else f"{said}。没有更多等您审核的变更申请了。")
    return redirect(_path(following) if following else url_for(".index"), 303)


def _again(number: str, page: Any, errors: Errors) -> str:
    """After a refusal: the same page with what was typed, or the request as it is now when it moved on."""
    change = _found(number)
    shown: str = _page(change, errors) if change.version != _seen() or "" in errors else page(change, errors)
    return shown


def _page(change: ChangeRequest, errors: Errors | None = None) -> str:
    actor = _me()
    is_mine = change.state in LEVEL_ROLES and actor.has(LEVEL_ROLES[change.state])
    documents = photos.photos_of(change)
    return render_template(
        "changes_admin/show.html",
        errors=errors,
        **_facts(change, documents),
        checks=[] if change.contents_erased_at else checks.run(change, len(documents)),
        events=own.steps(change, timeline(change.id), for_staff=True),
        may_reveal=actor.has(*MAY_REVEAL),
        reveal_reasons=list(revealing.REASONS.items()),
        reveal_fields=revealing.FIELDS,
        may_decide=is_mine,
        why_not=review.why_not(change, actor) if is_mine else "",
    )


def _facts(change: ChangeRequest, documents: list[Any]) -> dict[str, Any]:
    """What the request's pages all show: whose, in which state, which details, which photos."""
    person = employees.card(change.employee_id)
    return {
        "change": change,
        "at": _path(change),
        "who": person,
        "sees_name": _me().has(*MAY_REVEAL),
        "state": own.words_of(change, "等职工"),
        "lines": [_masked(line) for line in own.lines(change)],
        "docs": [_picture(change, one, n) for n, one in enumerate(documents, 1)],
    }


def _masked(line: own.Line) -> dict[str, Any]:
    """A line of the table: numbers masked, each with the name it can be revealed by."""
    mask = MASKS.get(line.field)
    return {
        "field": line.field if mask else "",
        "label": line.label,
        "old": mask(line.old) if mask else line.old,
        "new": mask(line.new) if mask else line.new,
        "is_changed": line.is_changed,
    }


def _picture(change: ChangeRequest, one: Any, n: int) -> dict[str, str]:
    at = _path(change, f"documents/{one.id}")
    return {
        "label": f"证件凭证 {n}",
        "thumb_url": f"{at}/thumb",
        "preview_url": f"{at}/preview",
        "full_url": f"{at}/full",
    }


def _approve_page(change: ChangeRequest, errors: Errors) -> str:
    if change.state not in PASSES:
        raise Conflict(who_was_first(change))
    documents = photos.photos_of(change)
    move = WORKFLOW.move(PASSES[change.state], change.state)
    return render_template(
        "changes_admin/approve.html",
        errors=errors,
        values=request.form,
        **_facts(change, documents),
        goes_to=state_words(move.target) if move else "",
        is_last=bool(move and move.target == "done"),
        findings=[check for check in checks.run(change, len(documents)) if check.level != "ok"],
    )


def _return_page(change: ChangeRequest, errors: Errors) -> str:
    return render_template(
        "changes_admin/return.html",
        errors=errors,
        values={"note": request.form.get("note", "")},
        **_facts(change, photos.photos_of(change)),
        reasons=list(RETURN_REASONS),
    )
