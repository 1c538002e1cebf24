"""常用退回意见: which are there, how often used; add one, take one off the list."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from claims.admin.door import KEEPS_REASONS, blueprint, me
from claims.rules import ITEMS
from claims.service import reasons as kept
from core.access import allow
from core.db import transaction
from core.pages import again


@blueprint.get("/reasons")
@allow(*KEEPS_REASONS)
def reasons() -> str:
    return _page({})


@blueprint.post("/reasons")
@allow(*KEEPS_REASONS)
def save_reason() -> ResponseReturnValue:
    again(_page)
    with transaction():
        kept.save_reason(request.form.get("text", ""), request.form.get("item", ""), me())
    flash("已添加常用退回意见。")
    return redirect(url_for(".reasons"), 303)


@blueprint.post("/reasons/<uuid:reason_id>/retire")
@allow(*KEEPS_REASONS)
def retire_reason(reason_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        kept.retire_reason(reason_id, me())
    flash("已停用这条意见。已经写进退回原因的不受影响。")
    return redirect(url_for(".reasons"), 303)


def _page(errors: dict[str, str]) -> str:
    return render_template(
        "claims_admin/reasons.html",
        errors=errors,
        values=request.form,
        rows=kept.reasons(),
        words=ITEMS,
        items=list(ITEMS.items()),
    )
