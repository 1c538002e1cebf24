"""B2: what do the signed-in employee's pages cost beside their bare templates, and how many statements?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bench.figures import Goal, Line
from bench.load import flood, request
from bench.people import insured, with_claims
from bench.stage import Served, Size, Stage
from tests.world import World

NAMES = {"home": "home", "list": "claim list", "claim": "claim page"}


def run(stage: Stage, size: Size) -> list[Line]:
    owner, number, cookie = somebody(stage.app, 30)
    served = stage.granian("bench.peers.bare:create", BARE_OWNER=owner, BARE_CLAIM=number, BARE_COOKIE=cookie)
    paths = {"home": "/h5/", "list": "/h5/claims", "claim": f"/h5/claims/{number}"}
    lines = [_cost(served, page, path, cookie, size) for page, path in paths.items()]
    stage.stop(served)
    return lines + statements(stage.app, size.rows)


def _cost(served: Served, page: str, path: str, cookie: str, size: Size) -> Line:
    count = max(20, size.requests // 4)
    whole = [request("GET", path, headers={"Cookie": f"huzhu={cookie}"})] * count
    bare = [request("GET", f"/bare/{page}")] * count
    ours, other = [], []
    for requests, into in [(whole, []), (bare, [])] + [(whole, ours), (bare, other)] * size.rounds:
        before = served.cpu()
        asked = flood(served.port, requests)
        if asked.wrong:
            raise RuntimeError(f"{asked.wrong} answers of {path} are not 200")
        into.append((served.cpu() - before) / count * 1000)
    return Line("B2", f"CPU of {NAMES[page]}, signed in", "ms", ours, other, "bare template, one query, ms",
                Goal(most=1.5))  # fmt: skip


def statements(app: Flask, rows: int) -> list[Line]:
    """SQL statements of each page for a person with one claim and for one with many."""
    few, many = (_counts(app, *somebody(app, count)[1:]) for count in (1, rows))
    return [
        Line("B2", f"SQL statements of {name}, 1 : {rows:,} rows", "", [few[page]], [many[page]],
             f"at {rows:,} rows", Goal(most=6 if few[page] == many[page] else 0, is_absolute=True, unit=""))
        for page, name in NAMES.items()
    ]  # fmt: skip


def _counts(app: Flask, number: str, cookie: str) -> dict[str, int]:
    client = app.test_client()
    client.set_cookie("huzhu", cookie)
    found = {}
    for page, path in (("home", "/h5/"), ("list", "/h5/claims"), ("claim", f"/h5/claims/{number}")):
        client.get(path)
        with counted() as seen:
            answer = client.get(path)
        if answer.status_code != 200 or len(re.findall("<main", answer.text)) != 1:
            raise RuntimeError(f"{path} answers {answer.status}")
        found[page] = len(seen)
    return found


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL statements of this process meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def somebody(app: Flask, claims: int) -> tuple[str, str, str]:
    """(id, number of the newest claim, session cookie) of an insured person with so many claims."""
    with app.app_context():
        person, _ = insured()
        number = with_claims(person, claims, "returned")
        client = app.test_client()
        World().sign_in(client, person=person)
        cookie = client.get_cookie("huzhu")
        assert cookie
        return str(person.id), number, cookie.value
