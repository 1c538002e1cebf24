"""Which pages show a member of staff their messages? Their own inbox, beside the one of the people (E5)."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow
from core.db import transaction
from core.errors import Missing
from notify import queries, service
from notify.messages import label_of
from notify.views import cursor, is_looked_at, owner

blueprint = Blueprint("staff_inbox", __name__, url_prefix="/admin/inbox")


@blueprint.get("")
@allow("staff")
def index() -> str:
    """What came in, the newest first; what was not read yet is said in words."""
    mine = owner()
    found = queries.inbox(mine, cursor(request.args.get("before")), queries.PAGE + 1)
    shown = found[: queries.PAGE]
    at = url_for(".index")
    return render_template(
        "inbox/index.html",
        items=[
            {"title": one.title, "at": one.created_at, "url": f"{at}/{one.id}", "is_new": not one.read_at}
            for one in shown
        ],
        unread_now=queries.unread_count(mine),
        is_first=not request.args.get("before"),
        next_url=url_for(".index", before=shown[-1].id) if len(found) > len(shown) else "",
    )


@blueprint.get("/<uuid:message_id>")
@allow("staff")
def show(message_id: uuid.UUID) -> str:
    """Opening a message marks it read; fetching it ahead, or again, changes nothing."""
    message = queries.inbox_message(owner(), message_id)
    if message is None:
        raise Missing
    if message.read_at is None and is_looked_at():
        with transaction():
            service.mark_read(message.owner_id, message.id)
    return render_template("inbox/show.html", message=message, label=label_of(message.kind))


@blueprint.post("/read")
@allow("staff")
def read_all() -> ResponseReturnValue:
    with transaction():
        service.mark_all_read(owner())
    flash("已全部标为已读。", "good")
    return redirect(url_for(".index"), 303)
