"""A union enrols its people: filled in, put right, handed in, returned, handed in again, passed, to pay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from config.scheme import plan_file
from core.db import transaction
from core.roles import OPERATOR
from plans import service as plan_service
from plans.rules import load_plan
from tests.journeys.papers import paper
from tests.world import World

if TYPE_CHECKING:
    from staff.models import StaffUser
    from tests.journeys.conftest import Staff
    from tests.journeys.desk import Desk
    from union.models import Union

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def window(period: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped plan of the coming period, with its dates around today."""
    today = dt.date.today()
    text = plan_file("guangxi-2027").read_text("utf-8")
    moved = {"2026-11-01": today - dt.timedelta(9), "2027-01-31": today + dt.timedelta(30),
             "starts_on = 2027-01-01": f"starts_on = {today + dt.timedelta(40)}",
             "ends_on = 2027-12-31": f"ends_on = {today + dt.timedelta(400)}"}  # fmt: skip
    for old, new in moved.items():
        assert old in text
        text = text.replace(old, str(new))
    plan = load_plan(text)
    monkeypatch.setattr(plan_service, "_loaded", lambda _names: (plan,))


@pytest.fixture
def union(world: World) -> Union:
    """Its record has a chair, but nobody wrote down whom to call."""
    found = world.union("示例一厂工会委员会", world.union("示例区总工会"))
    with transaction():
        found.chair_name, found.nature, found.headcount = "孙主席", "国企", 6
    return found


@pytest.fixture
def operator(world: World, union: Union) -> StaffUser:
    return world.staff(OPERATOR, union=union, name="郑经办")


def begin(desk: Desk) -> str:
    """新建; gives the number."""
    desk.open("/admin/")
    desk.follow_link("工会参保")
    desk.on("工会参保", "enrolments")
    desk.follow_link("新建参保申请")
    desk.on("新建参保申请", "enrolment-new")
    desk.press("下一步")
    desk.on("示例一厂工会委员会", "enrolment-draft")
    desk.reads("请确认是否以【示例一厂工会委员会】进行参保申请", "第 1 步，共 6 步", "未完成")
    return desk.page.url.rsplit("/", 1)[1]


def fill_in(desk: Desk, number: str) -> None:
    """The four parts; what is missing on the union's record is filled in where it is missed."""
    desk.page.get_by_role("link", name="提交", exact=True).click()
    desk.on("还不能提交", "enrolment-not-ready")
    desk.reads("工会联系人、联系人手机还没有填", "请添加缴费账号", "请上传参保申请单")
    desk.open(f"/admin/enrolments/{number}/application")
    desk.on("申请信息", "enrolment-application")
    desk.reads("必填")
    desk.page.get_by_label("工会联系人").fill("秦联系")
    desk.page.get_by_label("联系人手机").fill("12")
    desk.press("保存")
    desk.reads("联系电话请填手机或带区号的座机")
    expect(desk.page.get_by_label("工会联系人")).to_have_value("秦联系")
    desk.page.get_by_label("联系人手机").fill("0771-5550001")
    desk.press("保存")
    desk.reads("已保存：工会联系人、联系人手机")
    desk.page.get_by_label("账户名称").fill("示例一厂工会委员会")
    desk.page.get_by_label("卡号", exact=True).fill("6200 0000 0000 0000 111")
    desk.press("添加账号")
    desk.reads("已添加缴费账号", "**** 0111")
    desk.eyes.look("enrolment-application-filled")


def choose(desk: Desk, number: str) -> None:
    desk.open(f"/admin/enrolments/{number}/people")
    desk.on("参保人员信息", "enrolment-people-none")
    desk.follow_link("增加参保职工")
    desk.on("增加参保职工", "enrolment-choose")
    desk.page.get_by_role("checkbox").first.check()
    desk.press("加入勾选的")
    desk.reads("已增加 1 人", "还差 4 人达到 80%")
    desk.page.get_by_role("button", name="一键选择全部未参保职工").click()
    desk.reads("已增加 4 人，现在共 5 人，参保比例 83.33%，已达到 80%", "1 人本期已参保，不能重复参保")
    desk.eyes.look("enrolment-people")


def upload(desk: Desk, number: str) -> None:
    desk.open(f"/admin/enrolments/{number}/materials")
    desk.on("申请材料", "enrolment-materials-none")
    form = desk.page.locator("section.card").first
    form.get_by_label("选择文件").set_input_files(
        [paper("invoice")]  # type: ignore[list-item]
    )
    form.get_by_role("button", name="上传").click()
    desk.reads("“参保申请单”已上传")
    second = desk.page.locator("section.card").nth(1)
    second.get_by_label("选择文件").set_input_files(
        [{"name": "名单.pdf", "mimeType": "application/pdf", "buffer": PDF}]  # type: ignore[list-item]
    )
    second.get_by_role("button", name="上传").click()
    desk.reads("“参保人员名单”已上传", "名单.pdf")
    desk.eyes.look("enrolment-materials")


def hand_in(desk: Desk, number: str, look: str = "") -> None:
    desk.open(f"/admin/enrolments/{number}")
    if look:
        desk.eyes.look("enrolment-ready")
    desk.follow_link("提交")
    desk.on("提交参保申请？", look)
    desk.press("提交")
    desk.reads("已提交，请等待审核", "第 2 步，共 6 步")


def test_a_union_enrols_its_people(
    union: Union, operator: StaffUser, world: World, staff: Staff, working: None, desk_of: Callable[..., Desk]
) -> None:
    """XM-50 … XM-70: as the operator and the reviewers walk it, on the desk and on a phone."""
    for _ in range(5):
        world.employee(union)
    elsewhere = world.employee(union, name="已保样本")
    world.cover(elsewhere, "GX-2027", starts_on=dt.date.today(), ends_on=dt.date.today() + dt.timedelta(300))
    desk = desk_of(operator, "enrol-")
    number = begin(desk)
    fill_in(desk, number)
    choose(desk, number)
    upload(desk, number)
    desk.follow_link("经办人信息")
    desk.on("经办人信息", "enrolment-agent")
    hand_in(desk, number, "enrolment-submit")
    desk.eyes.look("enrolment-handed-in")

    first = desk_of(staff.first, "enrol-first-")
    first.open("/admin/")
    first.reads("参保待初核")
    first.open(f"/admin/enrolments/{number}")
    first.reads("系统核对", "示例一厂工会委员会", "参保比例")
    first.eyes.look("enrolment-review")
    first.follow_link("退回…")
    first.on("退回这份参保申请", "enrolment-return")
    first.page.locator(".chip", has_text="没有加盖工会公章").click()
    first.press("退回")
    first.reads("已退回")

    desk.open("/admin/")
    desk.reads("我的办件", number, "按退回原因修改后重新提交")
    desk.open(f"/admin/enrolments/{number}")
    desk.reads("被退回，请修改后重新提交", "没有加盖工会公章")
    desk.eyes.look("enrolment-returned")
    hand_in(desk, number)

    first.open(f"/admin/enrolments/{number}")
    first.follow_link("同意")
    first.on("同意这份参保申请？", "enrolment-approve")
    first.press("确定")
    first.reads("已同意")
    second = desk_of(staff.second, "enrol-second-")
    second.open(f"/admin/enrolments/{number}")
    second.follow_link("同意")
    second.on("同意这份参保申请？", "enrolment-approve-last")
    second.reads("5 人 × 100.00 元 = 500.00 元")
    second.press("确定")
    second.reads("已同意")

    desk.open(f"/admin/enrolments/{number}")
    desk.reads("第 4 步，共 6 步：上传缴费凭证", "500.00 元")
    desk.eyes.look("enrolment-due")
    desk.open(f"/admin/enrolments/{number}/form")
    desk.on("导出申请单", "enrolment-form")
    with desk.page.expect_download() as download:
        desk.follow_link("下载 PDF")
    assert download.value.suggested_filename == f"{number}.pdf"
    desk.open("/admin/mine")
    desk.reads("工会参保", number, "缴费并上传缴费凭证")
