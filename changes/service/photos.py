"""Which photos prove a change (证件凭证)? They come in one by one and wait for their form."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ColumnElement, or_, select, update

from changes.models import ChangeDocument, ChangeRequest
from changes.rules import MOST_PHOTOS
from core import clock, context
from core.access import Actor
from core.db import db, one_at_a_time
from core.errors import Conflict, Missing, Refused
from core.files import Picture, keeping
from core.files.models import StoredFile
from core.history import STALE
from core.limits import Limit, take
from employee import service as employees

CONSENT = "certificates"
NO_CONSENT = "请先阅读并勾选同意，再上传证件凭证"
TOO_MANY = "最多上传 {n} 张，请先删掉不需要的"
PER_DAY = Limit("change_photo", 60, 24 * 3600, "今天上传的照片太多了，请明天再传，或联系本单位工会。")
WAIT = dt.timedelta(days=1)


def has_consent(employee_id: uuid.UUID) -> bool:
    """Did the person agree to photos of certificates being kept?"""
    return employees.has_consents(employee_id, [CONSENT])


def photos_for(employee_id: uuid.UUID, request: ChangeRequest | None) -> list[ChangeDocument]:
    """The photos of the form: those of the request that is edited, and those that wait for a form."""
    query = select(ChangeDocument).where(_of_form(employee_id, request), ChangeDocument.removed_at.is_(None))
    return list(db.session.scalars(query.order_by(ChangeDocument.id)))


def photos_of(request: ChangeRequest) -> list[ChangeDocument]:
    """The photos that were handed in."""
    query = select(ChangeDocument).where(
        ChangeDocument.request_id == request.id, ChangeDocument.removed_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(ChangeDocument.id)))


def photo_of(document_id: uuid.UUID, by: Actor) -> ChangeDocument:
    """One photo of the person's own. Raises `Missing`."""
    row = db.session.get(ChangeDocument, document_id)
    if row is None or by.id is None or row.employee_id != by.id or row.removed_at is not None:
        raise Missing
    return row


def add_photo(picture: Picture, by: Actor) -> ChangeDocument:
    """Keep one photo until the form is handed in. Raises `Refused` without consent, or for one too many."""
    assert by.id is not None  # noqa: S101 - employees have ids
    if not has_consent(by.id):
        raise Refused(NO_CONSENT, "evidence")
    take(PER_DAY, by.key)
    one_at_a_time(by.id)  # photos sent at the same moment are counted one after the other
    standing = photos_for(by.id, _draft(by.id))
    if there := _same_photo(standing, picture):
        return there  # sent again because the first answer was lost on its way
    if len(standing) >= MOST_PHOTOS:
        raise Refused(TOO_MANY.format(n=MOST_PHOTOS), "evidence")
    row = ChangeDocument(employee_id=by.id, file_id=keeping.store(picture, "change").id)
    db.session.add(row)
    db.session.flush()
    return row


def _same_photo(standing: list[ChangeDocument], picture: Picture) -> ChangeDocument | None:
    """The very same bytes among the photos of this form."""
    content = context.keyring().blind(keeping.CONTENT, picture.sha256)
    files = [row.file_id for row in standing]
    query = select(StoredFile.id).where(StoredFile.id.in_(files), StoredFile.content_bi == content)
    found = db.session.scalar(query.limit(1)) if files else None
    return next((row for row in standing if row.file_id == found), None)


def remove_photo(document_id: uuid.UUID, by: Actor) -> None:
    """Take one photo away. What is under review or done stays: the reviewers saw it."""
    row = photo_of(document_id, by)
    if row.request_id is None:
        forget([row])
        return
    request = db.session.get_one(ChangeRequest, row.request_id, with_for_update=True, populate_existing=True)
    if request.state != "draft":
        raise Conflict(STALE)
    row.removed_at = clock.now()
    db.session.flush()


def attach(request: ChangeRequest) -> None:
    """The photos that waited belong to this request now."""
    db.session.execute(
        update(ChangeDocument)
        .where(
            ChangeDocument.employee_id == request.employee_id,
            ChangeDocument.request_id.is_(None),
            ChangeDocument.removed_at.is_(None),
        )
        .values(request_id=request.id)
    )


def forget(rows: list[ChangeDocument]) -> None:
    """Erase photos nobody needs any more."""
    for row in rows:
        row.removed_at = row.removed_at or clock.now()
        file = db.session.get(StoredFile, row.file_id)
        if file and file.erased_at is None:
            keeping.erase(file)
    db.session.flush()


def forget_all_of(request: ChangeRequest) -> None:
    """Every photo of a request that is deleted, those taken away before too."""
    forget(list(db.session.scalars(select(ChangeDocument).where(ChangeDocument.request_id == request.id))))


def forget_waiting() -> int:
    """Photos of forms that were never handed in go after a day; returns how many."""
    query = select(ChangeDocument).where(
        ChangeDocument.request_id.is_(None),
        ChangeDocument.removed_at.is_(None),
        ChangeDocument.added_at < clock.now() - WAIT,
    )
    rows = list(db.session.scalars(query.limit(500)))
    forget(rows)
    return len(rows)


def _of_form(employee_id: uuid.UUID, request: ChangeRequest | None) -> ColumnElement[bool]:
    waiting = ChangeDocument.request_id.is_(None) & (ChangeDocument.employee_id == employee_id)
    return waiting if request is None else or_(ChangeDocument.request_id == request.id, waiting)


def _draft(employee_id: uuid.UUID) -> ChangeRequest | None:
    query = select(ChangeRequest).where(
        ChangeRequest.employee_id == employee_id, ChangeRequest.state == "draft"
    )
    return db.session.scalars(query).first()
