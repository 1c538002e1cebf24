"""申请材料: a named list, uploaded one by one, seen in the column 附件 (XM-66)."""

from __future__ import annotations

import uuid

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core import audit, clock
from core.access import allow
from core.db import transaction
from core.errors import Refused
from core.files.papers import PDF, read_paper, take_paper
from core.pages import again
from enrolment.admin import showing
from enrolment.admin.door import KEEPERS, READERS, Errors, blueprint, enrolment_of, me, mine, path_of
from enrolment.models import Enrolment
from enrolment.service import materials as papers
from enrolment.service.moving import open_draft

NO_FILE = "请先选择要上传的文件"


@blueprint.get("/<number>/materials")
@allow(*READERS)
def materials(number: str) -> str:
    return _page(enrolment_of(number), {})


@blueprint.post("/<number>/materials/<code>")
@allow(*KEEPERS)
def upload(number: str, code: str) -> ResponseReturnValue:
    """One file under one name: a photo or a PDF. Looked at before the transaction, because it is slow."""
    again(lambda errors: _page(enrolment_of(number), errors))
    with transaction():
        open_draft(mine(number), me())  # who is late hears so before the file is read
    kind = papers.paper_kind(code[:32])
    sent = request.files.get("paper")
    if sent is None or not sent.filename:
        raise Refused(NO_FILE, kind.code)
    paper = take_paper(sent.stream, kind.code)  # type: ignore[arg-type]
    with transaction():
        enrolment = mine(number)
        papers.add(enrolment, kind.code, paper, sent.filename, me())
    flash(f"“{kind.label}”已上传。", "good")
    return redirect(path_of(enrolment, "materials"), 303)


@blueprint.post("/<number>/materials/<uuid:material_id>/remove")
@allow(*KEEPERS)
def remove_paper(number: str, material_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: _page(enrolment_of(number), errors))
    with transaction():
        enrolment = mine(number)
        papers.remove(enrolment, material_id, me())
    flash("已删除附件。", "good")
    return redirect(path_of(enrolment, "materials"), 303)


@blueprint.get("/<number>/materials/<uuid:material_id>/<any(thumb, preview, full):size>")
@allow(*READERS)
def paper(number: str, material_id: uuid.UUID, size: str) -> Response:
    """A photo in one of its sizes; a PDF as a download that runs nothing."""
    enrolment = enrolment_of(number)
    _, file = papers.find(enrolment, material_id)
    is_pdf = file.media_type == PDF
    content = read_paper(file, size)
    if size == "full":
        with transaction():
            audit.record("enrolment.open_paper", "enrolment", enrolment.id, me())
    response = Response(content, mimetype=PDF if is_pdf else "image/jpeg")
    how = f'attachment; filename="{enrolment.number}.pdf"' if is_pdf else f'inline; filename="{size}.jpg"'
    response.headers["Content-Disposition"] = how
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _page(enrolment: Enrolment, errors: Errors) -> str:
    return render_template(
        "enrolment/materials.html",
        errors=errors,
        **showing.facts(enrolment),
        papers=showing.paper_rows(enrolment),
        now=clock.now(),
    )
