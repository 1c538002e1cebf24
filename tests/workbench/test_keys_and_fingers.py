"""The desk by keys, the photo by fingers, and a place in it by drawing (GX-61, GX-62; WCAG 2.1.4)."""

from __future__ import annotations

import dataclasses
import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from claims.models import Claim, ReturnMark
from claims.service import checks, pictures
from core.db import db as database
from core.db import transaction
from core.files.models import StoredFile
from core.roles import FIRST_REVIEWER
from tests.looks.test_looks import AXE, MEASURE, TAGS, UNSTICK, VIOLATIONS, _open
from tests.office import Office, fresh, picture
from tests.workbench.test_looks import SCREENS, Jar

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def receipt() -> bytes:
    """A fictional receipt, upright, big enough to zoom into."""
    image = Image.new("RGB", (900, 1200), "#f4efe2")
    pen = ImageDraw.Draw(image)
    pen.rectangle((40, 40, 860, 1160), outline="#7a1f12", width=4)
    for row in range(12):
        pen.line((80, 200 + row * 70, 820, 200 + row * 70), fill="#9b8f7a", width=3)
    pen.rectangle((480, 900, 800, 980), fill="#c9bfa6")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


def with_photos(claim: Claim) -> Claim:
    """The same rows, with something to see behind them."""
    content = receipt()
    for row in checks.documents_of(claim):
        made = dataclasses.replace(
            picture(), full=content, preview=content, thumb=content, width=900, height=1200
        )
        with transaction():
            row.file_id = pictures.store(made, "claim").id
            database.session.get_one(StoredFile, row.file_id)
    return fresh(claim)


@pytest.fixture
def desk(office: Office, browser: Browser, live_server: str) -> Any:
    opened = []

    def sit(width: int = 1280, **kwargs: Any) -> Page:
        page, _ = _open(browser, width, kwargs.get("theme", "light"), kwargs.get("big", False), live_server)
        opened.append(page)
        office.world.sign_in(Jar(page, live_server), staff=office.world.staff(FIRST_REVIEWER))
        return page

    yield sit
    for page in opened:
        page.context.close()


def test_one_key_a_move_at_the_desk(office: Office, desk: Any, live_server: str) -> None:
    """j, k, a, r, ?; never while typing; off by a tick that this browser keeps."""
    one, two = with_photos(office.file()), office.file()
    page = desk()
    page.goto(f"{live_server}/admin/")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=one.number)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{one.number}")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".v-count")).to_contain_text("第 2 张")
    page.keyboard.press("t")
    expect(page.locator(".v-img")).to_have_attribute("style", MATCH["90deg"])
    page.keyboard.press("j")
    page.wait_for_url(f"**/{two.number}")
    page.keyboard.press("k")
    page.wait_for_url(f"**/{one.number}")
    page.keyboard.press("r")
    page.wait_for_url("**/return")
    page.locator("#f-note").press_sequentially("jar?")
    expect(page.locator("#f-note")).to_have_value("jar?")
    page.goto(f"{live_server}/admin/claims/{one.number}")
    page.keyboard.press("?")
    expect(page.locator("#keys dl")).to_be_visible()
    page.get_by_label("使用快捷键").uncheck()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("a")
    page.reload()
    page.keyboard.press("a")
    expect(page).to_have_url(f"{live_server}/admin/claims/{one.number}")
    page.keyboard.press("?")
    page.locator("#keys summary").click()
    page.get_by_label("使用快捷键").check()
    page.locator("h1").click()
    page.keyboard.press("a")
    page.wait_for_url("**/approve")
    expect(page.get_by_role("button", name="确定")).to_be_focused()  # who came by key confirms by key
    page.reload()
    expect(page.get_by_role("button", name="确定")).not_to_be_focused()


MATCH = {"90deg": re.compile(r"rotate\(90deg\)"), "0deg": re.compile(r"rotate\(0deg\)")}


def test_after_the_decision_the_next_opens_and_it_can_be_taken_back(
    office: Office, desk: Any, live_server: str
) -> None:
    """已同意 BZ…，撤销（30 秒内）: there for thirty seconds, then gone by itself."""
    one, two = office.file(), office.file()
    page = desk()
    page.clock.install()
    page.goto(f"{live_server}/admin/claims/{one.number}/approve")
    page.get_by_role("button", name="确定").click()
    page.wait_for_url(f"**/{two.number}")
    expect(page.locator(".undo")).to_contain_text(f"已同意 {one.number}")
    page.locator(".undo button").click()
    page.wait_for_url(f"**/{one.number}")
    expect(page.locator("main")).to_contain_text(f"已撤销 {one.number} 的办理")
    page.goto(f"{live_server}/admin/claims/{one.number}/approve")
    page.get_by_role("button", name="确定").click()
    page.wait_for_url(f"**/{two.number}")
    expect(page.locator(".undo")).to_be_visible()
    page.clock.run_for(31_000)
    expect(page.locator(".undo")).to_have_count(0)


def touch(session: Any, kind: str, *points: tuple[float, float]) -> None:
    session.send(
        "Input.dispatchTouchEvent",
        {"type": kind, "touchPoints": [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]},
    )


def width_of(page: Page) -> float:
    return float(page.locator(".v-img").evaluate("i => i.offsetWidth"))


def test_two_fingers_zoom_and_two_taps_too(office: Office, desk: Any, live_server: str) -> None:
    claim = with_photos(office.file())
    page = desk(390)
    page.goto(f"{live_server}/admin/claims/{claim.number}")
    expect(page.locator(".v-canvas.on")).to_be_visible()
    page.locator(".v-stage").scroll_into_view_if_needed()
    box = page.locator(".v-stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    small = width_of(page)
    session = page.context.new_cdp_session(page)
    touch(session, "touchStart", (x - 30, y), (x + 30, y))
    for gap in (40, 60, 80, 90):
        touch(session, "touchMove", (x - gap, y), (x + gap, y))
    touch(session, "touchEnd")
    page.wait_for_function("w => document.querySelector('.v-img').offsetWidth > w * 2.5", arg=small)
    before = page.locator(".v-stage").evaluate("s => [s.scrollLeft, s.scrollTop]")
    touch(session, "touchStart", (x - 30, y), (x + 30, y))
    touch(session, "touchMove", (x - 60, y - 40), (x, y - 40))
    touch(session, "touchEnd")
    page.wait_for_function("b => document.querySelector('.v-stage').scrollTop > b[1] + 20", arg=before)
    for _ in range(2):
        touch(session, "touchStart", (x, y))
        touch(session, "touchEnd")
    page.wait_for_function("w => document.querySelector('.v-img').offsetWidth === w", arg=small)


@pytest.mark.parametrize(("width", "turns"), [(1280, 0), (1280, 1), (390, 0)])
def test_a_place_that_is_drawn_is_the_place_that_is_kept(
    office: Office, desk: Any, live_server: str, width: int, turns: int
) -> None:
    """In fractions of the upright picture, however it was turned on the screen (GX-25)."""
    claim = with_photos(office.file())
    page = desk(width)
    page.goto(f"{live_server}/admin/claims/{claim.number}/return")
    expect(page.locator(".v-canvas.on")).to_be_visible()
    for _ in range(turns):
        page.get_by_role("button", name="旋转").click()
    page.get_by_role("button", name="圈出问题").click()
    image = page.locator(".v-img").bounding_box()
    assert image
    corners = [(0.25, 0.5), (0.75, 0.75)]
    if turns:  # a quarter to the right: what was left is on top, what was the bottom is left
        corners = [(1 - y, x) for x, y in corners]
    (ax, ay), (bx, by) = [
        (image["x"] + u * image["width"], image["y"] + v * image["height"]) for u, v in corners
    ]
    page.mouse.move(ax, ay)
    page.mouse.down()
    page.mouse.move((ax + bx) / 2, (ay + by) / 2)
    page.mouse.move(bx, by)
    page.mouse.up()
    expect(page.locator("[name=mark_place]").first).to_have_value(DRAWN)
    expect(page.locator("[name=items]:checked")).to_have_count(1)  # the photo's item is ticked with it
    expect(page.locator(".v-marks .m-line")).to_have_count(1)
    page.locator("[name=mark_note]").first.fill("合计看不清")
    page.locator("#f-note").fill("请重拍发票")
    page.get_by_role("button", name="退回到提单").click()
    page.wait_for_url("**/admin/")
    database.session.rollback()
    mark = database.session.query(ReturnMark).one()
    assert (mark.x, mark.y, mark.width, mark.height) == pytest.approx((0.25, 0.5, 0.5, 0.25), abs=0.02)


DRAWN = re.compile(r"^0\.\d+,0\.\d+,0\.\d+,0\.\d+$")


@pytest.mark.parametrize(("width", "theme", "big"), SCREENS)
def test_the_new_pages_can_be_read_and_pressed(
    office: Office, desk: Any, live_server: str, width: int, theme: str, big: bool
) -> None:
    claim, other = with_photos(office.file()), with_photos(office.file())
    with transaction():
        other.receipt = claim.receipt
        mine, theirs = (checks.documents_of(one)[2] for one in (claim, other))
        mine_file, other_file = (database.session.get_one(StoredFile, row.file_id) for row in (mine, theirs))
        other_file.content_bi = mine_file.content_bi
    at, page = f"/admin/claims/{claim.number}", desk(width, theme=theme, big=big)
    faults: dict[str, Any] = {}
    for path in (at, f"{at}/return", f"{at}/duplicates", f"{at}/lower", "/admin/mine", "/admin/"):
        assert page.goto(live_server + path).status == 200, path
        found = page.evaluate(MEASURE)
        page.evaluate(UNSTICK)
        if AXE.exists():
            page.evaluate(AXE.read_text("utf-8"))
            found["axe"] = page.evaluate(VIOLATIONS, TAGS)
        wrong = {key: found[key] for key in ("small", "thin", "axe") if found.get(key)}
        if found["wide"] > 0 or found["heads"] != 1:
            wrong |= {"wide": found["wide"], "heads": found["heads"]}
        if wrong:
            faults[path] = wrong
    assert not faults, faults
