"""Who reads what the scheme tells everybody? Guests too (E16)."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from content import queries
from core.access import allow
from core.errors import Missing

blueprint = Blueprint("content", __name__, url_prefix="/h5")

PAGE = 20
KINDS = {"notices": "notice", "articles": "article", "brochure": "brochure"}


@blueprint.get("/<any(notices, articles, brochure):section>")
@allow("guest")
def listing(section: str) -> ResponseReturnValue:
    kind = KINDS[section]
    lines = queries.newest(kind, PAGE + 1, _before())
    following = (
        f"/h5/{section}?before={lines[PAGE - 1]['url'].rsplit('/', 1)[1]}" if len(lines) > PAGE else ""
    )
    return render_template(
        "content/list.html", title=queries.TITLES[kind], lines=lines[:PAGE], following=following
    )


@blueprint.get("/<any(notices, articles, brochure):section>/<uuid:article_id>")
@allow("guest")
def page(section: str, article_id: uuid.UUID) -> ResponseReturnValue:
    kind = KINDS[section]
    return render_template(
        "content/page.html",
        article=queries.article(kind, article_id),
        title=queries.TITLES[kind],
        section=section,
    )


def _before() -> uuid.UUID | None:
    text = request.args.get("before", "")
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Missing from None
