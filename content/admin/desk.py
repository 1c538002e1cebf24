"""Which pages of content are there, and which are shown, pinned or taken down? (A12)"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import segno
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from content import forms, queries, service
from content.admin.door import before, blueprint
from content.admin.form import REDUCED, form_page
from content.models import Article
from content.rules import EDITORS, KINDS, LABELS, PAST
from content.service import previews
from content.views import shown_parts
from core.access import Actor, allow, current_actor
from core.context import settings
from core.db import transaction
from core.pages import again

PAGE = 20


@blueprint.get("")
@allow(*EDITORS, everywhere=True)
def index() -> str:
    kind, state = request.args.get("kind", ""), request.args.get("state", "")
    kind, state = kind if kind in KINDS else "", state if state in LABELS else ""
    found = queries.desk(kind, state, before(), PAGE + 1)
    shown = found[:PAGE]
    more = url_for(".index", kind=kind, state=state, before=shown[-1].id) if len(found) > PAGE else ""
    return render_template(
        "content_admin/index.html",
        rows=[_row(row) for row in shown],
        next_url=more,
        first_url=url_for(".index", kind=kind, state=state) if request.args.get("before") else "",
        kinds=list(KINDS.items()),
        states=list(LABELS.items()),
        kind=kind,
        is_filtered=bool(kind or state),
    )


@blueprint.get("/<uuid:article_id>/preview")
@allow(*EDITORS, everywhere=True)
def preview(article_id: uuid.UUID) -> str:
    """The page as a phone shows it, and a code to see it on a real one."""
    row = service.get(article_id)
    page = service.page_of(row)
    rendered = service.html_of(page)
    link = f"{settings().public_url}/h5/preview/{previews.token_of(row.id)}"
    return render_template(
        "content_admin/preview.html",
        row=row,
        title=KINDS[row.kind],
        state=queries.state_words(row),
        warning=REDUCED if rendered.is_reduced else "",
        link=link,
        minutes=previews.MINUTES,
        code_picture=segno.make(link, error="m").svg_data_uri(scale=4, border=2),
        **shown_parts(page, rendered.html),
    )


@blueprint.get("/<uuid:article_id>/publish")
@allow(*EDITORS, everywhere=True)
def publish_form(article_id: uuid.UUID) -> str:
    """The question before publishing what should have been published already."""
    row = service.get(article_id)
    return render_template("content_admin/publish.html", row=row, text=PAST, page=service.page_of(row))


@blueprint.post("/<uuid:article_id>/publish")
@allow(*EDITORS, everywhere=True)
def publish(article_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: _again(article_id, errors))
    with transaction():
        row = service.get(article_id)
        service.publish(row, current_actor(), forms.version(request.form))
    flash("已发布。")
    return redirect(url_for(".edit", article_id=article_id), 303)


@blueprint.get("/<uuid:article_id>/take-down")
@allow(*EDITORS, everywhere=True)
def take_down_form(article_id: uuid.UUID) -> str:
    return render_template("content_admin/take_down.html", row=service.get(article_id))


@blueprint.post("/<uuid:article_id>/take-down")
@allow(*EDITORS, everywhere=True)
def take_down(article_id: uuid.UUID) -> ResponseReturnValue:
    return _moved(article_id, service.take_down, "已下架，大家看不到了。改好后可以重新发布。")


@blueprint.post("/<uuid:article_id>/unschedule")
@allow(*EDITORS, everywhere=True)
def unschedule(article_id: uuid.UUID) -> ResponseReturnValue:
    return _moved(article_id, service.unschedule, "已取消定时，现在是草稿。")


@blueprint.post("/<uuid:article_id>/pin")
@allow(*EDITORS, everywhere=True)
def pin(article_id: uuid.UUID) -> ResponseReturnValue:
    is_pinned = request.form.get("is_pinned") == "1"
    words = "已置顶，排在最前面。" if is_pinned else "已取消置顶。"
    return _moved(article_id, lambda row, by, seen: service.pin(row, is_pinned, by, seen), words)


def _moved(
    article_id: uuid.UUID, verb: Callable[[Article, Actor, int], object], words: str
) -> ResponseReturnValue:
    with transaction():
        verb(service.get(article_id), current_actor(), forms.version(request.form))
    flash(words)
    return redirect(url_for(".edit", article_id=article_id), 303)


def _row(row: Article) -> dict[str, Any]:
    return {
        "title": ("【置顶】" if row.is_pinned else "") + (service.page_of(row).title or "（没有标题）"),
        "url": url_for(".edit", article_id=row.id),
        "kind": KINDS[row.kind],
        "state": queries.state_words(row),
        "at": row.publish_at if row.state == "scheduled" else row.published_at,
        "edited_at": row.edited_at,
        "edited_by": row.edited_by or row.author_label,
    }


def _again(article_id: uuid.UUID, errors: dict[str, str]) -> str:
    row = service.get(article_id)
    return form_page(row, service.page_of(row), errors)
