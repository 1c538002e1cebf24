"""导出申请单: the form to print, sign and stamp (XM-53, XM-70)."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from core import audit
from core.access import allow
from core.context import settings
from core.db import transaction
from core.errors import Missing
from core.lettering import font_files
from core.names import code_point
from core.roles import ADMINISTRATOR
from enrolment.admin import showing
from enrolment.admin.door import KEEPERS, REVIEWERS, blueprint, enrolment_of, me
from enrolment.service import form

PRINTS = (*KEEPERS, *REVIEWERS, ADMINISTRATOR)


@blueprint.get("/<number>/form")
@allow(*PRINTS)
def print_form(number: str) -> str:
    """What will be on the paper, and which characters the fonts of this machine do not have."""
    enrolment = enrolment_of(number)
    files = font_files(settings().font_files)
    missing = form.missing(enrolment, files) if files else []
    return render_template(
        "enrolment/form.html",
        **showing.facts(enrolment),
        has_fonts=bool(files),
        missing=[(char, code_point(char)) for char in missing],
        most=form.MOST_NAMES,
    )


@blueprint.get("/<number>/form.pdf")
@allow(*PRINTS)
def form_pdf(number: str) -> ResponseReturnValue:
    enrolment = enrolment_of(number)
    files = font_files(settings().font_files)
    if not files:
        raise Missing("这台服务器没有中文字体，暂时不能导出申请单。请联系管理员设置 FONT_FILES。")
    content = form.printed(enrolment, files)
    with transaction():
        audit.record("enrolment.print", "enrolment", enrolment.id, me(), count=enrolment.participant_count)
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{enrolment.number}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
