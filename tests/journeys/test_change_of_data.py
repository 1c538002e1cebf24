"""个人信息变更 as the worker and the two reviewers walk it (GX-40 … GX-55, GX-64)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from changes import service
from changes.models import ChangeRequest
from core.db import db, transaction
from core.fields import mask_id
from core.roles import FIRST_REVIEWER, SECOND_REVIEWER
from tests.journeys.conftest import ID_NUMBER, NAME
from tests.journeys.desk import Desk
from tests.journeys.outside import Outside, until
from tests.journeys.papers import paper
from tests.journeys.worker import Worker
from tests.world import as_staff

if TYPE_CHECKING:
    from employee.models import Employee
    from staff.models import StaffUser
    from tests.journeys.conftest import Staff

OTHER_ID, NEW_PHONE = "459999198805060051", "19900000066"
NEW_NAME, WRONG_NAME = "王晓明", "王晓名"


def go_there(worker: Worker) -> None:
    """GX-40: 头像 → 个人中心 → 个人信息变更 → 我要变更信息."""
    worker.open_signed_in("/h5/")
    worker.page.locator(".person-link").click()
    worker.on("个人中心", "me-before")
    worker.follow_link("个人信息变更")
    worker.on("个人申请变更信息", "changes-empty")
    worker.follow_link("我要变更信息")
    worker.on("变更申请填单", "change-form")


def photograph(worker: Worker) -> None:
    """With consent on file the script sends the photo at once; else it travels with the form."""
    box = worker.uploader("evidence")
    box.locator("input[type=file]").set_input_files([paper("id_front")])  # type: ignore[list-item]
    if worker.has_script and box.get_attribute("data-post-url"):
        expect(box.locator("[data-done]").last).to_contain_text("已上传")


def fill_in(worker: Worker) -> str:
    """GX-41 … GX-43: first too much at once, then the name alone; gives the number."""
    page = worker.page
    for label, shown in (("姓名", NAME), ("证件号码", mask_id(ID_NUMBER))):
        expect(page.get_by_label(label, exact=True)).to_have_value(shown)
    worker.fill({"姓名": WRONG_NAME, "证件号码": OTHER_ID})
    page.get_by_role("checkbox").check()
    photograph(worker)
    worker.press("确认提交")
    worker.reads("不能同时修改姓名和证件号码，请分两次申请", f"原：{NAME}", f"原：{mask_id(ID_NUMBER)}")
    worker.on("变更申请填单", "change-refused")
    expect(worker.uploader("evidence").locator("[data-done]")).to_have_count(1)
    worker.fill({"证件号码": ID_NUMBER})
    worker.press("确认提交")
    worker.on("变更申请已提交", "change-submitted")
    worker.reads("请等待审核通知")
    found = re.search(r"BG\d{19}", page.locator("main").inner_text())
    assert found
    return found[0]


def is_listed(worker: Worker, number: str, state: str, *words: str, look: str = "") -> None:
    """GX-48, GX-50, GX-55: the card of the list."""
    worker.open("/h5/changes")
    worker.on("个人申请变更信息", look)
    worker.reads("个人信息变更", state, number, *words)
    expect(worker.page.locator("main")).to_have_text(
        re.compile(r"创建时间\s*\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.S)
    )


def correct(worker: Worker, number: str) -> None:
    """GX-47, GX-49: from 需要您处理 on the home page."""
    worker.open("/h5/")
    worker.reads("个人信息变更初核被驳回，请修改后重新提交", "信息不正确")
    worker.eyes.look("home-change-returned")
    worker.follow_link("去修改")
    worker.on("变更申请填单", "change-edit")
    worker.reads("被驳回的原因", "信息不正确", f"原：{NAME}", number)
    worker.fill({"姓名": NEW_NAME})
    photograph(worker)
    worker.press("确认提交")
    worker.on("变更申请已提交")
    worker.reads(number)


def is_told(worker: Worker, title: str, sms: str) -> None:
    """GX-45, GX-64: SMS without anything personal that leads to /s/changes, and a message."""
    text = until(lambda: next((t for t in worker.outside.sms() if sms in t), ""), f"SMS {sms}")
    assert "/s/changes" in text
    assert not re.search(r"BG\d|\d{6}|王", text), text
    worker.open("/h5/messages")
    worker.follow_link(re.compile(f"^{title} 未读"))
    worker.on(title)


def opens(desk: Desk, number: str, look: str) -> None:
    desk.open("/admin/changes")
    desk.on("变更审核", f"changes-{look}")
    desk.follow_link(number)
    desk.reads(f"申请单号 {number}", "系统核对", "变更内容", "原内容", "新内容", "办理记录")
    desk.eyes.look(f"change-{look}")


def agrees(desk: Desk, *words: str, look: str) -> None:
    desk.follow_link("同意")
    desk.on("同意这份变更", f"change-approve-{look}")
    desk.reads(*words)
    desk.press("确定")
    desk.reads("已同意")


def test_a_change_of_name_from_phone_to_register(
    working: None,
    bound: Employee,
    staff: Staff,
    worker_on: Callable[..., Worker],
    desk_of: Callable[..., Desk],
) -> None:
    """GX-40 … GX-51, GX-53 … GX-55: submit → returned → corrected → both reviews → the register, told."""
    worker = worker_on()
    go_there(worker)
    number = fill_in(worker)
    worker.follow_link("返回")
    is_listed(worker, number, "待初核", "您有一条没办完的变更申请", look="changes-open")
    is_told(worker, "个人信息变更申请已提交", "个人信息变更申请已提交")
    first = desk_of(staff.first)
    opens(first, number, "first")
    first.follow_link("退回…")
    first.on("退回这份变更", "change-return")
    first.page.locator(".chip", has_text="信息不正确").click()
    first.press("退回")
    first.reads("已退回")
    is_told(worker, "个人信息变更被驳回，请修改后重新提交", "需要您修改后重新提交")
    is_listed(
        worker,
        number,
        "草稿（初核被驳回，请修改后重新提交）",
        "备注",
        "信息不正确",
        "修改",
        "删除",
        look="changes-returned",
    )
    correct(worker, number)
    opens(first, number, "again")
    agrees(first, "同意后进入复核", look="first")
    is_listed(worker, number, "待复核")
    second = desk_of(staff.second)
    opens(second, number, "second")
    agrees(second, "同意后马上更新登记信息：姓名", look="second")
    is_told(worker, "个人信息变更已办结", "个人信息变更申请已经办结")
    is_listed(worker, number, "办结", "我要变更信息", look="changes-done")
    worker.follow_link(re.compile("审核进度"))
    worker.on("个人信息变更", "change-detail")
    worker.reads("提交申请", "初核被驳回", "重新提交申请", "初核通过", "复核通过", "办结", NEW_NAME)
    worker.open("/h5/me")
    worker.reads(NEW_NAME)


def test_a_change_needs_no_script(
    working: None, bound: Employee, staff: Staff, worker_on: Callable[..., Worker]
) -> None:
    """GX-40 … GX-43, GX-46 … GX-54 without JavaScript: a phone proven, a draft corrected, one deleted."""
    worker = worker_on(java_script_enabled=False)
    go_there(worker)
    number = fill_in(worker)
    _send_back(number, staff.first, "信息不正确")
    correct(worker, number)
    _approve(number, staff)
    worker.open("/h5/me")
    worker.reads(NEW_NAME)
    worker.open("/h5/changes/new")
    page = worker.page
    page.get_by_label("社保卡号", exact=True).fill("4501 0000 7777")
    page.get_by_label("手机号码", exact=True).fill(NEW_PHONE)
    worker.press("获取")
    worker.reads("验证码已发到 199****0066")
    code = Outside(worker.outside.url, worker.outside.person, NEW_PHONE).code()
    page.get_by_label("新手机号码的验证码", exact=True).fill(code)
    photograph(worker)
    worker.press("确认提交")
    worker.on("变更申请已提交")
    found = re.search(r"BG\d{19}", page.locator("main").inner_text())
    assert found and found[0] != number
    is_listed(worker, found[0], "待初核", number, "办结")
    _send_back(found[0], staff.first, "证件凭证照片不清楚，请重新拍照上传")
    worker.open("/h5/changes")
    worker.follow_link(re.compile("^删除"))
    worker.on("删除变更申请")
    worker.reads("删除后不能恢复，确定删除吗？")
    worker.press("删除")
    worker.reads("变更申请已删除", number)
    expect(page.locator("main")).not_to_contain_text(found[0])


def _send_back(number: str, user: StaffUser, note: str) -> None:
    request = _request(number)
    with transaction():
        service.send_back(request, as_staff(user, FIRST_REVIEWER), request.version, note)


def _approve(number: str, staff: Staff) -> None:
    for user, role in ((staff.first, FIRST_REVIEWER), (staff.second, SECOND_REVIEWER)):
        request, by = _request(number), as_staff(user, role)
        with transaction():
            service.approve(request, by, request.version)


def _request(number: str) -> ChangeRequest:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(ChangeRequest).filter_by(number=number).one()
