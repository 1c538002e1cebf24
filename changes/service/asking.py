"""What does a person do with their own request? Hand it in, hand it in again after a return, delete it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from changes.models import ChangeRequest
from changes.rules import (
    OPEN,
    OPEN_ALREADY,
    WORKFLOW,
    Facts,
    changed,
    changes_certificate,
    changes_name,
    completed,
    problems,
)
from changes.service import photos
from changes.service.moving import hold, move, owning, sealed, wanted
from core import audit, clock, context
from core.access import Actor
from core.db import db, one_at_a_time
from core.errors import Conflict, Invalid, Refused
from core.history import STALE, begin, who_was_first
from core.limits import Limit, take
from core.numbers import moment_of, numbered
from employee import service as employees
from employee.service import applying

OWN_LOOKS = Limit(
    "own_numbers", 30, 3600, "一小时内显示完整号码的次数太多了，请稍后再看。直接填写新号码不受影响。"
)
COVERED = ("id_number", "insurance_card", "phone")
# What a deleted request said is forgotten; who deleted it and when stays.
DELETED_VALUES: dict[str, Any] = {"old_values_ct": None, "new_values_ct": None, "note_ct": None}


def current(employee_id: uuid.UUID) -> Facts:
    """What is on file now: what every new form starts from, never an earlier request."""
    return applying.details(employees.card(employee_id))


def prefilled(request: ChangeRequest, now: Facts) -> Facts:
    """A draft's form: what is on file now, with what the person wanted to change."""
    return {**now, **wanted(request)}


def show_own_numbers(by: Actor) -> None:
    """The person looks at their own numbers in full: on record, and not without end."""
    take(OWN_LOOKS, by.key)
    assert by.id is not None  # noqa: S101 - employees have ids
    audit.record("change.own_numbers", "employee", by.id, by, fields=tuple(sorted(COVERED)))


def mark_of(facts: Facts) -> str:
    """A short, opaque name for what is on file; the form brings it back."""
    return context.keyring().blind("change_request.seen", sealed(facts)).hex()


def open_request(employee_id: uuid.UUID) -> ChangeRequest | None:
    """The one request that is not finished (GX-44)."""
    query = select(ChangeRequest).where(
        ChangeRequest.employee_id == employee_id, ChangeRequest.state.in_(OPEN)
    )
    return db.session.scalars(query).first()


def submit(typed: Facts, by: Actor, *, seen: str, code: str = "") -> ChangeRequest:
    """Hand a new request in (GX-41). Raises `Invalid`, `Refused`; `Conflict` with one open, or moved data."""
    assert by.id is not None  # noqa: S101 - employees have ids
    one_at_a_time(by.id)  # or the one who comes second would be asked for the photo that the first one used
    if open_request(by.id) is not None:
        raise Conflict(OPEN_ALREADY)
    before, after = _checked(typed, by, seen, None, code)
    number = numbered(context.scheme().prefixes["change"])
    request = ChangeRequest(
        number=number, employee_id=by.id, union_id=employees.card(by.id).union_id,
        state="draft", version=0, created_at=moment_of(number),
    )  # fmt: skip
    _fill(request, before, after)
    try:  # of any number at the same moment the database lets one in
        with db.session.begin_nested():
            db.session.add(request)
            db.session.flush()
    except IntegrityError:
        raise Conflict(OPEN_ALREADY) from None
    begin(WORKFLOW, request, by)
    _enter(request, "submit", by)
    return request


def resubmit(
    request: ChangeRequest, typed: Facts, by: Actor, *, seen: str, version: int, code: str = ""
) -> None:
    """Hand a returned request in again; its number stays (GX-47, GX-51)."""
    owner = owning(request, by)
    hold(request)
    if request.state != "draft" or version != request.version:
        raise Conflict(who_was_first(request))
    before, after = _checked(typed, by, seen, request, code)
    _fill(request, before, after)
    request.note = None
    _enter(request, "resubmit", owner)


def delete(request: ChangeRequest, by: Actor, *, version: int) -> None:
    """Delete a draft with its photos and all it said (GX-49). Raises `Conflict` for anything under review."""
    owner = owning(request, by)
    hold(request)
    move(request, "delete", owner, seen=version, **DELETED_VALUES)
    photos.forget_all_of(request)


def _checked(
    typed: Facts, by: Actor, seen: str, request: ChangeRequest | None, code: str
) -> tuple[Facts, Facts]:
    """(what is on file, what is wanted), both whole, once nothing speaks against it."""
    assert by.id is not None  # noqa: S101 - employees have ids
    before = current(by.id)
    if seen != mark_of(before):
        raise Conflict(STALE)
    if not photos.has_consent(by.id):
        raise Refused(photos.NO_CONSENT, f"consent_{photos.CONSENT}")
    after = completed(before, typed)
    shown = photos.photos_for(by.id, request)
    if found := problems(before, after, len(shown), clock.today()):
        raise Invalid(found)
    proven = wanted(request).get("phone") if request else None
    if after["phone"] not in (before["phone"], proven):  # the last question, because a code is used up
        applying.prove_new_phone(after["phone"], by.key, code)
    return before, after


def _fill(request: ChangeRequest, before: Facts, after: Facts) -> None:
    fields = changed(before, after)
    request.old_values = sealed(before)
    request.new_values = sealed({field: after[field] for field in fields})
    request.changes_name, request.changes_certificate = changes_name(fields), changes_certificate(fields)


def _enter(request: ChangeRequest, action: str, by: Actor) -> None:
    assert by.id is not None  # noqa: S101 - employees have ids
    photos.attach(request)
    said: dict[str, Any] = {"submitted_at": clock.now(), "first_reviewer_id": None}
    said["union_id"] = employees.card(by.id).union_id
    move(request, action, by.owning(), **said)
