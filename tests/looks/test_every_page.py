"""Can every page of the product, in every state it takes, be read and pressed? axe, widths, targets, words.

What the pages are nobody writes down: `crawl.gather` walks to them. Each is opened once and looked at on a
phone in light, in the dark, in 大字版 and 320 pixels narrow; staff pages at the desk too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.conftest import period
from tests.journeys.eyes import AXE, DESK, MEASURE, NARROW, PHONE, UNSTICK, WIDE
from tests.looks.crawl import NO_PAGES, Parts, Seen, gather
from tests.looks.test_looks import TAGS

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, Page, Route

__all__ = ["period"]  # the plan's period lies around today

KEPT: list[Seen] = []  # of this process's last walk: it takes a while
AXE_FINDS = """only => axe.run(document, {resultTypes: ['violations'], runOnly: only}).then(r => r.violations
    .map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(' | ')))"""
BIG = "is => document.documentElement.classList.toggle('big', is)"
CHINESE = re.compile(r"[\u3400-\u9fff]")
LONGEST_TITLE = 12
TITLED_BY_PEOPLE = {"content.page", "content_admin.preview"}
# A page with errors is a 422; a picture of somebody whose session another walk has ended leads to signing in.
EXPECTED_NOISE = re.compile(r"the server responded with a status of 4|/connect/oauth2/authorize")


@pytest.fixture
def seen(app: Flask, db: object) -> list[Seen]:
    KEPT[:] = gather(app)
    return KEPT


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_page_in_every_state_can_be_read_and_pressed(
    seen: list[Seen], browser: Browser, live_server: str
) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", timezone_id="Asia/Shanghai")
    page, said = context.new_page(), list[str]()
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    faults = {}
    for one in (one for one in seen if one.endpoint not in NO_PAGES):
        said.clear()
        _show(page, one, live_server)
        wrong = dict(_wrong(page, one)) | dict(_wrong_words(one))
        if heard := [text for text in said if not EXPECTED_NOISE.search(text)]:
            wrong["console"] = heard
        if wrong:
            faults[one.name] = wrong
    context.close()
    assert not faults, f"{len(faults)} of {len(seen)} pages\n" + "\n".join(
        f"{k}: {v}" for k, v in faults.items()
    )


def _show(page: Page, one: Seen, base: str) -> None:
    """The very answer that was kept, at its own address; style sheets and pictures come from the server."""

    def answer(route: Route) -> None:
        headers = {
            name: value for name, value in one.headers if name.lower() not in ("content-length", "set-cookie")
        }
        route.fulfill(status=one.status, headers=headers, body=one.html)

    page.context.clear_cookies()
    if one.cookie:
        name, value = one.cookie
        page.context.add_cookies([{"name": name, "value": value, "url": base}])
    page.route(base + one.path, answer, times=1)
    page.goto(base + one.path, wait_until="load")


def _wrong(page: Page, one: Seen) -> Iterator[tuple[str, Any]]:
    yield from _measured(page, "")
    page.evaluate(AXE.read_text("utf-8"))
    page.evaluate(UNSTICK)  # what lies under the bar now is one scroll away
    for theme, only in (("light", TAGS), ("dark", ["color-contrast"])):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        if found := page.evaluate(AXE_FINDS, only):
            yield f"axe, {theme}", found
    page.emulate_media(color_scheme="light")
    page.evaluate(BIG, True)
    yield from _measured(page, " in 大字版")
    page.evaluate(BIG, False)
    for screen in (NARROW, DESK) if one.is_staff else (NARROW,):
        page.set_viewport_size(screen)
        if (over := page.evaluate(WIDE)) > 0:
            yield f"too wide for {screen['width']}", over
    page.set_viewport_size(PHONE)


def _measured(page: Page, look: str) -> Iterator[tuple[str, Any]]:
    found = page.evaluate(MEASURE, True)
    for key in ("small", "thin", "unlabelled", "empty"):
        if found[key]:
            yield key + look, found[key]
    if found["heads"] != 1 or found["lang"] != "zh-CN" or "user-scalable" in found["viewport"]:
        yield f"frame{look}", {key: found[key] for key in ("heads", "lang", "viewport")}
    if (over := page.evaluate(WIDE)) > 0:
        yield f"too wide{look}", over


def _wrong_words(one: Seen) -> Iterator[tuple[str, Any]]:
    found = re.search(r"<title>(.*?)</title>", one.html, re.DOTALL)
    title = found[1].strip() if found else ""
    if title.startswith("出错：") != (one.status == 422):
        yield "title", title
    length = len(CHINESE.findall(title.removeprefix("出错：")))
    if not title or (length > LONGEST_TITLE and one.endpoint not in TITLED_BY_PEOPLE):
        yield "title", title
    for form in Parts(one.html).forms:
        if form["method"].lower() == "post" and form["asks"] and not form["buttons"]:
            yield "a form that cannot be sent without script", form.get("action", one.path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_page_is_left_out(app: Flask, db: object) -> None:
    """A new view is walked to by itself; when none of the demo leads there, the demo lacks something."""
    found = {one.endpoint for one in KEPT or gather(app)}
    views = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert sorted(views - found - NO_PAGES) == []
