"""How heavy is each employee page, how many requests, how many statements? Counted, never timed.

A first visit may cost 60 KB (the page where one binds 35) and six requests, photos left out; a page asks the
database at most six times, and as often for a thousand rows as for one.
"""

from __future__ import annotations

import datetime as dt
import gzip
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from bench.people import with_claims
from content.models import Article
from core import clock
from core.db import db as database
from core.db import transaction
from notify.models import InboxMessage
from tests.looks.crawl import Parts, addresses
from tests.world import World

if TYPE_CHECKING:
    from flask import Flask

    from employee.models import Employee

HEADS = 900  # bytes of an answer's headers, generously
MOST_BYTES, MOST_REQUESTS, MOST_STATEMENTS = 60_000, 6, 6
FIRST_WINDOW = 14_600  # ten packets of TCP
LIGHTER = {"employee.bind": 35_000}
FEW, MANY = 1, 1000
KINDS = ("notice", "article", "brochure")

Statements = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def pages(app: Flask, db: object) -> dict[str, str]:
    """Address → page, for somebody with claims and messages, one who is writing, and a follower."""
    world = World()
    person, writing = world.insured(), world.insured()
    number, draft = _with_rows(person, 20), with_claims(writing, 1, "draft")
    askers = [app.test_client() for _ in range(3)]
    world.sign_in(askers[0], person=person)
    world.sign_in(askers[1], person=writing)
    world.sign_in(askers[2], openid=world.follower())
    own = [f"/h5/claims/{number}", *(f"/h5/claims/{draft}/{part}" for part in ("1", "2", "3", "check"))]
    found = {}
    for path in [*_paths(app, askers[0]), *own]:
        for asking in askers:
            answer = asking.get(path)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                found.setdefault(path, answer.get_data(as_text=True))
    assert len(found) >= 15
    return found


def test_a_first_visit_is_light(app: Flask, pages: dict[str, str]) -> None:
    static = app.test_client()
    too_much = {}
    for path, html in pages.items():
        parts = Parts(html)
        files = {name for name in parts.files if urlsplit(name).path.startswith("/static/")} - parts.later
        weight = _weight(html.encode()) + sum(_weight(static.get(name).data) for name in files)
        endpoint, _ = app.url_map.bind("localhost").match(path)
        if weight > LIGHTER.get(endpoint, MOST_BYTES) or 1 + len(files) > MOST_REQUESTS:
            too_much[path] = (weight, sorted(files))
    assert not too_much


def test_a_first_visit_waits_for_one_answer(pages: dict[str, str]) -> None:
    """Styles and signs come with the page, all of it in what a server may send before it hears back."""
    waits = {path for path, html in pages.items() if 'rel="stylesheet"' in html or "<style>" not in html}
    assert not waits
    assert {path: _weight(html.encode()) for path, html in pages.items()
            if _weight(html.encode()) > FIRST_WINDOW} == {}  # fmt: skip


def test_a_page_asks_nobody_else(app: Flask, pages: dict[str, str]) -> None:
    """No third party but WeChat's script, where a page needs it; inline pictures are no requests."""
    sdk = urlsplit(app.extensions["huzhu"]["settings"].wechat_jssdk_url).netloc
    foreign = {
        path: hosts
        for path, html in pages.items()
        if (hosts := {urlsplit(name).netloc for name in Parts(html).files} - {"", sdk})
    }
    assert not foreign


def test_a_page_asks_the_database_as_often_for_a_thousand_rows_as_for_one(
    app: Flask, db: object, statements: Statements
) -> None:
    few, many = (_counts(app, statements, rows) for rows in (FEW, MANY))
    wrong = {
        page: (few.get(page), count)
        for page, count in many.items()
        if count > MOST_STATEMENTS or few.get(page, count) != count
    }
    assert len(many) >= 12
    assert not wrong, f"statements at {FEW} and at {MANY} rows: {wrong}"


def _counts(app: Flask, statements: Statements, rows: int) -> dict[str, int]:
    world = World()
    person = world.insured()
    number = _with_rows(person, rows)
    client = app.test_client()
    world.sign_in(client, person=person)
    paths = {_without_ids(path): path for path in _paths(app, client)}
    paths |= {"a claim": f"/h5/claims/{number}", "a claim to be corrected": f"/h5/claims/{number}/fix"}
    counts = {}
    for page, path in paths.items():
        client.get(path)  # what is kept from page to page is there; what was read is marked
        with statements() as seen:
            answer = client.get(path)
        if answer.status_code == 200:
            counts[page] = len(seen)
    return counts


def _paths(app: Flask, client: Any) -> list[str]:
    """Pages that need nothing in their address, and what home, lists and one's own page lead to."""
    found = dict.fromkeys(path for path in addresses(app) if path.startswith("/h5"))
    for start in ("/h5/", "/h5/articles", "/h5/messages", "/h5/me"):
        links = Parts(client.get(start).get_data(as_text=True)).links
        by_kind = {_without_ids(link): link for link in links if link.startswith("/h5")}
        found |= dict.fromkeys(by_kind.values())
    return list(found)


def _without_ids(path: str) -> str:
    return re.sub(r"[0-9a-f-]{20,}|BZ[0-9-]+", "…", path)


def _weight(content: bytes) -> int:
    return len(gzip.compress(content, 5)) + HEADS


def _with_rows(person: Employee, count: int) -> str:
    """So many claims, messages and articles; gives the number of the newest claim."""
    number = with_claims(person, count, "returned")
    with transaction():
        database.session.add_all(_message(person, n) for n in range(count))
        database.session.add_all(_article(kind, n) for kind in KINDS for n in range(count))
    return number


def _message(person: Employee, n: int) -> InboxMessage:
    message = InboxMessage(
        dedupe_key=f"{person.id}-{n}", owner_kind="employee", owner_id=person.id, kind="claim_submitted"
    )
    message.title, message.text, message.link = "补助申请已提交", "示例", "/h5/claims"
    return message


def _article(kind: str, n: int) -> Article:
    article = Article(kind=kind, title=f"示例 {n}", body="示例", source="示例工会")
    article.published_at = clock.now() - dt.timedelta(minutes=n)
    if hasattr(Article, "state"):
        article.state = "published"
    return article
