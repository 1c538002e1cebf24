"""Which papers were handed in? 申请材料 by a named list, one by one, as photo or PDF (XM-66)."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from config.scheme import Paper
from core import clock, context
from core.access import Actor
from core.db import db
from core.errors import Missing, Refused
from core.files import Picture
from core.files.models import StoredFile
from core.files.papers import Pdf, erase_paper, store_paper
from core.limits import Limit, take
from enrolment.models import Enrolment, EnrolmentMaterial
from enrolment.service.moving import open_draft

UPLOADS = Limit("enrolment_paper", 200, 24 * 3600, "今天上传的材料太多了，请明天再传，或联系上级工会。")
TOO_MANY = "“{label}”最多上传 {n} 份，请先删掉不需要的"
LONGEST_NAME = 120


def paper_kind(code: str) -> Paper:
    """The line of the profile's list. Raises `Missing` for one that is not on it."""
    found = next((one for one in context.scheme().enrolment_papers if one.code == code), None)
    if found is None:
        raise Missing
    return found


def listed(enrolment: Enrolment) -> list[tuple[EnrolmentMaterial, StoredFile]]:
    """Every paper that was not taken away, in the order of uploading, with what is known of its file."""
    query = (
        select(EnrolmentMaterial, StoredFile)
        .join(StoredFile, StoredFile.id == EnrolmentMaterial.file_id)
        .where(EnrolmentMaterial.enrolment_id == enrolment.id, EnrolmentMaterial.removed_at.is_(None))
    )
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(EnrolmentMaterial.id))]


def find(enrolment: Enrolment, material_id: uuid.UUID) -> tuple[EnrolmentMaterial, StoredFile]:
    """One paper of this enrolment. Raises `Missing`."""
    found = next((pair for pair in listed(enrolment) if pair[0].id == material_id), None)
    if found is None:
        raise Missing
    return found


def add(
    enrolment: Enrolment, code: str, paper: Picture | Pdf, file_name: str, by: Actor
) -> EnrolmentMaterial:
    """Keep one paper. The same file sent again is kept once; one too many is refused."""
    kind = paper_kind(code)
    take(UPLOADS, by.key)
    open_draft(enrolment, by)
    there = [(row, file) for row, file in listed(enrolment) if row.kind == code]
    mark = context.keyring().blind("stored_file.content", paper.sha256)
    if same := next((row for row, file in there if file.content_bi == mark), None):
        return same
    if len(there) >= kind.max:
        raise Refused(TOO_MANY.format(label=kind.label, n=kind.max), code)
    file = store_paper(paper, "enrolment")
    row = EnrolmentMaterial(
        enrolment_id=enrolment.id, kind=code, file_id=file.id, file_name=file_name.strip()[-LONGEST_NAME:]
    )
    db.session.add(row)
    db.session.flush()
    return row


def remove(enrolment: Enrolment, material_id: uuid.UUID, by: Actor) -> None:
    """Take a paper away; its bytes go with the commit."""
    open_draft(enrolment, by)
    _forget(*find(enrolment, material_id))


def forget_all(enrolment: Enrolment) -> None:
    """An enrolment that was given up keeps no papers."""
    for row, file in listed(enrolment):
        _forget(row, file)


def _forget(row: EnrolmentMaterial, file: StoredFile) -> None:
    row.removed_at = clock.now()
    row.file_name = ""
    erase_paper(file)
