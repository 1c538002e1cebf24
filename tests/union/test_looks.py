"""Can everybody read and press these pages? axe, sizes, widths; a chair's way through them in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from core.db import transaction
from core.roles import ADMINISTRATOR, EDITOR, FIRST_REVIEWER, OPERATOR
from membership import service as membership
from tests.journeys.desk import Desk
from tests.journeys.eyes import DESK, PHONE, Eyes
from tests.union.conftest import Tree, acts, seat
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def sit(app: Flask, world: World, browser: Browser, live_server: str) -> Iterator[Any]:
    """`sit(person)`: a desk in a browser of its own, signed in; what is wrong to the eye fails at the end."""
    opened: list[Any] = []

    def make(person: Any) -> Desk:
        context = browser.new_context(viewport=DESK, locale="zh-CN", timezone_id="Asia/Shanghai")
        client = world.sign_in(app.test_client(), staff=person)
        name = app.session_interface.cookie_name("staff")  # type: ignore[attr-defined]
        context.add_cookies([{"name": name, "value": client.get_cookie(name).value, "url": live_server}])
        page = context.new_page()
        desk = Desk(page, Eyes(page, (DESK, PHONE), set()), live_server)
        opened.append((context, desk))
        return desk

    yield make
    for context, desk in opened:
        context.close()
        assert not desk.eyes.faults


@pytest.mark.slow
def test_a_chair_keeps_the_record_and_gives_a_right(world: World, tree: Tree, sit: Any) -> None:
    """XM-21, XM-23, XM-27, XM-28 as read and pressed, on the desktop and on a phone."""
    chair = seat(tree.plant, world.staff(member=tree.plant, name="王主席"))
    world.staff(OPERATOR, union=tree.plant, member=tree.plant, name="陈经办")
    desk = sit(chair)
    desk.open("/admin/unions")
    desk.on("工会", "unions")
    desk.follow_link("示例厂工会委员会")
    desk.on("示例厂工会委员会", "union")
    desk.follow_link("修改资料")
    desk.on("修改工会资料", "union-edit")
    desk.page.get_by_label("工会法定代表人").fill("李法人")
    desk.page.get_by_label("联系人", exact=True).fill("赵 联系")
    desk.press("保存")
    desk.reads("姓名中间不能有空格或数字")
    desk.eyes.look("union-edit-wrong")
    desk.page.get_by_label("联系人", exact=True).fill("赵联系")
    desk.press("保存")
    desk.reads("已保存：工会法定代表人、联系人", "修改记录", "隶属工会", "示例省总工会 → 示例市总工会")
    desk.eyes.look("union-saved")
    desk.follow_link("新建下级工会")
    desk.on("新建工会", "union-new")
    desk.open("/admin/staff")
    desk.on("工作人员列表", "people")
    desk.follow_link("新增工作人员")
    desk.on("新增工作人员", "person-new")
    desk.page.get_by_label("姓名").fill("新示例")
    desk.page.get_by_label("手机号码").fill("13700000009")
    desk.page.get_by_label("示例市总工会 → 示例厂工会委员会").check()
    desk.press("新增")
    desk.reads("已新增", "待本人完善")
    desk.page.get_by_label("医疗互助").check()
    desk.eyes.look("person")
    desk.press("下一步")
    desk.on("确认 新示例 的权限改动", "person-confirm")
    desk.press("确定")
    desk.reads("马上生效")
    desk.follow_link("为什么办不了？")
    desk.on("为什么办不了", "why-empty")
    desk.page.get_by_label("要办的事").select_option("维护职工名册")
    desk.press("查看")
    desk.reads("新示例现在不能办理“维护职工名册”", "还没有登录过")
    desk.eyes.look("why")


@pytest.mark.slow
def test_an_administrator_moves_a_union_and_stops_an_account(
    world: World, tree: Tree, boss: Any, sit: Any
) -> None:
    clerk = world.staff(OPERATOR, EDITOR, union=tree.plant, member=tree.plant, name="陈经办")
    world.staff(ADMINISTRATOR, FIRST_REVIEWER, union=tree.city, member=tree.shop, name="周管理")
    desk = sit(boss)
    desk.open(f"/admin/unions/{tree.floor.id}/move?q=店")
    desk.on("改变隶属", "union-move")
    desk.page.get_by_label("示例市总工会 → 示例店工会委员会").check()
    desk.press("改变隶属")
    desk.reads("已改为隶属“示例店工会委员会”")
    desk.open("/admin/staff")
    desk.on("工作人员列表", "people-all")
    desk.open(f"/admin/staff/{clerk.id}")
    desk.eyes.look("person-all")
    desk.follow_link("停用账号…")
    desk.on("停用 陈经办 的账号", "person-disable")
    desk.press("停用")
    desk.reads("账号已停用")


@pytest.mark.slow
def test_a_transfer_from_the_home_page_to_the_answer(world: World, tree: Tree, sit: Any) -> None:
    """XM-25 as read and pressed: home → 会籍变更 → 审核通过 → home."""
    person = world.staff(OPERATOR, union=tree.shop, member=tree.shop, name="陈经办")
    desk = sit(person)
    desk.open("/admin/")
    desk.reads("会籍信息", "示例店工会委员会")
    desk.eyes.look("home")
    desk.page.locator("main").get_by_role("link", name="会籍变更", exact=True).click()
    desk.on("会籍变更", "transfer-mine")
    desk.page.get_by_label("查找工会").fill("厂")
    desk.press("查找")
    desk.page.get_by_label("示例市总工会 → 示例厂工会委员会").check()
    desk.page.get_by_label("变更原因").fill("调到示例厂工作")
    desk.eyes.look("transfer-mine-found")
    desk.press("提交")
    desk.reads("会籍变更已提交", "待审核", "通过后不能再办理")
    desk.eyes.look("transfer-asked")
    employee = world.employee(tree.plant)
    with transaction():
        membership.ask_for_employee(
            employee.name or "", employee.id_number or "", tree.shop.id, "调入", acts(person)
        )
    keeper = sit(seat(tree.plant, world.staff(member=tree.plant, name="王主席")))
    keeper.open("/admin/transfers")
    keeper.on("会籍变更", "transfers")
    keeper.follow_link("陈经办")
    keeper.on("会籍变更", "transfer-answer")
    keeper.press("通过")
    keeper.reads("已通过，已用短信通知对方")
    keeper.eyes.look("transfer-done")
    keeper.open("/admin/transfers/new")
    keeper.on("申请调入职工", "transfer-new")
    desk.open("/admin/")
    desk.reads("示例厂工会委员会")
