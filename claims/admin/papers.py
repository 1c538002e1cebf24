"""The photos of a claim, for those who may see it; full size with the reader's mark on it."""

from __future__ import annotations

import uuid

from flask import Response

from claims.admin.door import READERS, blueprint, claim_of, me
from claims.queries import work
from claims.queries.own import document_of
from claims.rules import CARD_PHOTOS, look_at
from claims.service import pictures
from core import clock
from core.access import allow
from core.db import transaction
from core.errors import Missing
from core.files.watermark import watermarked
from employee import service as employees


@blueprint.get("/<number>/documents/<uuid:document_id>/<any(thumb, preview, full):size>")
@allow(*READERS)
def document(number: str, document_id: uuid.UUID, size: str) -> Response:
    """Finance sees the card's photo and nothing medical."""
    claim = claim_of(number)
    paper = document_of(claim, document_id)
    if paper.kind not in CARD_PHOTOS and not me().has(*work.READERS):
        raise Missing
    content = pictures.read(paper.file_id, size)
    with transaction():
        employees.note_looks([claim.employee_id], look_at(paper.kind), me(), about=claim.number)
    if size == "full":
        content = watermarked(content, f"{claim.number}  {str(me().id)[-12:]}  {clock.shown(clock.now())}")
    response = Response(content, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f'inline; filename="{size}.jpg"'
    return response
