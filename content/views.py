"""Who reads what the scheme tells everybody? Guests too (E16)."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from content import queries, service
from content.rules import Page
from content.service import pictures, previews
from core.access import allow
from core.context import settings
from core.errors import Missing

blueprint = Blueprint("content", __name__, url_prefix="/h5")

PAGE = 20
KINDS = {"notices": "notice", "articles": "article", "brochure": "brochure"}
FOREVER = "public, max-age=31536000, immutable"


@blueprint.get("/<any(notices, articles):section>")
@allow("guest")
def listing(section: str) -> ResponseReturnValue:
    kind = KINDS[section]
    lines = queries.newest(kind, PAGE + 1, _before())
    older = f"/h5/{section}?before={lines[PAGE - 1]['url'].rsplit('/', 1)[1]}" if len(lines) > PAGE else ""
    return render_template(
        "content/list.html",
        title=queries.TITLES[kind],
        lines=lines[:PAGE],
        older=older,
        newest=f"/h5/{section}" if request.args.get("before") else "",
    )


@blueprint.get("/brochure")
@allow("guest")
def contents() -> ResponseReturnValue:
    """The brochure: its table of contents."""
    return render_template("content/brochure.html", chapters=queries.chapters())


@blueprint.get("/<any(notices, articles, brochure):section>/<uuid:article_id>")
@allow("guest")
def page(section: str, article_id: uuid.UUID) -> ResponseReturnValue:
    kind = KINDS[section]
    row = queries.article(kind, article_id)
    chapters = queries.chapters() if kind == "brochure" else []
    at = next((n for n, chapter in enumerate(chapters) if chapter.id == row.id), 0)
    found = service.published_page(row)
    return render_template(
        "content/page.html",
        row=row,
        section=section,
        title=queries.TITLES[kind],
        chapters=chapters,
        number=at + 1,
        before=chapters[at - 1] if at else None,
        after=chapters[at + 1] if at + 1 < len(chapters) else None,
        site_url=settings().public_url,
        **shown_parts(found, row.body_html or service.html_of(found).html),
    )


@blueprint.get("/preview/<token>")
@allow("guest")
def preview(token: str) -> ResponseReturnValue:
    """What an editor sees on a phone before others do: a signed link, for minutes; changes nothing."""
    row = service.get(previews.article_id_of(token))
    found = service.page_of(row)
    return render_template(
        "content/preview.html", row=row, title=queries.TITLES[row.kind],
        **shown_parts(found, service.html_of(found).html),
    )  # fmt: skip


@blueprint.get("/pictures/<digest>/<any(thumb, preview, full):size>")
@allow("guest")
def picture(digest: str, size: str) -> ResponseReturnValue:
    """One of the articles' pictures. Its address carries its content, so it may be kept for ever."""
    response = Response(pictures.read(digest, size), mimetype="image/jpeg")
    response.headers["Cache-Control"] = FOREVER
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def shown_parts(found: Page, html: str) -> dict[str, object]:
    """What `content/_article.html` shows, for readers and editors alike: two statements at most."""
    sizes = pictures.sizes_of([found.cover, *(digest for digest, _ in found.pages)])
    return {
        "page": found,
        "html": service.shown(html),
        "cover_size": service.preview_size(*sizes[found.cover]) if found.cover in sizes else None,
        "attachments": [
            {"digest": digest, "name": name, "size": service.preview_size(*sizes[digest])}
            for digest, name in found.pages
            if digest in sizes
        ],
    }


def _before() -> uuid.UUID | None:
    text = request.args.get("before", "")
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Missing from None
