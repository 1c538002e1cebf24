"""Who is at the door of the person's own pages? Shared by the pages of this room."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response

from core.access import current_actor
from core.errors import Missing

blueprint = Blueprint("employee", __name__, url_prefix="/h5")

PAGES = ("/h5/", "/s/")
BIG_SECONDS = 31536000


def my_id() -> uuid.UUID:
    """The signed-in employee."""
    actor = current_actor()
    if actor.id is None:
        raise Missing
    return actor.id


def keep_size(response: Response, is_big: bool) -> None:
    """大字版 lives in a cookie for a year: pages need no query for it."""
    response.set_cookie("big", "1" if is_big else "0", max_age=BIG_SECONDS, samesite="Lax", httponly=True)
