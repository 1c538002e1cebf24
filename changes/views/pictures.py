"""Photos of 证件凭证, one by one: in, out, and shown to nobody but their owner."""

from __future__ import annotations

import uuid

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from changes import service
from changes.service import photos
from changes.views.door import HOME, blueprint
from changes.views.filling import edited, form_page, keep_photos
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.files import coach, keeping
from core.pages import again, wants_json

NO_FILE = "请先选择照片"


@blueprint.post("/photos")
@allow("employee")
def add_photo() -> ResponseReturnValue:
    """One photo: 201 with its addresses for our script."""
    upload = request.files.get("photo")
    if upload is None or not upload.filename:
        raise Refused(NO_FILE, "evidence")
    picture = keeping.picture_of(upload.stream, "evidence")
    with transaction():
        document = service.add_photo(picture, current_actor())
    at = f"{HOME}/photos/{document.id}"
    answer = {"id": str(document.id), "thumb_url": f"{at}/thumb", "delete_url": f"{at}/delete"}
    said = coach.words(picture.warnings("evidence"))
    return jsonify(**answer, label="证件凭证", message="已上传", warnings=said), 201


@blueprint.post("/photos/<uuid:document_id>/delete")
@allow("employee")
def remove_photo(document_id: uuid.UUID) -> ResponseReturnValue:
    """Our script wants 204; a plain form has the whole page with it and gets it back as it was typed."""
    change = edited()
    again(lambda errors: form_page(change, errors, typed=request.form))
    photos.photo_of(document_id, current_actor())
    if not wants_json():
        keep_photos()
    with transaction():
        service.remove_photo(document_id, current_actor())
    return ("", 204) if wants_json() else form_page(change, {}, typed=request.form)


@blueprint.get("/photos/<uuid:document_id>/<any(thumb, preview, full):size>")
@allow("employee")
def show_photo(document_id: uuid.UUID, size: str) -> ResponseReturnValue:
    """The picture itself, for its owner only, kept by no cache and run by no browser."""
    document = photos.photo_of(document_id, current_actor())
    response = Response(keeping.read(document.file_id, size), mimetype="image/jpeg")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f'inline; filename="{size}.jpg"'
    return response
