"""人工申诉: how is one filed (XM-15 … XM-18), and how does an administrator decide it (XM-19)?"""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core import clock, identifiers
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.factor import RECENT, must_be_fresh
from core.fields import mask_id, mask_name, mask_phone
from core.history import timeline
from core.once import answered, new_op, once
from core.pages import again, join_reasons, revealed, wants_json
from core.roles import ADMINISTRATOR
from staff.admin import puzzle
from staff.models import StaffAppeal
from staff.rules import appeals as rules
from staff.rules.appeals import WORKFLOW
from staff.rules.signing_in import RESEND_SECONDS
from staff.service import appeals

asking = Blueprint("staff_appeal", __name__, url_prefix="/admin/recover/appeal")
deciding = Blueprint("staff_appeals", __name__, url_prefix="/admin/appeals")

PHOTOS = "appeal_photos"
SENT = "appeal_sent"
REVEALS = {"id_number": "证件号码", "phone": "手机号码"}
Errors = dict[str, str]


# --- filing one


@asking.get("")
@allow("guest")
def form() -> str:
    return _form_page({})


@asking.post("/code")
@allow("guest")
def code() -> ResponseReturnValue:
    """获取, after the picture; photos that come along are kept."""
    again(_form_page)
    if puzzle.is_refresh():
        return _form_page({})
    puzzle.demand("appeal")
    _keep_photos()
    with transaction():
        words = appeals.request_code(request.form.get("phone", "")[:40], puzzle.holder(), _ip())
    if wants_json():
        return {"message": words, "seconds": RESEND_SECONDS}
    return _form_page({}, sent=words)


@asking.post("")
@allow("guest")
def submit() -> ResponseReturnValue:
    """下一步. Photos are kept as soon as they are good, so that nobody has to choose them again."""
    again(_form_page)
    if puzzle.is_refresh():
        return _form_page({})
    typed = {name: request.form.get(name, "")[:2000] for name in rules.LABELS if name not in rules.SIDES}
    if any(request.files.get(side) for side in rules.SIDES):
        puzzle.demand("appeal", uses=False)
        _keep_photos()
    op = request.form.get("op", "")
    with transaction():
        once(op, current_actor(), url_for(".sent"))
        photos = {side: uuid.UUID(kept) for side, kept in session.get(PHOTOS, {}).items()}
        number = appeals.submit(typed, photos, puzzle.holder(), _ip())
        answered(op, url_for(".sent"))
    session[SENT] = number
    session.pop(PHOTOS, None)
    puzzle.forget()
    return redirect(url_for(".sent"), 303)


@asking.get("/sent")
@allow("guest")
def sent() -> str:
    return render_template(
        "staff/appeal_sent.html", number=session.get(SENT, ""), text=rules.WAITING, bare=True
    )


def _keep_photos() -> None:
    """The sides that were sent with this form. Raises `Refused` with XM-18's words."""
    for side in rules.SIDES:
        upload = request.files.get(side)
        if upload and upload.filename:
            picture = appeals.picture_of(upload.stream, side, puzzle.holder(), _ip())
            with transaction():
                kept = appeals.keep_photo(picture)
            session[PHOTOS] = {**session.get(PHOTOS, {}), side: str(kept)}


def _ip() -> str:
    return request.remote_addr or ""


def _form_page(errors: Errors, sent: str = "") -> str:
    puzzle.holder()
    return render_template(
        "staff/appeal.html",
        errors=errors,
        values=request.form,
        op=new_op(),
        rules=rules,
        id_types=list(identifiers.ID_TYPES.items()),
        kept=session.get(PHOTOS, {}),
        sent=sent,
        seconds=RESEND_SECONDS if sent else 0,
        has_passed=puzzle.passed("appeal"),
        bare=True,
    )


# --- deciding one


@deciding.get("")
@allow(ADMINISTRATOR, everywhere=True)
def index() -> str:
    return render_template("staff/appeals.html", rows=[_line(row) for row in appeals.listed()])


def _line(row: StaffAppeal) -> dict[str, Any]:
    return {
        "number": row.number,
        "name": mask_name(row.name),
        "id_number": mask_id(row.id_number),
        "asked_at": row.asked_at,
        "decided_at": row.decided_at,
        "state": WORKFLOW.label(row.state),
    }


@deciding.get("/<number>")
@allow(ADMINISTRATOR, everywhere=True)
def show(number: str) -> str:
    return _page(appeals.find(number), {})


@deciding.get("/<number>/photo/<any(front, back):side>/<any(preview, full):size>")
@allow(ADMINISTRATOR, everywhere=True)
def photo(number: str, side: str, size: str) -> Response:
    """A side of the certificate; who looked is on record."""
    with transaction():
        content = appeals.photo(appeals.find(number), side, size, current_actor())
    response = Response(content, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f'inline; filename="{side}.jpg"'
    return response


@deciding.post("/<number>/reveal")
@allow(ADMINISTRATOR, everywhere=True)
def reveal(number: str) -> ResponseReturnValue:
    """What the appeal says, in clear, to hold against the photos: on record before it is opened."""
    must_be_fresh()
    again(lambda errors: _page(appeals.find(number), errors))
    field = request.form.get("field", "")
    if field not in REVEALS:
        raise Refused("没有这一项，请刷新后再选")
    with transaction():
        row = appeals.find(number)
        appeals.note_reveal(row, field, current_actor())
    return revealed("staff/appeal_reveal.html", REVEALS[field], getattr(row, field), _at(row))


@deciding.get("/<number>/approve")
@allow(ADMINISTRATOR, everywhere=True)
def approve(number: str) -> ResponseReturnValue:
    must_be_fresh(RECENT)
    row = appeals.find(number)
    if row.state != "pending":
        return redirect(_at(row), 303)
    return render_template("staff/appeal_approve.html", row=row, at=_at(row), checks=appeals.checks(row))


@deciding.post("/<number>/approve")
@allow(ADMINISTRATOR, everywhere=True)
def approve_now(number: str) -> ResponseReturnValue:
    must_be_fresh(RECENT)
    again(lambda errors: _page(appeals.find(number), errors))
    with transaction():
        appeals.approve(appeals.find(number), current_actor(), _seen())
    flash("已通过：新手机号码已登记，原来的密码、身份验证器和登录都已失效，申诉人会收到短信。", "good")
    return redirect(url_for(".index"), 303)


@deciding.post("/<number>/refuse")
@allow(ADMINISTRATOR, everywhere=True)
def refuse(number: str) -> ResponseReturnValue:
    must_be_fresh(RECENT)
    again(lambda errors: _page(appeals.find(number), errors))
    note = join_reasons(request.form.get("note", "")[:600], request.form.getlist("note_pick")[:20])
    with transaction():
        appeals.refuse(appeals.find(number), current_actor(), note, _seen())
    flash("已定为不通过，申诉人会收到短信。", "good")
    return redirect(url_for(".index"), 303)


def _seen() -> int:
    """The version the page was made from; -1 (never right) for a form that was tampered with."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _at(row: StaffAppeal) -> str:
    return url_for("staff_appeals.show", number=row.number)


def _page(row: StaffAppeal, errors: Errors) -> str:
    """Claimed beside what is on file; what is on file stays masked."""
    person = appeals.on_file(row)
    return render_template(
        "staff/appeal_show.html",
        errors=errors,
        values=request.form,
        row=row,
        at=_at(row),
        state=WORKFLOW.label(row.state),
        is_open=row.state == "pending",
        why_not=appeals.why_not(row, current_actor()) if row.state == "pending" else "",
        checks=appeals.checks(row) if row.state == "pending" else [],
        id_type=identifiers.ID_TYPES.get(row.id_type, row.id_type),
        lines=_beside(row, person),
        person=person,
        photos=_photos(row),
        reasons=rules.REFUSE_REASONS,
        events=_events(row),
    )


def _beside(row: StaffAppeal, person: Any) -> list[dict[str, str]]:
    nobody = "没有这个账号"
    return [
        {
            "label": "姓名",
            "field": "",
            "old": mask_name(person.name) if person else nobody,
            "new": row.name or "",
        },
        {
            "label": "证件号码",
            "field": "id_number",
            "old": mask_id(person.id_number) if person else nobody,
            "new": mask_id(row.id_number),
        },
        {
            "label": "手机号码",
            "field": "phone",
            "old": mask_phone(person.phone) if person else nobody,
            "new": mask_phone(row.phone),
        },
    ]


def _photos(row: StaffAppeal) -> list[dict[str, str]]:
    sides = (("front", row.front_id), ("back", row.back_id))
    return [
        {
            "label": rules.LABELS[side],
            "preview_url": f"{_at(row)}/photo/{side}/preview",
            "thumb_url": f"{_at(row)}/photo/{side}/preview",
            "full_url": f"{_at(row)}/photo/{side}/full",
        }
        for side, file_id in sides
        if file_id
    ]


def _events(row: StaffAppeal) -> list[dict[str, Any]]:
    labels = {"create": "提交申诉", "approve": "通过", "refuse": "不通过"}
    done = [
        {
            "label": labels[step.action],
            "at": clock.shown(step.at),
            "who": step.actor_label,
            "note": step.note,
            "state": "bad" if step.action == "refuse" else "done",
        }
        for step in timeline(row.id)
    ]
    return done + ([{"label": "等待审核", "state": "now"}] if row.state == "pending" else [])
