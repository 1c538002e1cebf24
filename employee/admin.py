"""找回绑定 for the union: who asks for a new phone, and is it really the person?"""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.db import transaction
from core.identifiers import ID_TYPES
from core.pages import again
from employee import service
from employee.models import Employee, Rebind
from employee.rules import DECIDES_REBINDS, REBIND
from employee.service import rebinding

blueprint = Blueprint("rebinds", __name__, url_prefix="/admin/rebinds")


@blueprint.get("")
@allow(*DECIDES_REBINDS)
def index() -> str:
    rows = rebinding.waiting_rebinds(current_actor())
    return render_template("employee_admin/rebinds.html", rows=[_line(*row) for row in rows])


@blueprint.get("/<uuid:rebind_id>")
@allow(*DECIDES_REBINDS)
def show(rebind_id: uuid.UUID) -> str:
    return _page(*rebinding.find_rebind(rebind_id, current_actor()), {})


@blueprint.get("/<uuid:rebind_id>/photo/<any(preview, full):size>")
@allow(*DECIDES_REBINDS)
def photo(rebind_id: uuid.UUID, size: str) -> Response:
    """The photo of the certificate; the person reads that it was looked at."""
    row, person = rebinding.find_rebind(rebind_id, current_actor())
    content = rebinding.rebind_photo(row, size)
    with transaction():
        service.note_looks([person.id], "certificates", current_actor(), about="找回绑定")
    response = Response(content, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f'inline; filename="{size}.jpg"'
    return response


@blueprint.post("/<uuid:rebind_id>/approve")
@allow(*DECIDES_REBINDS)
def approve(rebind_id: uuid.UUID) -> ResponseReturnValue:
    _again(rebind_id)
    with transaction():
        row, _ = rebinding.find_rebind(rebind_id, current_actor())
        rebinding.approve_rebind(row, current_actor(), seen=_seen())
    flash("已更换登记的手机号码，并已通知本人。", "good")
    return redirect(url_for(".index"), 303)


@blueprint.post("/<uuid:rebind_id>/refuse")
@allow(*DECIDES_REBINDS)
def refuse(rebind_id: uuid.UUID) -> ResponseReturnValue:
    _again(rebind_id)
    with transaction():
        row, _ = rebinding.find_rebind(rebind_id, current_actor())
        note = request.form.get("note", "")[:600]
        rebinding.refuse_rebind(row, current_actor(), note, seen=_seen())
    flash("已退回这份申请，并已用短信通知申请人。", "good")
    return redirect(url_for(".index"), 303)


def _again(rebind_id: uuid.UUID) -> None:
    again(lambda errors: _page(*rebinding.find_rebind(rebind_id, current_actor()), errors))


def _seen() -> int:
    """The version the page was made from; -1 (never right) for a form that was tampered with."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _line(row: Rebind, person: Employee, union_name: str) -> dict[str, object]:
    return {
        "url": url_for(".show", rebind_id=row.id),
        "name": person.name,
        "union": union_name,
        "asked_at": row.asked_at,
        "reason": row.reason,
        "state": REBIND.label(row.state),
    }


def _page(row: Rebind, person: Employee, errors: dict[str, str]) -> str:
    return render_template(
        "employee_admin/rebind.html",
        errors=errors,
        values=request.form,
        row=row,
        card=service.card(person.id),
        id_type=ID_TYPES[person.id_type],
        state=REBIND.label(row.state),
        is_open=row.state == "submitted",
        at=url_for(".show", rebind_id=row.id),
    )
