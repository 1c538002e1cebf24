"""An operator's first day: SMS, 信息完善, home; a new password; a reviewer's authenticator; 「i 厦门」."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from playwright.sync_api import expect

from core.db import db as database
from core.db import transaction
from core.roles import FIRST_REVIEWER, OPERATOR
from staff.models import Grant, StaffUser
from staff.service import oidc
from tests.journeys.desk import Desk
from tests.journeys.eyes import DESK, PHONE
from tests.journeys.outside import Outside
from tests.world import id_number

if TYPE_CHECKING:
    from tests.world import World

GOOD, BETTER = "Tianqi-hao-2031", "Tianqi-geng-hao-2032"
NUMBER = "13911112222"


@pytest.fixture
def opened_for(world: World) -> Callable[..., StaffUser]:
    """An account as the chair opens it: name, phone and rights, nothing else."""

    def make(name: str, *roles: str) -> StaffUser:
        union = world.union()
        with transaction():
            person = StaffUser(name=name, phone=NUMBER, password_hash="", union_id=union.id)
            database.session.add(person)
            database.session.flush()
            for role in roles:
                place = union.id if role == OPERATOR else None
                database.session.add(Grant(staff_id=person.id, role=role, union_id=place))
        return person

    return make


@pytest.fixture
def newcomer(
    opened: Callable[..., Any], live_server: str, sandbox: str
) -> Callable[..., tuple[Desk, Outside]]:
    """Somebody at a desk (and looked at on a phone) with their own phone beside them."""

    def make(look: str = "", screens: Any = (DESK, PHONE), **options: Any) -> tuple[Desk, Outside]:
        page, eyes = opened(screens, look, **options)
        return Desk(page, eyes, live_server), Outside(sandbox, "wang", NUMBER)

    return make


def arrive(desk: Desk, phone: Outside) -> None:
    desk.open("/admin/")
    desk.follow_link("短信登录")
    desk.page.get_by_label("手机号码").fill(NUMBER)
    desk.press("发送验证码")
    desk.reads("5 分钟内有效")
    desk.eyes.look("sms-sent")
    desk.page.get_by_label("验证码").fill(phone.code())
    desk.press("登录")


def say_who(desk: Desk, name: str, **more: str) -> None:
    desk.on("信息完善", "complete")
    fill = desk.page.get_by_label
    fill("姓名").fill(name)
    fill("身份证号").fill(id_number(4242))
    fill("邮箱（选填）").fill("qian@example.org")
    fill("密码", exact=True).fill(GOOD)
    fill("确认密码").fill(more.get("again", GOOD))
    desk.press("提交")


@pytest.mark.usefixtures("working")
def test_the_first_sign_in_by_sms(newcomer: Any, opened_for: Any) -> None:
    """XM-02, XM-03: code, wrong then right form, home; XM-10 and sessions afterwards."""
    opened_for("钱经办", OPERATOR)
    desk, phone = newcomer()
    desk.open("/admin/login")
    desk.on("工作人员登录", "login-password")
    arrive(desk, phone)
    say_who(desk, "钱经办", again="something-else-1A")
    desk.reads("两次输入的密码不一致")
    desk.eyes.look("complete-wrong")
    desk.page.get_by_label("密码", exact=True).fill(GOOD)
    desk.page.get_by_label("确认密码").fill(GOOD)
    desk.press("提交")
    desk.on("待办")
    desk.page.locator("summary", has_text="钱经办").click()
    desk.follow_link("修改密码")
    desk.on("密码修改", "password")
    desk.page.get_by_label("原密码").fill(GOOD)
    desk.page.get_by_label("新密码").fill(BETTER)
    desk.page.get_by_label("确认密码").fill(BETTER)
    desk.press("确定")
    desk.on("我的账号", "me")
    desk.reads("密码已修改", "经办人", "（未确认）", "（这里）")
    for way, heading in (("修改手机号", "修改手机号"), ("修改邮箱", "修改邮箱")):
        desk.page.get_by_role("link", name=re.compile(way)).click()
        desk.on(heading, heading)
        desk.follow_link("返回")


@pytest.mark.usefixtures("working")
def test_a_reviewer_sets_up_the_authenticator(newcomer: Any, opened_for: Any) -> None:
    """From the first SMS to the first review: key, code, recovery codes; then the work is there."""
    opened_for("孙初核", FIRST_REVIEWER)
    desk, phone = newcomer()
    arrive(desk, phone)
    say_who(desk, "孙初核")
    desk.on("设置身份验证器", "factor-begin")
    desk.press("开始设置")
    expect(desk.page.locator(".qr img")).to_be_visible()
    secret = desk.page.locator(".nb-groups").inner_text().replace(" ", "")
    desk.eyes.look("factor-scan")
    desk.page.get_by_label("动态码").fill(pyotp.TOTP(secret).at(int(time.time())))
    desk.page.get_by_label("登录密码").fill(GOOD)
    desk.press("确定")
    desk.on("恢复码", "recovery-codes")
    expect(desk.page.locator(".recovery code")).to_have_count(10)
    spare = desk.page.locator(".recovery code").first.inner_text()
    desk.follow_link("我已保存，继续")
    desk.on("待办")
    desk.page.locator("summary", has_text="孙初核").click()
    desk.press("退出登录")
    desk.page.get_by_label("证件号码或手机号码").fill(NUMBER)
    desk.page.get_by_label("密码", exact=True).fill(GOOD)
    desk.page.get_by_label("动态码").fill(spare)
    desk.press("登录")
    desk.on("待办")


@pytest.mark.usefixtures("working")
def test_first_sign_in_by_the_provider(newcomer: Any, opened_for: Any) -> None:
    """XM-07: the provider's page, a person, 完善信息, home."""
    oidc._descriptions.clear()
    opened_for("林示港", OPERATOR)
    desk, phone = newcomer()
    desk.open("/admin/login")
    desk.page.get_by_role("link", name="统一身份认证登录").click()
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("统一身份认证")
    desk.page.get_by_role("link", name="林示港").click()
    desk.on("信息完善", "complete-provider")
    desk.page.get_by_label("手机号码").fill(NUMBER)
    desk.press("发送验证码")
    desk.page.get_by_label("验证码").fill(phone.code())
    desk.page.get_by_label("密码", exact=True).fill(GOOD)
    desk.page.get_by_label("确认密码").fill(GOOD)
    desk.press("确定")
    desk.on("待办")


@pytest.mark.usefixtures("working")
def test_signing_in_needs_no_script(newcomer: Any, opened_for: Any) -> None:
    """Tabs are links and the code's button is a plain submit."""
    opened_for("钱经办", OPERATOR)
    desk, phone = newcomer(screens=(), java_script_enabled=False)
    arrive(desk, phone)
    say_who(desk, "钱经办")
    desk.on("待办")
