"""Is the phone pleasant to hold, with the real product behind it? Does every page fit every screen?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from playwright.sync_api import expect

from config.demo import PEOPLE
from notify import jobs
from tests.world import World

if TYPE_CHECKING:
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy
    from playwright.sync_api import Browser, FrameLocator, Page

ZHANG, LI = PEOPLE[0], PEOPLE[1]
PAGES = (
    "",
    "codes",
    "phone",
    "phone?as=zhang",
    "phone?as=wang",
    "sms",
    "mail",
    "bank",
    "bank/DK1",
    "faults",
    "push",
)
SCREENS = [(320, "light"), (390, "dark"), (768, "light"), (1280, "light"), (1280, "dark")]
SMALL = """() => {
    const pressed = document.querySelectorAll('a,button,input:not([type=hidden]),select,summary');
    return [...pressed].filter(e => {
    const box = e.getBoundingClientRect();
    const inText = e.tagName === 'A' && getComputedStyle(e).display === 'inline';
    return box.width && !inText && !e.matches('.skip') && (box.height < 43.5 || box.width < 43.5);
}).map(e => e.outerHTML.slice(0, 90)); }"""


@pytest.fixture
def desk(browser: Browser) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    context.set_default_timeout(10_000)
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda m: said.append(m.text) if "Content Security" in m.text else None)
    yield page
    context.close()
    assert said == []


def inside(page: Page) -> FrameLocator:
    return page.frame_locator("#page iframe")


def fill_the_desk(sandbox: str) -> None:
    rows = (
        "批次号,序号,户名,开户行,账号,金额,附言\n"
        "DK1,1,张建国,示例银行南宁支行,6217000000000000111,3206.30,互助补助\n"
    )
    sent = requests.post(f"{sandbox}/bank/batches", data=rows.encode("gbk"), timeout=10)
    assert sent.status_code == 200
    text = "您的验证码是482913，5分钟内有效。" + "请不要告诉别人。" * 5
    sms = {"id": "1", "phone": ZHANG.phone, "text": text, "sign": "广西职工保障互助协会"}
    requests.post(f"{sandbox}/sms/sandbox", json=sms, timeout=10).raise_for_status()


@pytest.mark.parametrize(("width", "theme"), SCREENS)
def test_every_page_fits_and_can_be_pressed(
    browser: Browser, sandbox: str, live_server: str, width: int, theme: Any
) -> None:
    fill_the_desk(sandbox)
    requests.post(f"{sandbox}/phone/zhang/say", json={"text": "帮助"}, timeout=10)
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=theme)
    page = context.new_page()
    wrong = {}
    for name in PAGES:
        page.goto(f"{sandbox}/{name}")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        small = page.evaluate(SMALL)
        if wide > 0 or small:
            wrong[name] = (wide, small)
    context.close()
    assert not wrong


def test_the_chat_goes_both_ways_without_a_reload(
    desk: Page, sandbox: str, live_server: str, db: SQLAlchemy
) -> None:
    desk.goto(f"{sandbox}/phone?as=zhang")
    desk.evaluate("window.isSame = true")
    desk.get_by_label("发消息").fill("帮助")
    desk.keyboard.press("Enter")
    desk.locator(".mine").get_by_text("帮助").wait_for()
    desk.locator(".theirs").get_by_text("您可以回复").wait_for()
    desk.locator(".menu summary", has_text="我的").click()
    desk.get_by_role("button", name="我的进度").click()
    desk.locator(".theirs").get_by_text("您还没有绑定").wait_for()
    assert desk.evaluate("window.isSame")


def test_binding_by_phone_and_then_somebody_else_takes_it(
    desk: Page, sandbox: str, live_server: str, app: Flask, db: SQLAlchemy
) -> None:
    """GX-10 … GX-16: menu, page, code by SMS, bound; the next person is not signed in as the first."""
    world = World()
    person = world.employee(name=ZHANG.name, phone=ZHANG.phone, id_number=ZHANG.id_number)
    world.cover(person)
    desk.goto(f"{sandbox}/phone?as=zhang")
    desk.locator(".menu summary", has_text="我的").click()
    desk.get_by_role("button", name="绑定信息").click()
    page = inside(desk)
    page.get_by_role("textbox", name="姓名").fill(ZHANG.name)
    expect(desk.locator("#page-title")).to_have_text("职工绑定账号")
    page.locator("[name=id_number]").fill(ZHANG.id_number)
    page.locator("[name=phone]").fill(ZHANG.phone)
    page.get_by_role("button", name="获取").click()
    page.get_by_text("验证码已发").first.wait_for()
    jobs.drain()
    code = desk.locator("#banner .code")
    code.wait_for()
    page.locator("[name=code]").fill(code.inner_text())
    desk.get_by_role("button", name="收起").click()
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="立即绑定").click()
    page.get_by_text("绑定成功").first.wait_for()

    desk.get_by_role("link", name="李秀英").click()
    page.get_by_text("职工绑定账号").or_(page.get_by_text("还没有绑定")).first.wait_for()
    expect(page.get_by_text(ZHANG.name[0] + "*")).to_have_count(0)

    desk.get_by_role("link", name="关闭").click()
    desk.get_by_role("link", name="张建国").click()
    desk.get_by_label("发消息").fill("我的")
    desk.keyboard.press("Enter")
    desk.locator(".theirs").get_by_text("此微信已绑定").wait_for()
    desk.locator(".theirs").last.get_by_role("link", name="个人中心").click()
    page.get_by_text("138").or_(page.get_by_text("199****0001")).first.wait_for()


def test_back_goes_back_and_then_closes(desk: Page, sandbox: str, live_server: str, db: SQLAlchemy) -> None:
    desk.goto(f"{sandbox}/phone?as=zhang")
    desk.locator(".menu summary", has_text="我的").click()
    desk.get_by_role("button", name="绑定信息").click()
    page = inside(desk)
    page.get_by_role("heading", name="职工绑定账号").wait_for()
    page.locator("body").evaluate("() => { location.href = '/h5/notices'; }")
    page.get_by_role("heading", name="公告通知").wait_for()
    desk.get_by_role("button", name="返回").click()
    page.get_by_role("heading", name="职工绑定账号").wait_for()
    desk.get_by_role("button", name="返回").click()
    desk.locator("#browser").wait_for(state="hidden")
    expect(desk).to_have_url(f"{sandbox}/phone")


def test_without_javascript_the_phone_still_works(
    browser: Browser, sandbox: str, live_server: str, db: SQLAlchemy
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{sandbox}/phone")
    page.get_by_role("link", name="王小明").click()
    page.get_by_role("button", name="关注公众号").last.click()
    page.get_by_text("欢迎关注").wait_for()
    page.get_by_label("发消息").fill("帮助")
    page.get_by_role("button", name="发送").click()
    page.get_by_text("您可以回复").wait_for()
    page.locator(".theirs").last.get_by_role("link").first.click()
    inside(page).get_by_text("绑定").first.wait_for()
    page.get_by_role("link", name="关闭").click()
    expect(page.locator("#page iframe")).to_have_count(0)
    context.close()


def test_codes_are_copied_by_a_tap(desk: Page, sandbox: str, live_server: str, db: SQLAlchemy) -> None:
    fill_the_desk(sandbox)
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.goto(f"{sandbox}/phone?as=zhang")
    desk.locator("#banner .code").click()
    desk.get_by_text("已复制 482913").wait_for()
    assert desk.evaluate("navigator.clipboard.readText()") == "482913"
    desk.get_by_role("button", name="收起").click()
    desk.locator("#banner .sms").wait_for(state="detached")


def test_news_goes_by_itself_and_what_was_put_away_stays_away(
    desk: Page, sandbox: str, live_server: str, db: SQLAlchemy
) -> None:
    desk.clock.install()
    news = {"id": "n", "phone": ZHANG.phone, "text": "您的申请有更新。"}
    requests.post(f"{sandbox}/sms/sandbox", json=news, timeout=10).raise_for_status()
    desk.goto(f"{sandbox}/phone?as=zhang")
    desk.locator("#banner").get_by_text("有更新").wait_for()
    fill_the_desk(sandbox)
    desk.clock.run_for(2_000)
    desk.locator("#banner .code").wait_for()
    desk.clock.run_for(10_000)
    expect(desk.locator("#banner .code")).to_be_visible()
    with desk.expect_response("**/chat.json*"):
        desk.get_by_role("button", name="收起").click()
        desk.clock.run_for(2_000)
    expect(desk.locator("#banner .sms")).to_have_count(0)
    desk.reload()
    expect(desk.locator("#banner .sms")).to_have_count(0)
