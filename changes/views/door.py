"""Which request is meant, whose is it, and what do all pages of E14 need?"""

from __future__ import annotations

import uuid

from flask import Blueprint, request

from changes import service
from changes.forms import read_change_form
from changes.models import ChangeRequest
from changes.queries import own as own_queries
from changes.rules import Facts
from core.access import current_actor
from core.errors import Missing

HOME = "/h5/changes"

blueprint = Blueprint("changes", __name__, url_prefix=HOME)


def my_id() -> uuid.UUID:
    actor = current_actor()
    if actor.id is None:
        raise Missing
    return actor.id


def own(number: str) -> ChangeRequest:
    """The person's own request. Somebody else's is as absent as one that never was (404)."""
    return own_queries.of_employee(number[:40], my_id())


def path_of(change: ChangeRequest, page: str = "") -> str:
    return f"{HOME}/{change.number}{'/' if page else ''}{page}"


def typed_facts(change: ChangeRequest | None = None) -> Facts:
    now = service.current(my_id())
    return read_change_form(request.form, now, service.prefilled(change, now) if change else now)


def version_seen() -> int:
    """The version the page was made from; -1 (never right) for a form that was tampered with."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def file_of(document_id: uuid.UUID) -> dict[str, str]:
    at = f"{HOME}/photos/{document_id}"
    return {
        "id": str(document_id),
        "label": "证件凭证",
        "thumb_url": f"{at}/thumb",
        "url": f"{at}/preview",
        "delete_url": f"{at}/delete",
    }
