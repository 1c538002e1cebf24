"""The phone on file is lost: 找回绑定, the union's answer, binding again; then what they may ask of us."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from core.db import db as database
from core.db import transaction
from core.roles import CHAIR, FIRST_REVIEWER
from employee import service as employees
from tests.journeys.conftest import ID_NUMBER, NAME, OPENID, PHONE_NUMBER
from tests.journeys.outside import Outside, until
from tests.journeys.papers import paper
from tests.journeys.worker import Worker
from tests.world import World, as_staff

if TYPE_CHECKING:
    from employee.models import Employee
    from tests.journeys.desk import Desk

LOST = "19900000001"
OLD_WECHAT = "oSandboxUser0000000000000001"


@pytest.fixture
def lost(world: World) -> Employee:
    """On file is a phone that somebody else may hold now, and the WeChat that was on it."""
    person = world.employee(world.union("示例工会委员会"), name=NAME, phone=LOST, id_number=ID_NUMBER)
    world.cover(person)
    world.bind(person, OLD_WECHAT)
    world.follower(OPENID)
    return person


@pytest.mark.parametrize("has_script", [True, False])
def test_a_lost_phone_is_replaced_by_the_union_and_the_person_is_back(
    lost: Employee,
    world: World,
    working: None,
    worker_on: Callable[..., Worker],
    desk_of: Callable[..., Desk],
    sandbox: str,
    has_script: bool,
) -> None:
    """GX-10 … GX-18 for somebody whose phone on file is gone."""
    worker = worker_on("lost-", java_script_enabled=has_script)
    worker.open_signed_in("/h5/bind")
    worker.unfold("没有手机号或收不到验证码怎么办")
    worker.follow_link("找回绑定")
    worker.on("找回绑定", "help")
    worker.press("提交申请")
    worker.reads("请选择为什么收不到验证码")
    worker.eyes.look("help-errors")
    worker.fill({"姓名": NAME, "证件号码": ID_NUMBER, "新手机号码": PHONE_NUMBER})
    worker.page.get_by_label("手机丢了，号码没有补办").check()
    worker.page.get_by_role("checkbox").check()
    worker.ask_for_code()
    worker.page.get_by_label("身份证正面照片").set_input_files([paper("id_front")])  # type: ignore[list-item]
    worker.press("提交申请")
    worker.on("已提交，等待审核", "help-done")
    old = Outside(sandbox, "zhang", LOST)
    old.gets_wechat("有人申请更换手机号码")

    desk = desk_of(world.staff(CHAIR, name="周主席"), "lost-")
    desk.open("/admin/rebinds")
    desk.on("找回绑定", "rebinds")
    desk.page.locator("table a").first.click()
    desk.on(f"找回绑定 {NAME}", "rebind")
    desk.reads("199****0001", "199****0003")
    desk.press("同意更换")
    desk.reads("已更换登记的手机号码，并已通知本人。")
    old.gets_wechat("手机号码已更换")
    until(lambda: any("找回绑定申请已通过" in text for text in worker.outside.sms()), "an SMS: approved")

    worker.open("/h5/bind/help")
    worker.reads("通过")
    worker.eyes.look("help-approved")
    worker.follow_link("用新手机号码绑定")
    _forget_limits()
    worker.on("职工绑定账号")
    worker.fill_binding(NAME, ID_NUMBER)
    _ask_for_another_code(worker)
    worker.press("立即绑定")
    worker.on("绑定成功", "bound-again")
    database.session.expire_all()
    assert lost.phone == PHONE_NUMBER


LOOKS = [("", {}), ("dark-", {"color_scheme": "dark"}), ("big-", {"is_big": True})]


@pytest.mark.parametrize("look,options", LOOKS)
def test_the_rights_of_the_person_are_easy_to_find_and_to_read(
    bound: Employee, world: World, worker_on: Callable[..., Worker], look: str, options: dict
) -> None:
    """E3, E17: from 个人中心 on, in every look, at 390 and 320 px: axe, widths and targets."""
    _some_looks(bound, world)
    worker = worker_on(f"rights-{look}", **options)
    worker.open_signed_in("/h5/me")
    worker.on("个人中心", "me")
    worker.follow_link("设置")
    worker.on("设置", "settings")
    worker.press("关闭短信通知")
    worker.reads("已关闭短信通知")
    worker.follow_link("谁看过我的资料")
    worker.on("谁看过我的资料", "looks")
    worker.reads("查看了您的完整证件号码", "初核人员")
    worker.open("/h5/privacy")
    worker.on("个人信息处理规则", "privacy")
    worker.open("/h5/me/leave")
    worker.on("撤回同意或注销账号", "leave")
    worker.open("/h5/me/export")
    worker.on("导出我的信息", "export")
    worker.press("申请导出")
    worker.reads("正在准备")
    worker.eyes.look("export-asked")


def test_a_copy_is_asked_for_and_read_and_then_the_person_leaves(
    bound: Employee, working: None, worker_on: Callable[..., Worker]
) -> None:
    """导出我的信息, then 注销账号, on the phone."""
    worker = worker_on("copy-")
    worker.open_signed_in("/h5/me/export")
    worker.press("申请导出")
    worker.on("导出我的信息")
    worker.reads("正在准备")
    until(lambda: any("信息已准备好" in text for text in worker.outside.sms()), "an SMS: the copy is ready")
    worker.open("/h5/me/export")
    worker.on("导出我的信息", "export-ready")
    worker.ask_for_code()
    worker.press("打开")
    expect(worker.page.locator("body")).to_contain_text(ID_NUMBER)
    _forget_limits()
    worker.open("/h5/me/leave")
    worker.page.get_by_label("注销账号").check()
    _ask_for_another_code(worker)
    worker.press("确定办理")
    worker.on("已注销账号", "left")
    worker.follow_link("重新绑定")
    worker.on("职工绑定账号")


def test_the_size_chosen_in_wechat_is_followed(bound: Employee, worker_on: Callable[..., Worker]) -> None:
    """D10: WeChat's own slider scales the text, and nothing scrolls sideways at 320 px."""
    worker = worker_on("slider-")
    worker.page.add_init_script(
        "window.__wxWebEnv = {getEnv: function () { return JSON.stringify({fontScale: 150}); }};"
    )
    worker.open_signed_in("/h5/settings")
    worker.on("设置", "settings")
    expect(worker.page.locator("body")).to_have_attribute("style", "text-size-adjust: 150%;")
    for path in ("/h5/me", "/h5/me/looks", "/h5/privacy", "/h5/me/leave", "/h5/bind/help"):
        worker.open(path)
        worker.page.set_viewport_size({"width": 320, "height": 640})
        assert worker.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


def _some_looks(person: Employee, world: World) -> None:
    clerk = as_staff(world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    with transaction():
        for what in ("id_number", "papers", "certificates"):
            employees.note_looks([person.id], what, clerk, about="BZ1345678901234567890")


def _ask_for_another_code(worker: Worker) -> None:
    """The newest SMS is the one that matters."""
    before = len(worker.outside.sms())
    worker.press("获取")
    worker.reads("验证码已发到")
    worker.outside.counts_sms(before + 1)
    worker.page.get_by_label("验证码", exact=True).fill(worker.outside.code())


def _forget_limits() -> None:
    """A minute passes."""
    from core.limits import LimitHit

    with transaction():
        database.session.execute(LimitHit.__table__.delete())
