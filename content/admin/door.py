"""What do the editor's pages share? The blueprint, and which page of content a form speaks of."""

from __future__ import annotations

import uuid

from flask import Blueprint, request

from core.errors import Missing

blueprint = Blueprint("content_admin", __name__, url_prefix="/admin/content")


def before() -> uuid.UUID | None:
    """Where a list goes on. Raises `Missing`."""
    text = request.args.get("before", "")
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Missing from None
