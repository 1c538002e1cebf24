"""What does a page cost when only its template is left? The product, with a bare twin of each page.

A bare page asks one question (the person's newest claims, as objects) and renders the very same template with
what the real page would have given it; a page is visited once to learn that.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Blueprint, Flask, render_template, template_rendered
from sqlalchemy import select

from app import create_app
from claims.models import Claim
from core.access import allow
from core.db import db

PAGES = ("home", "list", "claim")


def create() -> Flask:
    """BARE_COOKIE and BARE_CLAIM say who looks at which claim."""
    app = create_app()
    paths = {"home": "/h5/", "list": "/h5/claims", "claim": f"/h5/claims/{os.environ['BARE_CLAIM']}"}
    learnt: dict[str, tuple[str, dict[str, Any], Any]] = {}
    bare = Blueprint("bare", __name__, url_prefix="/bare")

    @bare.get("/<page>")
    @allow("guest")
    def show(page: str) -> str:
        template, given, owner = learnt[page]
        db.session.scalars(select(Claim).where(Claim.employee_id == owner).limit(5)).all()
        return render_template(template, **given)

    app.register_blueprint(bare)
    learnt.update((page, _learnt(app, path)) for page, path in paths.items())
    with app.app_context():
        db.engine.dispose()
    return app


def _learnt(app: Flask, path: str) -> tuple[str, dict[str, Any], Any]:
    """The template of a page, what the view gave it, and whose page it is."""
    seen: list[tuple[str, dict[str, Any]]] = []

    def note(_app: Flask, template: Any, context: dict[str, Any], **_: Any) -> None:
        seen.append((template.name, dict(context)))

    client = app.test_client()
    client.set_cookie("huzhu", os.environ["BARE_COOKIE"])
    with template_rendered.connected_to(note, app):
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status}")
    template, given = seen[-1]
    own = {name: value for name, value in given.items() if name not in ("g", "request", "session", "big")}
    return template, own, os.environ["BARE_OWNER"]
