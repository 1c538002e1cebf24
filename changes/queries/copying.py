"""What do we hold about a person's requests to change their data? For the copy they may ask for."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from changes.models import ChangeDocument, ChangeRequest
from changes.queries.own import lines, words_of
from core.copies import Copy, Facts, facts
from core.db import db
from core.files.models import StoredFile

REQUEST = {
    "number": "申请单号",
    "state": "状态",
    "created_at": "创建时间",
    "submitted_at": "提交时间",
    "decided_at": "办结时间",
    "note": "备注",
}


def export_of(employee_id: uuid.UUID) -> list[Copy]:
    """A chapter for each request: what was on file, what it should become, its photos."""
    query = select(ChangeRequest).where(ChangeRequest.employee_id == employee_id).order_by(ChangeRequest.id)
    return [_chapter(request) for request in db.session.scalars(query)]


def _chapter(request: ChangeRequest) -> Copy:
    said = facts(request, REQUEST, {"state": {request.state: words_of(request)}})
    changed: Facts = [(line.label, f"{line.old} → {line.new}") for line in lines(request) if line.is_changed]
    kept: Facts = [(line.label, line.old) for line in lines(request) if not line.is_changed]
    return Copy(f"个人信息变更 {request.number}", [said, changed, kept], _photos(request))


def _photos(request: ChangeRequest) -> list[tuple[str, uuid.UUID]]:
    query = (
        select(ChangeDocument.file_id)
        .join(StoredFile, StoredFile.id == ChangeDocument.file_id)
        .where(
            ChangeDocument.request_id == request.id,
            ChangeDocument.removed_at.is_(None),
            StoredFile.erased_at.is_(None),
        )
    )
    return [("证件凭证", file_id) for file_id in db.session.scalars(query)]
