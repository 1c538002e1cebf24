"""Can everybody read the news, and editors write it? axe, sizes, widths, the script in Chromium."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from core import clock
from core.roles import ADMINISTRATOR, EDITOR
from tests.content.conftest import jpeg
from tests.looks.test_looks import AXE, MEASURE, TAGS, UNSTICK, VIOLATIONS, _open
from tests.workbench.test_looks import Jar

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCREENS = [
    (390, "light", False), (390, "dark", False), (320, "light", True), (320, "dark", False),
    (1280, "light", False), (1280, "dark", False),
]  # fmt: skip
BODY = """## 小标题\n\n一段话，**加粗**，[链接](/h5/claims)。\n\n- 甲\n- 乙\n\n> 提示\n\n
|很长很长的一列|第二列|第三列|第四列|第五列|\n|-|-|-|-|-|\n|甲|乙|丙|丁|戊|\n\n![示意图](/h5/pictures/{picture})

没有空格的长字符串{long}"""


@pytest.fixture
def paths(write: Any, picture: str) -> list[str]:
    body = BODY.format(picture=picture, long="abcdefghij" * 12)
    cover = {"cover": picture, "cover_alt": "封面", "pages": ((picture, "申请表第 1 页"),), "body": body}
    rows = [
        write(
            "标题" * 15,
            kind=kind,
            summary="摘要" * 20,
            **cover,
        )
        for kind in ("notice", "article", "brochure")
    ]
    write("第二章", kind="brochure", place=2)
    pinned = write("置顶的公告", is_pinned=True, **cover)
    later = write("定时的", state="scheduled", publish_at=clock.now() + dt.timedelta(days=3))
    at = "/admin/content"
    return [
        "/h5/", "/h5/notices", "/h5/articles", "/h5/brochure", f"/h5/notices/{pinned.id}",
        f"/h5/articles/{rows[1].id}", f"/h5/brochure/{rows[2].id}",
        at, f"{at}/new", f"{at}/{pinned.id}", f"{at}/{later.id}", f"{at}/{rows[2].id}/preview",
        f"{at}/{later.id}/publish", f"{at}/{pinned.id}/take-down", f"{at}?kind=brochure&state=draft",
    ]  # fmt: skip


def _faults(page: Page, said: list[str]) -> dict[str, Any]:
    found = page.evaluate(MEASURE)
    page.evaluate(UNSTICK)
    page.evaluate(AXE.read_text("utf-8"))
    found["axe"] = page.evaluate(VIOLATIONS, TAGS)
    wrong = {key: found[key] for key in ("small", "thin", "axe") if found.get(key)}
    if found["wide"] > 0 or found["heads"] != 1 or said:
        wrong |= {"wide": found["wide"], "heads": found["heads"], "said": list(said)}
    return wrong


@pytest.mark.parametrize(("width", "theme", "is_big"), SCREENS)
def test_gx_06_every_page_of_content_can_be_read_and_pressed(
    paths: list[str], world: Any, browser: Browser, live_server: str, width: int, theme: str, is_big: bool
) -> None:
    """GX-05, GX-06 and A12 on every screen, in both themes and in 大字版."""
    page, said = _open(browser, width, theme, is_big, live_server)
    world.sign_in(Jar(page, live_server), staff=world.staff(EDITOR, ADMINISTRATOR, name="李编辑"))
    faults: dict[str, Any] = {}
    for path in paths:
        assert page.goto(live_server + path).status == 200, path  # type: ignore[union-attr]
        if wrong := _faults(page, said):
            faults[path] = wrong
    page.context.close()
    assert not faults, faults


def test_the_text_is_large_and_airy_and_does_not_jump(paths: list[str], page: Page, live_server: str) -> None:
    """E16: 18 px with 1.7 line height; pictures keep their place before they have arrived."""
    page.goto(live_server + paths[4])
    look = page.locator(".article p").first.evaluate(
        "e => { const s = getComputedStyle(e), px = parseFloat;"
        " return [s.fontSize, px(s.lineHeight) / px(s.fontSize)] }"
    )
    assert look[0] == "18px" and look[1] == pytest.approx(1.7, abs=0.06)
    shift = page.evaluate(
        """() => new Promise(done => { let sum = 0;
        new PerformanceObserver(l => l.getEntries().forEach(e => { sum += e.value; }))
            .observe({type: 'layout-shift', buffered: true});
        scrollTo(0, document.body.scrollHeight); setTimeout(() => done(sum), 600); })"""
    )
    assert shift < 0.05


def test_a_picture_is_put_where_the_cursor_stands(world: Any, page: Page, live_server: str) -> None:
    world.sign_in(Jar(page, live_server), staff=world.staff(EDITOR))
    page.goto(f"{live_server}/admin/content/new")
    page.get_by_label("标题", exact=True).fill("带图的公告")
    body = page.get_by_label("正文", exact=True)
    body.fill("前面的话\n\n后面的话")
    body.evaluate("e => e.setSelectionRange(4, 4)")
    page.get_by_role("button", name="上传并插入").click()
    expect(page.locator("[data-insert-say]")).to_have_text("请先选择图片")
    page.get_by_label("上传图片").set_input_files(
        [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg("navy")}]
    )
    page.get_by_role("button", name="上传并插入").click()
    expect(page.locator("[data-insert-say]")).to_have_text("请填写图片说明，给看不见图的人听")
    page.get_by_label("图片说明").fill("深蓝色的图")
    page.get_by_role("button", name="上传并插入").click()
    reference = r"!\[深蓝色的图\]\(/h5/pictures/[0-9a-f]{32}\)"
    expect(body).to_have_value(re.compile(rf"^前面的话\n\n{reference}\n\n后面的话$"))
    page.get_by_role("button", name="预览").click()
    expect(page.locator(".phone .article img")).to_have_attribute("alt", "深蓝色的图")
    page.set_viewport_size({"width": 1280, "height": 800})
    screen = page.locator(".phone-page").bounding_box()
    assert screen and screen["width"] == 390
    page.get_by_role("link", name="返回修改").last.click()
    expect(page.get_by_label("标题", exact=True)).to_have_value("带图的公告")


def test_publishing_waits_for_a_picture_that_is_on_its_way(world: Any, page: Page, live_server: str) -> None:
    """GX-06: 发布 pressed while the picture goes up: nothing is lost, and nobody has to press again."""
    world.sign_in(Jar(page, live_server), staff=world.staff(EDITOR))
    page.goto(f"{live_server}/admin/content/new")
    going: list[Any] = []
    page.route("**/admin/content/pictures", lambda route: going.append(route))
    page.get_by_label("标题", exact=True).fill("带图的公告")
    page.get_by_label("正文", exact=True).fill("正文")
    file = [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg("navy")}]
    page.get_by_label("上传图片").set_input_files(file)
    page.get_by_label("图片说明").fill("深蓝色的图")
    with page.expect_request("**/admin/content/pictures"):
        page.get_by_role("button", name="上传并插入").click()
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("#say")).to_have_text("图片还在上传，传完会自动继续，请不要关闭页面。")
    going[0].abort()
    expect(page.locator("[data-insert-say]")).to_have_text("网络不通，图片没有传上去，请再点一次。")
    expect(page.get_by_label("标题", exact=True)).to_have_value("带图的公告")
    with page.expect_request("**/admin/content/pictures"):
        page.get_by_role("button", name="上传并插入").click()
    page.get_by_role("button", name="发布", exact=True).click()
    going[1].continue_()
    expect(page.locator("main")).to_contain_text("已发布。")
    expect(page.get_by_label("正文", exact=True)).to_have_value(re.compile(r"!\[深蓝色的图\]\(/h5/pictures/"))


def test_without_script_everything_is_still_written_and_published(
    world: Any, browser: Browser, live_server: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    world.sign_in(Jar(page, live_server), staff=world.staff(EDITOR))
    page.goto(f"{live_server}/admin/content/new")
    page.get_by_label("标题", exact=True).fill("不用脚本的公告")
    page.get_by_label("正文", exact=True).fill("正文")
    page.get_by_label("上传图片").set_input_files(
        [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}]
    )
    page.get_by_label("图片说明").fill("示意图")
    page.get_by_role("button", name="上传并插入").click()
    expect(page.locator("[data-body]")).to_contain_text("![示意图](/h5/pictures/")
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("main")).to_contain_text("已发布。")
    page.get_by_role("link", name="看大家看到的页面").click()
    expect(page.get_by_role("img", name="示意图")).to_be_visible()
    context.close()
