"""账号问题 from the sign-in page: back in by phone, by mail and by appeal, at the desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from core import clock
from core.db import transaction
from core.roles import ADMINISTRATOR, OPERATOR
from staff.service import human
from tests.journeys.desk import Desk
from tests.journeys.eyes import DESK, PHONE
from tests.journeys.outside import Outside, until
from tests.journeys.papers import paper
from tests.world import World

if TYPE_CHECKING:
    from staff.models import StaffUser

EMAIL = "zhou.operator@mail.example"
NEW_PASSWORD = "Tianqi-hao-2031"
NEW_PHONE = "19912340009"


@pytest.fixture
def clerk(world: World) -> StaffUser:
    person = world.staff(OPERATOR, name="周经办")
    with transaction():
        person.email, person.email_confirmed_at = EMAIL, clock.now()
    return person


@pytest.fixture
def guest(opened: Callable[..., Any], live_server: str) -> Callable[..., Desk]:
    """`guest(has_script)`: somebody at the sign-in page, looked at on desk and phone."""

    def make(has_script: bool = True) -> Desk:
        page, eyes = opened((DESK, PHONE) if has_script else (), "trouble-", java_script_enabled=has_script)
        return Desk(page, eyes, live_server)

    return make


def name(desk: Desk, account: str, letters: str) -> None:
    """登录 → 账号问题 → 用户名和验证码 → 下一步."""
    desk.open("/admin/login")
    desk.follow_link("账号问题 / 找回密码")
    desk.on("账号问题", "start")
    desk.page.get_by_label("用户名（证件号码、手机号码、邮箱地址）").fill(account)
    answer(desk, letters)
    desk.press("下一步")
    desk.on("选择找回方式", "ways")


def answer(desk: Desk, letters: str) -> None:
    """With script the computer has worked it out; without, the letters are read from the picture."""
    if letters:
        desk.page.get_by_label("图片验证码", exact=True).fill(letters)
    else:
        expect(desk.page.locator(".puzzle-state")).to_contain_text("验证已通过")


def way(desk: Desk, title: str) -> None:
    desk.page.get_by_role("link", name=re.compile(f"立即找回.*{title}")).click()


def code_of(sandbox: str, phone: str) -> str:
    def newest() -> str:
        texts = [text for text in Outside(sandbox, "zhang", phone).sms() if "验证码是" in text]
        return re.findall(r"\d{6}", texts[-1])[0] if texts else ""

    return until(newest, f"a code for {phone}")


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def has_script(request: Any) -> bool:
    return bool(request.param)


@pytest.fixture
def letters(has_script: bool, monkeypatch: pytest.MonkeyPatch) -> str:
    """Eyes that can read the picture."""
    monkeypatch.setattr(human, "_letters", lambda: "ACEF")
    return "" if has_script else "ACEF"


def test_back_in_by_phone(clerk, working, guest, sandbox, has_script: bool, letters: str) -> None:
    """XM-11, XM-12, XM-13 in a browser, with and without JavaScript."""
    desk = guest(has_script)
    name(desk, clerk.phone, letters)
    way(desk, "手机方式找回")
    desk.on("手机方式找回", "phone")
    if not has_script:
        desk.press("看不清，换一张图片验证码")
        desk.on("手机方式找回")
    answer(desk, letters)
    desk.press("获取")
    desk.reads("验证码已经发出")
    desk.page.get_by_label("手机验证码").fill(code_of(sandbox, clerk.phone))
    desk.page.get_by_label("新密码").fill(NEW_PASSWORD)
    desk.page.get_by_label("确认密码").fill("Tianqi-hao-2032")
    desk.press("下一步")
    desk.reads("两次输入的密码不一致")
    desk.eyes.look("phone-wrong")
    desk.page.get_by_label("新密码").fill(NEW_PASSWORD)
    desk.page.get_by_label("确认密码").fill(NEW_PASSWORD)
    desk.press("下一步")
    desk.on("重置密码成功", "done")
    desk.follow_link("去登录")
    desk.on("登录")


def test_back_in_by_mail(clerk, working, guest, sandbox, has_script: bool, letters: str) -> None:
    """XM-14 in a browser: the mail lies in the mailbox, its link works once."""
    desk = guest(has_script)
    name(desk, EMAIL, letters)
    way(desk, "邮箱方式找回")
    desk.on("邮箱方式找回", "mail")
    desk.press("发送邮件")
    desk.reads("重置密码的邮件已经发出")
    desk.eyes.look("mail-sent")
    mail = until(lambda: Outside(sandbox, "zhang", "").get("/mail.json")["messages"], "a mail")[0]
    link = re.findall(r"https?://[^/]+(/admin/recover/mail/\S+)", mail["text"])[0]
    desk.open(link)
    desk.on("重置密码", "link")
    desk.page.get_by_label("新密码").fill(NEW_PASSWORD)
    desk.page.get_by_label("确认密码").fill(NEW_PASSWORD)
    desk.press("提交")
    desk.on("重置密码成功")
    desk.open(link)
    desk.on("这个链接已经不能用了", "dead")
    desk.follow_link("重新找回")
    desk.on("账号问题")


def test_the_picture_instead_of_the_sum(clerk, guest, letters_by_hand) -> None:
    """XM-17: 如验证码看不清, 可点击图片刷新: with a press another picture, without leaving the page."""
    desk = guest()
    desk.open("/admin/recover")
    desk.page.get_by_label("用户名（证件号码、手机号码、邮箱地址）").fill(clerk.phone)
    desk.press("改用图片验证码")
    image = desk.page.get_by_role("img", name="图片验证码")
    expect(image).to_be_visible()
    before = image.get_attribute("src")
    with desk.page.expect_response(re.compile("/admin/recover/picture")):
        desk.press("看不清，换一张图片验证码")
    expect(image).not_to_have_attribute("src", before or "")
    desk.eyes.look("picture")
    desk.page.get_by_label("图片验证码", exact=True).fill("wrong")
    desk.press("下一步")
    desk.reads("图片验证码不对")
    desk.eyes.look("picture-wrong")
    desk.page.get_by_label("图片验证码", exact=True).fill("acef")
    desk.press("下一步")
    desk.on("选择找回方式")


@pytest.fixture
def letters_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(human, "_letters", lambda: "ACEF")


def test_an_appeal_and_its_answer(
    clerk, world, working, guest, desk_of, sandbox, has_script: bool, letters: str
) -> None:
    """XM-15 … XM-19 in a browser: filed, looked at by an administrator, told by SMS, a new password set."""
    desk = guest(has_script)
    name(desk, clerk.id_number, letters)
    way(desk, "人工申诉方式找回")
    desk.on("人工申诉", "appeal")
    page = desk.page
    page.get_by_label("您需申诉的问题").fill(f"手机丢了，旧手机号码 {clerk.phone}")
    page.get_by_label("真实姓名").fill("周经力")
    page.get_by_label("证件类型").select_option(label="居民身份证")
    page.get_by_label("证件号码", exact=True).fill(clerk.id_number)
    page.get_by_label("手机号码", exact=True).fill(NEW_PHONE)
    answer(desk, letters)
    desk.press("获取")
    desk.reads("验证码已发到 199****0009")
    page.get_by_label("手机验证码").fill(code_of(sandbox, NEW_PHONE))
    desk.press("下一步")
    desk.reads("请上传证件正面照")
    desk.eyes.look("appeal-wrong")
    page.get_by_label("真实姓名").fill("周经办")
    page.get_by_label("证件正面照").set_input_files([paper("id_front")])  # type: ignore[list-item]
    page.get_by_label("证件背面照").set_input_files([paper("id_back")])  # type: ignore[list-item]
    desk.press("下一步")
    desk.on("申诉已提交", "appeal-sent")
    desk.reads("等待后台管理员审核，审核信息会通过短信方式告知")

    boss = desk_of(world.staff(ADMINISTRATOR, name="吴管理"), "trouble-")
    boss.open("/admin/appeals")
    boss.on("账号申诉", "appeals")
    boss.page.locator("table a").first.click()
    boss.on("账号申诉", "appeal-show")
    boss.reads("姓名一致", "199****0009", "待审核")
    boss.page.get_by_role("button", name=re.compile("查看.*申诉填写的证件号码")).click()
    boss.reads(clerk.id_number)
    boss.follow_link("通过…")
    boss.on("通过账号申诉", "appeal-approve")
    boss.press("确定通过")
    boss.reads("已通过：新手机号码已登记")
    told = Outside(sandbox, "zhang", NEW_PHONE)
    until(lambda: any("申诉已通过" in text for text in told.sms()), "an SMS: approved")
    boss.page.locator("table a").first.click()
    boss.reads("吴管理")
    boss.eyes.look("appeal-decided")
