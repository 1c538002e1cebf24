"""Which pages show a person their messages? 站内信 (E5)."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.db import transaction
from core.errors import Missing
from notify import queries, service
from notify.messages import MESSAGES

AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")

blueprint = Blueprint("messages", __name__, url_prefix="/h5/messages")


@blueprint.get("")
@allow("employee")
def index() -> str:
    owner_id = owner()
    found = queries.inbox(owner_id, cursor(request.args.get("before")), queries.PAGE + 1)
    shown = found[: queries.PAGE]
    return render_template(
        "messages/index.html",
        items=shown,
        unread_now=queries.unread_count(owner_id),
        next_url=url_for(".index", before=shown[-1].id) if len(found) > len(shown) else "",
    )


@blueprint.get("/<uuid:message_id>")
@allow("employee")
def show(message_id: uuid.UUID) -> str:
    """Opening a message marks it read; opening it again, or fetching it ahead, changes nothing."""
    message = queries.inbox_message(owner(), message_id)
    if message is None:
        raise Missing
    if message.read_at is None and is_looked_at():
        with transaction():
            service.mark_read(message.owner_id, message.id)
    words = MESSAGES.get(message.kind)
    return render_template("messages/show.html", message=message, label=words.label if words else "")


@blueprint.post("/read")
@allow("employee")
def read_all() -> ResponseReturnValue:
    with transaction():
        service.mark_all_read(owner())
    return redirect(url_for(".index"), 303)


def unread() -> int:
    """The number on the tab 消息."""
    actor = current_actor()
    return queries.unread_count(actor.id) if actor.kind == "employee" and actor.id else 0


def is_looked_at() -> bool:
    """Does a person see the answer? Not when a browser fetches the page ahead, or only asks for its head."""
    said = " ".join(request.headers.get(name, "") for name in AHEAD)
    return request.method == "GET" and not any(word in said for word in ("prefetch", "prerender", "preview"))


def owner() -> uuid.UUID:
    """Whose messages are asked for."""
    owner_id = current_actor().id
    if owner_id is None:
        raise Missing
    return owner_id


def cursor(text: str | None) -> uuid.UUID | None:
    """The last message already shown."""
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Missing from None
