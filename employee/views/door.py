"""Who is at the door of the person's own pages? Shared by the pages of this room."""

from __future__ import annotations

import uuid

from flask import Blueprint

from core.access import current_actor
from core.errors import Missing

blueprint = Blueprint("employee", __name__, url_prefix="/h5")

PAGES = ("/h5/", "/s/")


def my_id() -> uuid.UUID:
    """The signed-in employee."""
    actor = current_actor()
    if actor.id is None:
        raise Missing
    return actor.id
