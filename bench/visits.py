"""B13: what does a first visit cost on a slow phone? Chromium at 1.6 Mbit/s, 150 ms and a sixth of the CPU.

Every employee page is opened with an empty cache, beside the same page without our style sheets and scripts:
what that costs, no page of ours can go below. Bytes are those that crossed the line, heads included.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
ROUNDS = 3  # at most: each visit takes seconds
SETTLED = 700  # ms after the load in which a page may still move
BIND, BIND_LIMIT, LIMIT, REQUESTS, SECONDS, SHIFT = "/h5/bind", 35, 60, 6, 1.5, 0.05
WATCH = """() => { const seen = window.seen = {paint: 0, shift: 0};
const watch = (type, note) => new PerformanceObserver(list => list.getEntries().forEach(note))
    .observe({type, buffered: true});
watch('largest-contentful-paint', e => { seen.paint = e.startTime; });
watch('layout-shift', e => { if (!e.hadRecentInput) seen.shift += e.value; }); }"""


@dataclass(frozen=True)
class Visit:
    """Seconds to the largest paint, how far things moved, kilobytes and requests."""

    seconds: float
    shift: float
    kilobytes: float
    requests: int


def run(stage: Stage, size: Size) -> list[Line]:
    cookies = _pages(stage)
    served = stage.granian("app:create_app")
    ours: dict[str, list[Visit]] = {path: [] for path in cookies}
    bare: dict[str, list[Visit]] = {path: [] for path in cookies}
    with _browser() as browser:
        base = f"http://127.0.0.1:{served.port}"
        visit(browser, base, BIND, cookies[BIND])  # the server's first page is dear
        for _ in range(min(size.rounds, ROUNDS)):
            for path, cookie in cookies.items():
                ours[path].append(visit(browser, base, path, cookie))
                bare[path].append(visit(browser, base, path, cookie, has_assets=False))
    stage.stop(served)
    return [*_waits(ours, bare), *_sizes(ours, bare)]


def visit(browser: Browser, base: str, path: str, cookie: str, *, has_assets: bool = True) -> Visit:
    """One cold visit of somebody who is signed in."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, locale="zh-CN")  # type: ignore[arg-type]
    context.add_cookies([{"name": "huzhu", "value": cookie, "url": base}])
    page, arrived = context.new_page(), list[float]()
    wire = context.new_cdp_session(page)
    wire.on("Network.loadingFinished", lambda done: arrived.append(done["encodedDataLength"]))
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", LINE)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(f"({WATCH})()")
    if not has_assets:
        wire.send("Network.setBlockedURLs", {"urls": ["*.css*", "*.js*"]})
    answer = page.goto(base + path, wait_until="load", timeout=60_000)
    page.wait_for_timeout(SETTLED)
    seen: dict[str, Any] = page.evaluate("window.seen")
    context.close()
    if not answer or answer.status != 200:
        raise RuntimeError(f"{path} answers {answer and answer.status}")
    return Visit(seen["paint"] / 1000, seen["shift"], sum(arrived) / 1000, len(arrived))


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


def _waits(ours: dict[str, list[Visit]], bare: dict[str, list[Visit]]) -> Iterator[Line]:
    for path in ours:
        yield Line("B13", f"largest paint, first visit, {_named(path)}", "s", [v.seconds for v in ours[path]],
                   [v.seconds for v in bare[path]], "without our assets, s",
                   Goal(most=SECONDS, is_absolute=True, unit="s"))  # fmt: skip


def _sizes(ours: dict[str, list[Visit]], bare: dict[str, list[Visit]]) -> Iterator[Line]:
    def most(name: str, paths: Iterable[str] = ours) -> str:
        return max(paths, key=lambda path: _middle(ours[path], name))

    def line(path: str, what: str, name: str, unit: str, limit: float) -> Line:
        mine, other = ([float(getattr(v, name)) for v in side[path]] for side in (ours, bare))
        goal = Goal(most=limit, is_absolute=True, unit=unit)
        return Line("B13", f"{what} {_named(path)}", unit, mine, other if any(other) else [],
                    f"without our assets, {unit}".rstrip(", "), goal)  # fmt: skip

    yield line(BIND, "first visit,", "kilobytes", "KB", BIND_LIMIT)
    yield line(
        most("kilobytes", set(ours) - {BIND}), "first visit, the heaviest other,", "kilobytes", "KB", LIMIT
    )
    yield line(most("requests"), "requests, the most,", "requests", "", REQUESTS)
    yield line(most("shift"), "layout shift, the largest,", "shift", "", SHIFT)


def _middle(visits: Sequence[Visit], name: str) -> float:
    return median(getattr(one, name) for one in visits)


def _named(path: str) -> str:
    """Without the number of a claim."""
    return "/".join("…" if part.startswith("BZ") else part for part in path.split("/"))


@contextmanager
def _browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium.find(), args=list(chromium.FLAGS), env=chromium.environment()
        )
        yield opened
        opened.close()
