"""Which features make the application? Tables that app.py reads: a line a blueprint, job, actor, command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, request, url_for

import schema  # noqa: F401 - every table is known before the first query
from core import commands
from core.access import Loader
from core.bell import Jobs

BLUEPRINTS: list[Blueprint] = []

# Views that machines post to; each checks a signature or secret of its own.
CSRF_EXEMPT: list[Callable[..., Any]] = []

# Who is asking, per area; each reads flask.session and the database once per request.
ACTORS: dict[str, Loader] = {}

# What the doorbell and the clock can run (config/schedule.py says how often).
JOBS: Jobs = {
    "core.sweep": commands.sweep,
}


def add_commands(app: Flask) -> None:
    """Command-line groups of the features."""


def frame(app: Flask) -> dict[str, Any]:
    """What the page frames ask for; see `core.pages.register_pages`."""
    return {}


def sign_in(kind: str) -> str:
    """Where somebody goes who must sign in first; the way back is the page they wanted."""
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    if kind == "staff":
        return url_for("staff_sign_in.login", next=back or "/admin/")
    if kind == "follower":
        return url_for("wechat_oauth.start", next=back or "/h5/")
    return url_for("employee.bind", next=back or "/h5/")
