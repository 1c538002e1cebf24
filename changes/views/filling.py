"""变更申请填单 (GX-42): the new form and the correction of a returned one; what was typed is never lost."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from changes import rules, service
from changes.forms import MASKS, masked, read_change_form, uncovered
from changes.models import ChangeRequest
from changes.queries import own as own_queries
from changes.service import photos
from changes.views.door import HOME, blueprint, file_of, my_id, own, path_of, typed_facts, version_seen
from changes.views.listing import list_again
from core import clock, codes
from core.access import allow, current_actor
from core.context import scheme
from core.db import transaction
from core.errors import Invalid
from core.files import keeping
from core.identifiers import ID_TYPES
from core.once import new_op, once
from core.pages import again, wants_json
from employee import service as employees
from employee.service import applying
from employee.service.consents import consent

CONSENT_FIELD = f"consent_{photos.CONSENT}"


@blueprint.get("/new")
@allow("employee")
def new() -> ResponseReturnValue:
    """变更申请填单, from what is on file now (GX-40); with one open there is nothing to fill in (GX-44)."""
    if service.open_request(my_id()) is not None:
        flash(rules.OPEN_ALREADY, "warn")
        return redirect(HOME, 303)
    return form_page(None, {})


@blueprint.post("/new")
@allow("employee")
def submit() -> ResponseReturnValue:
    again(lambda errors: _again(None, errors))
    keep_photos()
    op, by = request.form.get("op", ""), current_actor()
    with transaction():
        once(op, by, HOME)
        _take_consent()
        made = service.submit(typed_facts(), by, seen=_seen(), code=_code())
    return redirect(path_of(made, "submitted"), 303)


@blueprint.get("/<number>/edit")
@allow("employee")
def edit(number: str) -> ResponseReturnValue:
    change = own(number)
    return form_page(change, {}) if change.state == "draft" else redirect(path_of(change), 303)


@blueprint.post("/<number>/edit")
@allow("employee")
def resubmit(number: str) -> ResponseReturnValue:
    change = own(number)
    location = path_of(change, "submitted")
    again(lambda errors: _again(change, errors))
    if change.state == "draft":
        keep_photos()
    with transaction():
        once(request.form.get("op", ""), current_actor(), location)
        _take_consent()
        typed, version = typed_facts(change), version_seen()
        service.resubmit(change, typed, current_actor(), seen=_seen(), version=version, code=_code())
    return redirect(location, 303)


@blueprint.post("/code")
@allow("employee")
def code() -> ResponseReturnValue:
    """获取: a code to the new phone; by script (JSON) or as a plain form, which shows the page again."""
    change = edited()
    again(lambda errors: form_page(change, errors, typed=request.form))
    if not wants_json():
        keep_photos()
    by = current_actor()
    with transaction():
        words = applying.request_new_phone_code(
            typed_facts(change)["phone"], by.key, request.remote_addr or ""
        )
    if wants_json():
        return {"message": words, "seconds": employees.RESEND_SECONDS}
    return form_page(change, {}, typed=request.form, sent=words)


@blueprint.post("/numbers")
@allow("employee")
def numbers() -> ResponseReturnValue:
    """显示完整号码: the person's own, on the form they are filling in, with all they typed (§5.4)."""
    change = edited()
    again(lambda errors: form_page(change, errors, typed=request.form))
    keep_photos()
    with transaction():
        service.show_own_numbers(current_actor())
    return form_page(change, {}, typed=request.form, is_open=True)


def edited() -> ChangeRequest | None:
    """Which form a button in its middle belongs to: that of a draft, or the new one."""
    number = request.form.get("number", "")
    return own(number) if number else None


def _seen() -> str:
    return request.form.get("seen", "")


def _code() -> str:
    return codes.tidy(request.form.get("code", ""))


def _take_consent() -> None:
    """A separate tick, asked for once; without it no photo is kept."""
    if photos.has_consent(my_id()):
        return
    if request.form.get(CONSENT_FIELD) != "y":
        raise Invalid({CONSENT_FIELD: photos.NO_CONSENT})
    employees.give_consent(my_id(), [photos.CONSENT], current_actor())


def keep_photos() -> None:
    """Photos that came with the whole page: each is kept by itself, so that a wrong answer loses none."""
    chosen = [upload for upload in request.files.getlist("evidence") if upload.filename]
    if not chosen:
        return
    with transaction():
        _take_consent()
    for upload in chosen:
        picture = keeping.picture_of(upload.stream, "evidence")  # type: ignore[arg-type]
        with transaction():
            service.add_photo(picture, current_actor())


def _again(change: ChangeRequest | None, errors: dict[str, str]) -> ResponseReturnValue:
    """After a refusal: what was typed; when what is on file moved, the form as it is now."""
    if change is None and service.open_request(my_id()) is not None:
        return list_again(errors)
    if change is not None and (change.state != "draft" or change.version != version_seen()):
        return list_again(errors)
    has_moved = _seen() != service.mark_of(service.current(my_id()))
    return form_page(change, errors, typed=None if has_moved else request.form)


def form_page(
    change: ChangeRequest | None,
    errors: dict[str, str],
    typed: Any = None,
    sent: str = "",
    is_open: bool = False,
) -> str:
    """Numbers are covered until 显示完整号码 (`is_open`); what was typed stays as it was typed."""
    person = employees.card(my_id())
    now = applying.details(person)
    start = service.prefilled(change, now) if change else now
    covered = masked(start)
    values = {**covered, **({field: typed.get(field, covered[field]) for field in start} if typed else {})}
    if is_open:
        values = dict(uncovered(values, now, start))
    tidied = read_change_form(typed, now, start) if typed else start
    shown = masked(now)
    needs_consent = not photos.has_consent(my_id())
    return render_template(
        "changes/form.html",
        change=change,
        errors=errors,
        values={**values, "code": typed.get("code", "") if typed else ""},
        was={field: own_queries.shown(field, shown[field]) for field in rules.changed(now, tidied)},
        covered=not is_open and any("*" in values[field] for field in MASKS),
        union_name=person.union_name,
        id_types=list(ID_TYPES.items()),
        sexes=[(sex, sex) for sex in rules.SEXES],
        insurances=_insurances(now["insurance_type"]),
        today=clock.today(),
        photos=[file_of(document.id) for document in service.photos_for(my_id(), change)],
        most=rules.MOST_PHOTOS,
        consent=consent(photos.CONSENT).text.format(operator=scheme().brand.operator)
        if needs_consent
        else "",
        post_url="" if needs_consent else f"{HOME}/photos",
        sent=sent,
        seconds=employees.RESEND_SECONDS if sent else 0,
        op=new_op(),
        seen=service.mark_of(now),
    )


def _insurances(now: str) -> list[tuple[str, str]]:
    """The usual kinds, and whatever is on file."""
    return [(kind, kind) for kind in dict.fromkeys((now, *rules.INSURANCES)) if kind]
