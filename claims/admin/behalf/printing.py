"""申请审批表 and 情况说明, filled in and ready for stamp and signature (XM-100, XM-110, XM-115)."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

from claims.admin.behalf.door import FILERS, blueprint, by_of, filing_of
from claims.models import Claim
from claims.service import paperwork
from core import audit
from core.access import allow
from core.db import transaction
from core.errors import Missing
from core.names import code_point


@blueprint.post("/filings/<number>/print/<any(form, statement):what>")
@allow(*FILERS)
def print_form(number: str, what: str) -> Response:
    """A PDF with whole numbers in it: by POST, because it goes on record."""
    claim = filing_of(number)
    if what not in offered(claim):
        raise Missing
    made = paperwork.printed(claim, what)
    with transaction():
        audit.record("claim.print", "claim", claim.id, by_of(claim), form=what)
    response = Response(made.content, mimetype="application/pdf")
    name = f"{paperwork.TITLES[what]}-{claim.number}.pdf"
    called = f"inline; filename={what}-{claim.number}.pdf; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Disposition"] = called
    response.headers["Cache-Control"] = "no-store"
    return response


def offered(claim: Claim) -> list[str]:
    """The forms this claim needs on paper."""
    if claim.contents_erased_at or not paperwork.can_print():
        return []
    return ["form"] if claim.is_own_account else ["form", "statement"]


def missing_characters(claim: Claim) -> str:
    """Characters that no font of this machine has, with their code points; "" when all can be printed."""
    missing = paperwork.missing(claim) if offered(claim) else []
    return "、".join(f"{char}（{code_point(char)}）" for char in missing)
