"""How does a batch get to the bank? One download by POST; again only with a reason."""

from __future__ import annotations

from flask import Response, render_template, request

from core.access import allow, current_actor
from core.db import transaction
from core.factor import RECENT, must_be_fresh
from core.pages import again
from core.roles import FINANCE_MAKER
from payout import queries, service
from payout.admin.batches import batch_page
from payout.admin.door import blueprint, open_for, seen
from payout.rules import WORKFLOW

MEDIA = {
    "csv": "text/csv; charset=GB18030",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@blueprint.get("/<number>/export")
@allow(FINANCE_MAKER, everywhere=True)
def export_form(number: str) -> str:
    must_be_fresh(RECENT)
    open_for(number, "export", "export_again")
    return _export_page(number, {})


def _export_page(number: str, errors: dict[str, str]) -> str:
    batch = service.get(number)
    if not (WORKFLOW.move("export", batch.state) or WORKFLOW.move("export_again", batch.state)):
        return batch_page(number, errors)
    return render_template(
        "payout/export.html",
        batch=batch,
        is_again=batch.state == "exported",
        files=queries.files(batch),
        formats=list(service.FORMATS.items()),
        values=request.form or {"format": "csv"},
        errors=errors,
    )


@blueprint.post("/<number>/export")
@allow(FINANCE_MAKER, everywhere=True)
def export(number: str) -> Response:
    must_be_fresh(RECENT)
    again(lambda errors: _export_page(number, errors))
    file_format = request.form.get("format", "")
    with transaction():
        batch = service.get(number)
        reason = request.form.get("reason", "")[:200]
        content = service.export(batch, file_format, current_actor(), seen(), reason)
        name = f"{batch.number}.{file_format}"
    answer = Response(content, content_type=MEDIA[file_format])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
