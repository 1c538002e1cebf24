"""B13: what does a first visit cost on a slow phone? Chromium at 1.6 Mbit/s, 150 ms and a sixth of the CPU.

Every employee page is opened with an empty cache, beside the same page without our style sheets and scripts:
what that costs, no page of ours can go below. Bytes are those that crossed the line, heads included. All
pages are seen once; the time that is left goes to the main ones and to those that were slow.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.figures import Goal, Line
from bench.pages import somebody
from bench.people import with_claims
from bench.stage import Size, Stage
from core.db import db
from employee.models import Employee
from tests.looks.crawl import addresses
from tests.world import World
from tools import browser as chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PHONE = {"width": 390, "height": 844}
LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
SLOWER = 6
LONGEST = 100.0  # seconds for all visits: nobody runs what does not end
SETTLED = 400  # ms after the load in which a page may still move
MAIN = ("/h5/bind", "/h5/", "/h5/claims", "/1", "/2", "/3", "/check")
BIND, BIND_LIMIT, LIMIT, REQUESTS, SECONDS, SHIFT = "/h5/bind", 35, 60, 6, 1.5, 0.05
WATCH = """() => { const seen = window.seen = {paint: 0, shift: 0};
const watch = (type, note) => new PerformanceObserver(list => list.getEntries().forEach(note))
    .observe({type, buffered: true});
watch('largest-contentful-paint', e => { seen.paint = e.startTime; });
watch('layout-shift', e => { if (!e.hadRecentInput) seen.shift += e.value; }); }"""


@dataclass(frozen=True)
class Visit:
    """Seconds to the largest paint, how far things moved, kilobytes and requests, and who else was busy."""

    seconds: float
    shift: float
    kilobytes: float
    requests: int
    load: float


@dataclass
class Page:
    """One page and its visits, ours and without our assets, in turns."""

    path: str
    cookie: str
    ours: list[Visit] = field(default_factory=list)
    plain: list[Visit] = field(default_factory=list)

    @property
    def is_main(self) -> bool:
        return self.path.endswith(MAIN[3:]) or self.path in MAIN[:3]

    @property
    def is_slow(self) -> bool:
        return bool(self.ours) and median(v.seconds for v in self.ours) > 0.8 * SECONDS

    def middle(self, name: str) -> float:
        return median(getattr(one, name) for one in self.ours)

    @property
    def named(self) -> str:
        """Without the number of a claim."""
        return "/".join("…" if part.startswith("BZ") else part for part in self.path.split("/"))


def run(stage: Stage, size: Size) -> list[Line]:
    pages = [Page(path, cookie) for path, cookie in _pages(stage).items()]
    served, plain = stage.granian("app:create_app"), stage.granian("bench.peers.plain:create")
    until = time.monotonic() + LONGEST
    with _browser() as browser:
        for port in (served.port, plain.port):  # the first pages of a server are dear
            visit(browser, port, pages[0])
        while todo := _next(pages, size.rounds if time.monotonic() < until else 0):
            todo.ours.append(visit(browser, served.port, todo))
            todo.plain.append(visit(browser, plain.port, todo))
    stage.stop(served, plain)
    seen = [page for page in pages if page.ours]
    return [*_lines(seen), Line("B13", "pages there was no time for", "", [len(pages) - len(seen)], [], "")]


def _next(pages: Sequence[Page], rounds: int) -> Page | None:
    """Who has been seen least: first all once, the main pages first; then those worth another look."""
    worth = [page for page in pages if not page.ours or page.is_main or page.is_slow]
    wanted = [page for page in worth if len(page.ours) < rounds]
    return min(wanted, key=lambda page: (len(page.ours), not page.is_main), default=None)


def visit(browser: Browser, port: int, of: Page) -> Visit:
    """One cold visit of somebody who is signed in."""
    base, arrived = f"http://127.0.0.1:{port}", list[float]()
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, locale="zh-CN")  # type: ignore[arg-type]
    context.add_cookies([{"name": "huzhu", "value": of.cookie, "url": base}])
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.on("Network.loadingFinished", lambda done: arrived.append(done["encodedDataLength"]))
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", LINE)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(f"({WATCH})()")
    answer = page.goto(base + of.path, wait_until="load", timeout=60_000)
    page.wait_for_timeout(SETTLED)
    seen: dict[str, Any] = page.evaluate("window.seen")
    context.close()
    if not answer or answer.status != 200:
        raise RuntimeError(f"{of.path} answers {answer and answer.status}")
    return Visit(seen["paint"] / 1000, seen["shift"], sum(arrived) / 1000, len(arrived), os.getloadavg()[0])


def _pages(stage: Stage) -> dict[str, str]:
    """Address → session: somebody with thirty claims and a draft; for the bind page a newcomer."""
    owner, number, cookie = somebody(stage.app, 30)
    with stage.app.app_context():
        draft = with_claims(db.session.get_one(Employee, uuid.UUID(owner)), 1, "draft")
        newcomer = World().sign_in(stage.app.test_client(), openid=World().follower()).get_cookie("huzhu")
    client = stage.app.test_client()
    client.set_cookie("huzhu", cookie)
    wanted = [path for path in addresses(stage.app) if path.startswith("/h5") and path != BIND]
    wanted += ["/h5/articles", f"/h5/claims/{number}"]
    wanted += [f"/h5/claims/{draft}/{part}" for part in ("1", "2", "3", "check")]
    return {BIND: newcomer.value} | {path: cookie for path in wanted if _is_page(client.get(path))}


def _is_page(answer: Any) -> bool:
    return answer.status_code == 200 and answer.mimetype == "text/html"


def _lines(pages: Sequence[Page]) -> list[Line]:
    bind, others = [p for p in pages if p.path == BIND], [p for p in pages if p.path != BIND]
    heaviest = max(others, key=lambda page: page.middle("kilobytes"))
    busiest, liveliest = (max(pages, key=lambda page: page.middle(name)) for name in ("requests", "shift"))
    return [
        *(_wait(page) for page in pages),
        *(_size(page, "first visit,", "kilobytes", "KB", BIND_LIMIT) for page in bind),
        _size(heaviest, "first visit, the heaviest other,", "kilobytes", "KB", LIMIT),
        _size(busiest, "requests, the most,", "requests", "", REQUESTS),
        _size(liveliest, "layout shift, the largest,", "shift", "", SHIFT),
    ]


def _wait(page: Page) -> Line:
    """What one would ask next stands beside the time: how heavy, how restless, how busy the machine was."""
    sent = f"{page.middle('kilobytes'):.0f} KB, {page.middle('requests'):.0f} requests"
    seen = f"shift {page.middle('shift'):.2f}; {len(page.ours)} visits, load {page.middle('load'):.0f}"
    what = f"largest paint of {page.named} ({sent}, {seen})"
    return Line("B13", what, "s", [v.seconds for v in page.ours], [v.seconds for v in page.plain],
                "without our assets, s", Goal(most=SECONDS, is_absolute=True, unit="s"), needs=3)  # fmt: skip


def _size(page: Page, what: str, name: str, unit: str, limit: float) -> Line:
    mine, other = ([float(getattr(v, name)) for v in side] for side in (page.ours, page.plain))
    goal = Goal(most=limit, is_absolute=True, unit=unit)
    return Line("B13", f"{what} {page.named}", unit, mine, other if median(other) else [],
                f"without our assets, {unit}".rstrip(", "), goal)  # fmt: skip


@contextmanager
def _browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium.find(), args=list(chromium.FLAGS), env=chromium.environment()
        )
        yield opened
        opened.close()
