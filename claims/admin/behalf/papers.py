"""Photos one by one from a desk or a phone: in, out, and shown to nobody but who filed them."""

from __future__ import annotations

import uuid

from flask import Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from claims.admin.behalf.door import FILERS, blueprint, by_of, filing_of, path_of
from claims.models import Claim
from claims.queries.own import document_of
from claims.rules import EDITABLE
from claims.service import figures, filing, pictures
from core.access import allow
from core.db import transaction
from core.errors import Refused
from core.files import coach
from core.pages import wants_json

NO_FILE = "请先选择照片"


@blueprint.post("/filings/<number>/documents")
@allow(*FILERS)
def add_document(number: str) -> ResponseReturnValue:
    """One photo: 201 with its addresses for our script, 303 back to the form for a plain one."""
    claim = filing_of(number)
    kind, upload = request.form.get("kind", ""), request.files.get("photo")
    if upload is None or not upload.filename:
        raise Refused(NO_FILE, kind)
    document_id, said = _keep(claim, kind, upload)
    if not wants_json():
        return redirect(_page_of(claim), 303)
    at = path_of(claim, f"documents/{document_id}")
    answer = {"id": str(document_id), "thumb_url": f"{at}/thumb", "delete_url": f"{at}/delete"}
    return jsonify(**answer, label=_label(claim, kind), message="已上传", warnings=said), 201


@blueprint.post("/filings/<number>/documents/<uuid:document_id>/delete")
@allow(*FILERS)
def remove_document(number: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """Our script has asked already (204); a plain form is asked on a page of its own first."""
    claim = filing_of(number)
    document = document_of(claim, document_id)
    if not wants_json() and request.form.get("do") != "confirm":
        return render_template(
            "filings/remove_photo.html",
            claim=claim,
            label=_label(claim, document.kind),
            thumb_url=path_of(claim, f"documents/{document_id}/thumb"),
            action=request.path,
            back=_page_of(claim),
        )
    with transaction():
        filing.remove_document(claim, document_id, by_of(claim))
    return ("", 204) if wants_json() else redirect(_page_of(claim), 303)


@blueprint.get("/filings/<number>/documents/<uuid:document_id>/<any(thumb, preview, full):size>")
@allow(*FILERS)
def show_document(number: str, document_id: uuid.UUID, size: str) -> Response:
    """The picture itself, kept by no cache and run by no browser."""
    document = document_of(filing_of(number), document_id)
    response = Response(pictures.read(document.file_id, size), mimetype="image/jpeg")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f'inline; filename="{size}.jpg"'
    return response


def keep_sent(claim: Claim) -> None:
    """Photos that came with the whole page (JavaScript off): each is kept by itself, so none is lost."""
    for paper in figures.papers_of(claim):
        for upload in request.files.getlist(paper.code):
            if upload.filename:
                _keep(claim, paper.code, upload)


def _keep(claim: Claim, kind: str, upload: FileStorage) -> tuple[uuid.UUID, list[str]]:
    """Decode outside the transaction, keep inside it; the new photo's id and what the coach says."""
    picture = pictures.picture_of(upload.stream, kind)
    with transaction():
        document = filing.add_document(claim, kind, picture, by_of(claim))
    return document.id, coach.words(document.warnings or [])


def _label(claim: Claim, kind: str) -> str:
    return next((paper.label for paper in figures.papers_of(claim) if paper.code == kind), "照片")


def _page_of(claim: Claim) -> str:
    """The page on which photos are asked for, in the claim's present state."""
    return path_of(claim, "form" if claim.state in EDITABLE else "payee")
