"""Photos one by one: in, out, and shown to nobody but their owner."""

from __future__ import annotations

import uuid

from flask import Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims import service
from claims.models import Claim
from claims.queries.own import document_of
from claims.rules import OTHERS_PHOTOS, step_of
from claims.service import figures, pictures
from claims.views.door import blueprint, keep_photo, may_look, me, own, path_of, shown
from claims.views.steps import save_quietly
from core.access import allow
from core.db import transaction
from core.errors import Missing, Refused
from core.pages import wants_json

NO_FILE = "请先选择照片"


@blueprint.post("/<number>/documents")
@allow("employee", "visitor")
def add_document(number: str) -> ResponseReturnValue:
    """One photo: 201 with its addresses for our script, 303 back to the step for a plain form."""
    claim = own(number)
    kind, upload = request.form.get("kind", ""), request.files.get("photo")
    if upload is None or not upload.filename:
        raise Refused(NO_FILE, kind)
    document_id, said = keep_photo(claim, kind, upload)
    if not wants_json():
        return redirect(_page_of(claim, kind), 303)
    at = path_of(claim, f"documents/{document_id}")
    answer = {"id": str(document_id), "thumb_url": f"{at}/thumb", "delete_url": f"{at}/delete"}
    return jsonify(**answer, label=_label(claim, kind), message="已上传", warnings=said), 201


@blueprint.post("/<number>/documents/<uuid:document_id>/delete")
@allow("employee", "visitor")
def remove_document(number: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """Our script has asked already (204); a plain form is asked on a page of its own first."""
    claim = own(number)
    document = document_of(claim, document_id)
    if not wants_json() and request.form.get("do") != "confirm":
        save_quietly(claim)
        return render_template(
            "claims/remove_photo.html",
            claim=claim,
            label=_label(claim, document.kind),
            thumb_url=path_of(claim, f"documents/{document_id}/thumb") if may_look(document_id) else "",
            action=request.path,
            back=_page_of(claim, document.kind),
        )
    with transaction():
        service.remove_document(claim, document_id, me())
    return ("", 204) if wants_json() else redirect(_page_of(claim, document.kind), 303)


@blueprint.get("/<number>/documents/<uuid:document_id>/<any(thumb, preview, full):size>")
@allow("employee", "visitor")
def show_document(number: str, document_id: uuid.UUID, size: str) -> ResponseReturnValue:
    """The picture itself, for its owner only, kept by no cache and run by no browser."""
    claim = shown(number)
    document = document_of(claim, document_id)
    if claim.filed_by_kind == "staff" and document.kind in OTHERS_PHOTOS:
        raise Missing
    if not may_look(document.id) or (
        me().kind == "visitor" and document.kind not in service.account_photos(claim)
    ):
        raise Missing
    response = Response(pictures.read(document.file_id, size), mimetype="image/jpeg")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f'inline; filename="{size}.jpg"'
    return response


def _label(claim: Claim, kind: str) -> str:
    return next((paper.label for paper in figures.papers_of(claim) if paper.code == kind), "照片")


def _page_of(claim: Claim, kind: str) -> str:
    """The page on which this photo is asked for, in the claim's present state."""
    if claim.state in ("returned", "pay_failed"):
        return path_of(claim, "fix" if claim.state == "returned" else "payee")
    papers = figures.papers_of(claim)
    step = next((step_of(paper.code, paper.when) for paper in papers if paper.code == kind), claim.step)
    return path_of(claim, str(step))
