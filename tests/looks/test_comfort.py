"""Does the script help without being needed? Photos, codes, drafts, double taps, reasons, the viewer."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A phone without JavaScript."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def _photo(side: int = 2600) -> dict[str, str | bytes]:
    out = BytesIO()
    Image.effect_noise((side, side), 60).save(out, "JPEG", quality=95)
    return {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def _box(page: Page, kind: str):  # type: ignore[no-untyped-def]
    return page.locator(f"[data-kind={kind}]")


def test_photos_are_shrunk_and_sent_one_by_one(phone: Page, gallery: str) -> None:
    phone.goto(f"{gallery}/h5/claim2")
    photo, sizes = _photo(), list[int]()
    phone.on(
        "request",
        lambda r: sizes.append(int(r.headers.get("content-length", 0))) if "upload" in r.url else None,
    )
    box = _box(phone, "invoice")
    with phone.expect_response("**/upload") as answer:
        box.locator("input[type=file]").set_input_files([photo])  # type: ignore[list-item]
    assert answer.value.status == 201
    box.locator(".up-item").nth(2).get_by_text("已上传").wait_for()
    expect(box.locator("[data-count]")).to_have_text("3")
    assert len(answer.value.request.post_data_buffer or b"") < len(photo["buffer"])
    # it has arrived, so it must not travel with the form again
    assert box.locator("input[type=file]").evaluate("i => i.files.length") == 0


def test_a_photo_that_gets_lost_can_be_sent_again(phone: Page, gallery: str) -> None:
    phone.clock.install()
    phone.goto(f"{gallery}/h5/claim2")
    tries = []
    phone.route("**/upload", lambda route: (tries.append(1), route.abort())[-1])
    box = _box(phone, "summary")
    box.locator("input[type=file]").set_input_files([_photo(1000)])  # type: ignore[list-item]
    for _ in range(60):  # the two automatic repeats wait a while; the page's clock is ours
        phone.clock.run_for(1000)
        if box.get_by_text("没传上去").count():
            break
    box.get_by_text("没传上去").wait_for()
    assert len(tries) == 3
    phone.get_by_role("button", name="下一步").click()
    expect(phone.locator("#say")).to_contain_text("没有传上去，请点“重试”")
    phone.unroute("**/upload")
    box.get_by_role("button", name="重试").click()
    box.get_by_text("已上传").wait_for()


def test_a_refused_photo_says_why(phone: Page, gallery: str) -> None:
    phone.goto(f"{gallery}/h5/claim2")
    phone.route(
        "**/upload",
        lambda route: route.fulfill(status=422, json={"error": "这个文件不是照片，请上传 JPG 或 PNG"}),
    )
    box = _box(phone, "summary")
    box.locator("input[type=file]").set_input_files(
        [{"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}]
    )
    box.get_by_text("这个文件不是照片").wait_for()


def test_a_deleted_photo_leaves_room(phone: Page, gallery: str) -> None:
    phone.goto(f"{gallery}/h5/claim2")
    phone.on("dialog", lambda dialog: dialog.accept())
    box = _box(phone, "invoice")
    box.get_by_role("button", name="删除").first.click()
    phone.wait_for_function("document.querySelector('[data-kind=invoice] [data-count]').textContent === '1'")
    expect(box.locator(".up-item")).to_have_count(1)


def test_a_code_is_asked_for_without_leaving_the_page(phone: Page, gallery: str) -> None:
    phone.goto(f"{gallery}/h5/bind")
    phone.get_by_label("姓名").fill("赵试样")
    phone.get_by_role("button", name="获取").click()
    phone.get_by_text("验证码已发到 138****0000").wait_for()
    expect(phone.locator("[data-otp]")).to_have_text(re.compile(r"^\d+ 秒$"))
    expect(phone.get_by_label("姓名")).to_have_value("赵试样")


def test_a_draft_says_when_it_was_saved_and_when_not(phone: Page, gallery: str) -> None:
    phone.goto(f"{gallery}/h5/claim2")
    phone.get_by_label("就诊医院").fill("样例医院")
    phone.wait_for_function(
        "/草稿已保存 \\d\\d:\\d\\d/.test(document.querySelector('[data-draft]').textContent)"
    )
    phone.route("**/draft", lambda route: route.abort())
    phone.get_by_label("就诊医院").fill("样例第二医院")
    phone.get_by_text("网络不通，本页内容还没保存").wait_for()


def test_two_taps_are_one_request(phone: Page, gallery: str) -> None:
    phone.goto(f"{gallery}/h5/check")
    sent: list[str] = []

    def stay(route: Route) -> None:
        """204: the browser stays on the page, as while it waits on a slow line."""
        sent.append(route.request.method)
        route.fulfill(status=204)

    phone.route("**/h5/check", stay)
    button = phone.get_by_role("button", name="提交申请")
    # an answer between the taps, so that the browser does not fold them into one
    tap = "async b => { for (let n = 0; n < 3; n++) { b.click(); await fetch('/draft', {method: 'POST'}); } }"
    button.evaluate(tap)
    expect(button.or_(phone.get_by_text("正在提交…"))).to_have_attribute("aria-disabled", "true")
    assert sent == ["POST"]


def test_the_first_fault_is_one_tap_away(phone: Page, gallery: str) -> None:
    phone.goto(f"{gallery}/h5/bind?wrong=1")
    expect(phone.locator("#errors")).to_be_focused()
    phone.get_by_role("link", name="证件号码应为 18 位").click()
    expect(phone.locator("#f-id_number")).to_be_focused()


def test_enter_goes_on_and_does_not_ask_for_a_code(plain: Page, gallery: str) -> None:
    plain.goto(f"{gallery}/h5/bind")
    with plain.expect_request(lambda r: r.method == "POST") as sent:
        plain.get_by_label("姓名").press("Enter")
    assert sent.value.url.endswith("/h5/bind")


def test_without_script_photos_and_codes_are_ordinary_posts(plain: Page, gallery: str) -> None:
    plain.goto(f"{gallery}/h5/claim2")
    plain.locator("#f-invoice").set_input_files([_photo(200)])  # type: ignore[list-item]
    plain.get_by_role("button", name="下一步").click()
    assert plain.request.get(f"{gallery}/last").json() == {
        "do": "next",
        "files": ["invoice", "summary"],
        "first": "a.jpg",
    }


def test_a_reason_is_added_with_one_tap(phone: Page, gallery: str) -> None:
    phone.goto(f"{gallery}/admin/return")
    phone.locator("input[value=缺少出院小结]").click()
    phone.locator("input[value=金额与发票不一致]").click()
    expect(phone.locator("#f-note")).to_have_value("缺少出院小结；金额与发票不一致")
    expect(phone.locator("[name=note_pick]:checked")).to_have_count(0)


def test_documents_can_be_turned_enlarged_and_leafed_through(phone: Page, gallery: str) -> None:
    phone.goto(f"{gallery}/admin/review")
    image = phone.locator(".v-img")
    before = image.bounding_box()
    phone.get_by_role("button", name="放大").click()
    after = image.bounding_box()
    assert before and after and after["width"] > before["width"] * 1.3
    phone.get_by_role("button", name="旋转").click()
    assert "90deg" in image.evaluate("i => i.style.transform")
    phone.keyboard.press("ArrowRight")
    expect(phone.locator(".v-count")).to_have_text("第 2 张，共 6 张")
    expect(phone.get_by_role("link", name="原图")).to_have_attribute("href", "/photo/1")


@pytest.mark.parametrize(
    ("name", "limit"),
    [("h5.js", 6144), ("coach.js", 4096), ("admin.js", 6144), ("app.css", 6144), ("admin.css", 5120)],
)
def test_files_stay_small(name: str, limit: int) -> None:
    assert len(gzip.compress((ROOT / "static" / name).read_bytes(), 9)) <= limit


def test_no_template_goes_round_the_content_policy() -> None:
    """C1: no |safe, no inline handlers, no inline styles, no innerHTML."""
    found = []
    for path in [*(ROOT / "templates_h5").rglob("*.html"), *(ROOT / "static").glob("*.js")]:
        text = re.sub(r"{#.*?#}", "", path.read_text("utf-8"), flags=re.S)
        if re.search(r"\|\s*safe\b|\sstyle=|\son[a-z]+=[\"']|innerHTML|href=\"javascript:", text):
            found.append(path.name)
    assert not found
