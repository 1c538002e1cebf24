"""What happens to a page of content? Written, published, scheduled, pinned, taken down."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from content.models import Article
from content.rules import WORKFLOW, Page, faults, in_use
from content.service.pictures import sizes_of
from content.service.rendering import Rendered, render
from core import clock, history
from core.access import Actor
from core.db import db
from core.errors import Conflict, Invalid, Missing, Refused
from core.history import Transition
from core.roles import SYSTEM as CLOCK

FIRST = (
    "{who} 于 {when} 先保存了这一篇。您写的内容还在下面，没有丢；对方保存的内容也列在下面，请对照后再保存。"
)
TYPED = ("title", "summary", "source", "body", "cover", "cover_alt", "place", "pages")
SYSTEM = Actor("system", None, "系统", frozenset({CLOCK}))


def get(article_id: uuid.UUID) -> Article:
    """The page, in any state. Raises `Missing`."""
    row = db.session.get(Article, article_id)
    if row is None:
        raise Missing
    return row


def page_of(row: Article) -> Page:
    """The page as its editors see it: what waits to be published, else what people read."""
    return _page(row, row.working) if row.working else published_page(row)


def published_page(row: Article) -> Page:
    """The page as people read it."""
    return _page(row, {name: getattr(row, name) for name in TYPED})


def _page(row: Article, kept: dict[str, Any]) -> Page:
    words = {**kept, "pages": tuple((digest, name) for digest, name in kept["pages"])}
    return Page(kind=row.kind, publish_at=row.publish_at, take_down_at=row.take_down_at, **words)


def html_of(page: Page) -> Rendered:
    return render(page.body, sizes_of(in_use(page.body)))


def create(page: Page, by: Actor) -> Article:
    """A new draft. Raises `Invalid`."""
    _check(page, to_publish=False)
    row = Article(kind=page.kind, title=page.title, author_id=by.id, author_label=by.label, state="draft")
    for name, value in _public(page).items():
        setattr(row, name, value)
    row.publish_at, row.take_down_at = page.publish_at, page.take_down_at
    row.edited_at, row.edited_by = clock.now(), by.label
    db.session.add(row)
    db.session.flush()
    history.begin(WORKFLOW, row, by)
    return row


def save(row: Article, page: Page, by: Actor, seen: int) -> Transition:
    """Keep what was typed; on a published page it waits. Raises `Conflict`, `Invalid`, `Refused`."""
    _first_come(row, seen)
    page = replace(page, kind=row.kind if row.published_at else page.kind)
    _check(page, to_publish=row.state == "scheduled")
    times = {"publish_at": page.publish_at, "take_down_at": page.take_down_at}
    if row.state == "published":
        changes: dict[str, Any] = {"working": _working(page)}
    else:
        changes = {"kind": page.kind, "working": None, **_public(page)}
    if row.state == "scheduled" and page.publish_at is None:
        raise Refused("请填写发布时间，或先取消定时", "publish_at")
    return _perform(row, "save", by, seen, **changes, **times)


def publish(row: Article, by: Actor, seen: int) -> Transition:
    """Let people read it now; on a published page its waiting changes. Raises `Conflict`, `Invalid`."""
    _first_come(row, seen)
    page, now = page_of(row), clock.now()
    _check(replace(page, publish_at=None), to_publish=True)
    _check_end(page, now)
    if row.state == "published":
        return _perform(row, "revise", by, seen, working=None, revised_at=now, **_public(page))
    return _perform(
        row, "publish", by, seen, working=None, published_at=now, publish_at=None, revised_at=None,
        taken_down_at=None, **_public(page),
    )  # fmt: skip


def schedule(row: Article, by: Actor, seen: int) -> Transition:
    """Publish by itself at `publish_at`, which lies ahead. Raises `Conflict`, `Invalid`, `Refused`."""
    _first_come(row, seen)
    page = page_of(row)
    if page.publish_at is None:
        raise Refused("请填写发布时间", "publish_at")
    _check(page, to_publish=True)
    return _perform(row, "schedule", by, seen, **_public(page))


def is_past(row: Article) -> bool:
    """Does the time asked for lie behind us? Then one publishes at once, after a question."""
    return row.publish_at is not None and row.publish_at <= clock.now()


def unschedule(row: Article, by: Actor, seen: int) -> Transition:
    return _perform(row, "unschedule", by, seen)


def pin(row: Article, is_pinned: bool, by: Actor, seen: int) -> Transition:
    return _perform(row, "pin" if is_pinned else "unpin", by, seen, is_pinned=is_pinned)


def take_down(row: Article, by: Actor, seen: int) -> Transition:
    """People read it no longer; what was typed since stays."""
    waiting = _public(page_of(row)) if row.working else {}
    now = clock.now()
    gone = {"working": None, "is_pinned": False, "taken_down_at": now, "take_down_at": None}
    return _perform(row, "take_down", by, seen, **gone, **waiting)


def turn_pages(now: dt.datetime) -> int:
    """What the clock does: publish what is due, take down what is over; returns how many were moved."""
    moved = 0
    for row in _due(Article.state == "scheduled", Article.publish_at <= now):
        history.perform(
            WORKFLOW, row, "release", SYSTEM, published_at=now, publish_at=None, taken_down_at=None,
        )  # fmt: skip
        moved += 1
    for row in _due(Article.state == "published", Article.take_down_at <= now):
        history.perform(
            WORKFLOW, row, "expire", SYSTEM, taken_down_at=now, take_down_at=None, is_pinned=False
        )
        moved += 1
    return moved


def _due(*wanted: Any) -> list[Article]:
    """Rows nobody else holds: an editor who is saving one of them keeps it, the next tick takes it."""
    query = select(Article).where(*wanted).order_by(Article.id).limit(50)
    return list(db.session.scalars(query.with_for_update(skip_locked=True)))


def _perform(row: Article, action: str, by: Actor, seen: int, **changes: Any) -> Transition:
    stamped = {"edited_at": clock.now(), "edited_by": by.label, **changes}
    return history.perform(WORKFLOW, row, action, by, seen=seen, **stamped)


def _public(page: Page) -> dict[str, Any]:
    """The columns people read, with the body made into HTML."""
    return {**_working(page), "body_html": html_of(page).html}


def _working(page: Page) -> dict[str, Any]:
    kept = {name: getattr(page, name) for name in TYPED}
    return {**kept, "pages": [list(pair) for pair in page.pages]}


def _check(page: Page, *, to_publish: bool) -> None:
    if found := faults(page, to_publish=to_publish):
        raise Invalid(found)


def _check_end(page: Page, now: dt.datetime) -> None:
    if page.take_down_at and page.take_down_at <= now:
        raise Refused("下架时间已经过了，请改成以后的时间，或清空", "take_down_at")


def _first_come(row: Article, seen: int) -> None:
    if seen != row.version:
        raise Conflict(FIRST.format(who=row.edited_by or "系统", when=clock.shown(row.state_at)))
