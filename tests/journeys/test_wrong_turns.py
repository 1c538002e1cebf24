"""What if the worker goes astray? Back, twice, two tabs, signed out, the wrong file, another's claim."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from core.db import db as database
from core.db import transaction
from core.history import timeline
from core.sessions import SessionRow
from employee.rules import NOT_FOUND
from notify.models import InboxMessage
from tests.journeys import behind
from tests.journeys.conftest import ID_NUMBER
from tests.journeys.papers import note
from tests.journeys.worker import Worker
from tests.world import World

if TYPE_CHECKING:
    from employee.models import Employee

SIGNED_OUT = "登录已过期，请重新打开公众号菜单进入。您填的内容已存为草稿。"
SUBMITTED = "这份申请已经提交过了，不用再交"
CHANGED = "这条记录刚刚被修改过，已为您显示最新内容，请核对后再操作。"


@pytest.fixture
def worker(bound: Employee, worker_on: Callable[..., Worker]) -> Worker:
    return worker_on()


@pytest.mark.parametrize("has_script", [True, False])
def test_two_taps_submit_once(bound: Employee, worker_on: Callable[..., Worker], has_script: bool) -> None:
    """GX-24: one move, one message, whether a script guards the button or not."""
    worker = worker_on(java_script_enabled=has_script)
    claim = behind.draft(bound)
    worker.open_signed_in(f"/h5/claims/{claim.number}/check")
    worker.page.get_by_label("以上内容和单据真实，如有虚假愿承担责任").check()
    worker.page.get_by_role("button", name="提交申请").dblclick()
    worker.on("申请已提交")
    moves = [step.action for step in timeline(behind.claim_of(claim.number).id)]
    assert moves.count("submit_to_first_review") == 1
    told = database.session.query(InboxMessage).filter_by(kind="claim_submitted")
    assert told.count() == 1


def test_back_after_submitting_says_that_it_was_submitted(worker: Worker, bound: Employee) -> None:
    """GX-24: no second application, no question again."""
    claim = behind.draft(bound)
    worker.open_signed_in(f"/h5/claims/{claim.number}/check")
    worker.submit()
    worker.page.go_back()
    worker.reads(SUBMITTED, claim.number)
    worker.open(f"/h5/claims/{claim.number}/2")
    worker.reads(SUBMITTED)


def test_the_second_of_two_tabs_does_not_overwrite_the_first(worker: Worker, bound: Employee) -> None:
    """GX-23: 409, the words, and what is there now."""
    claim = behind.draft(bound)
    worker.open_signed_in(f"/h5/claims/{claim.number}/2")
    other = worker.page.context.new_page()
    other.goto(worker.page.url)
    worker.fill({"就诊医院": "先存的医院"})
    worker.press("下一步")
    worker.on("填写补助金收款账户")
    other.get_by_label("就诊医院").fill("后存的医院")
    with other.expect_response(lambda answer: answer.request.is_navigation_request()) as answer:
        other.get_by_role("button", name="下一步").click()
    assert answer.value.status == 409
    expect(other.locator("body")).to_contain_text(CHANGED)
    expect(other.get_by_label("就诊医院")).to_have_value("先存的医院")
    worker.page, worker.eyes.page = other, other
    worker.eyes.look("tab-conflict")
    assert behind.claim_of(claim.number).hospital == "先存的医院"


def test_a_session_that_ends_in_step_3_keeps_the_draft(worker: Worker, bound: Employee) -> None:
    """GX-23: what was typed is there again after signing in."""
    claim = behind.draft(bound, payee_bank="", payee_card=None)
    worker.open_signed_in(f"/h5/claims/{claim.number}/3")
    with worker.page.expect_response(re.compile("/draft$")) as saved:
        worker.fill({"开户行": "中断银行"})
    assert saved.value.status == 204
    with transaction():
        database.session.query(SessionRow).delete()
    worker.press("下一步")
    worker.reads(SIGNED_OUT)
    worker.eyes.look("signed-out")
    worker.follow_link("重新进入")
    worker.follow_link(re.compile("继续填写"))
    worker.on("填写补助金收款账户")
    expect(worker.page.get_by_label("开户行")).to_have_value("中断银行")


def test_back_to_a_page_that_said_no_shows_the_page_and_not_the_browsers(
    worker: Worker, bound: Employee
) -> None:
    """GX-24: 返回 over an answer to a form asks for it plainly; WeChat would show an empty page."""
    claim = behind.draft(bound)
    worker.open_signed_in(f"/h5/claims/{claim.number}/check")
    worker.press("提交申请")
    expect(worker.page.locator("#errors")).to_contain_text("请先勾选")
    worker.submit()
    worker.page.go_back()
    worker.reads(SUBMITTED, claim.number)


def test_nothing_red_is_left_beside_a_photo_that_came(worker: Worker, bound: Employee) -> None:
    """GX-23: what was missing and has arrived is no longer called missing."""
    claim = behind.draft(bound)
    worker.open_signed_in(f"/h5/claims/{claim.number}/1")
    worker.page.on("dialog", lambda dialog: dialog.accept())
    for kind in ("id_front", "id_back"):
        worker.uploader(kind).get_by_role("button", name="删除").click()
        expect(worker.uploader(kind).locator("[data-done]")).to_have_count(0)
    worker.press("下一步")
    expect(worker.page.locator("#errors")).to_contain_text("有 2 处需要改正")
    worker.photograph("id_front")
    expect(worker.uploader("id_front").locator(".error")).to_have_count(0)
    expect(worker.page.locator("#errors")).to_contain_text("有 1 处需要改正")
    worker.photograph("id_back")
    expect(worker.page.locator("#errors")).to_have_count(0)


def test_a_text_file_is_not_a_photo(worker: Worker, bound: Employee) -> None:
    """GX-23: kind words, and the page goes on."""
    claim = behind.draft(bound)
    worker.open_signed_in(f"/h5/claims/{claim.number}/2")
    box = worker.uploader("invoice")
    box.locator("input[type=file]").set_input_files([note()])  # type: ignore[list-item]
    box.get_by_text("这个文件不是照片，请上传 JPG 或 PNG").wait_for()
    worker.eyes.look("not-a-photo")
    box.get_by_role("button", name="取消").or_(box.get_by_text("移除")).click()
    worker.press("下一步")
    worker.on("填写补助金收款账户")


def test_another_persons_claim_is_not_there(worker: Worker, world: World) -> None:
    """GX-32: as absent as one that never was."""
    stranger = world.insured()
    claim = behind.submitted(stranger)
    worker.open_signed_in("/h5/")
    answers = []
    for number in (claim.number, "BZ999999999999999999"):
        answer = worker.page.goto(f"{worker.base}/h5/claims/{number}")
        assert answer
        assert answer.status == 404
        worker.reads("没有找到这份申请。可能已经删除，或者不在您的名下。")
        answers.append(worker.page.locator("main").inner_text())
    worker.eyes.look("absent")
    assert answers[0] == answers[1]


def test_a_wrong_name_reads_the_manuals_words_GX_17(
    working: None, wang: Employee, worker_on: Callable[..., Worker]
) -> None:
    """GX-17: exactly, with everything typed still there."""
    worker = worker_on()
    worker.open_signed_in("/h5/bind")
    worker.fill_binding("王小敏", ID_NUMBER)
    worker.ask_for_code()
    worker.press("立即绑定")
    worker.reads(NOT_FOUND, "请联系本单位工会")
    assert NOT_FOUND == "未查询到该职工信息，请确认所填内容再重试"
    expect(worker.page).to_have_title(re.compile("^出错："))
    expect(worker.page.get_by_label("姓名", exact=True)).to_have_value("王小敏")
    worker.eyes.look("bind-not-found")


def test_an_empty_form_says_what_is_missing_in_one_place(worker: Worker, bound: Employee) -> None:
    """GX-23: as many faults as the summary counts, each one tap away, nothing lost."""
    claim = behind.draft(bound, hospital="", self_paid_fen=None, admitted_on=None)
    worker.open_signed_in(f"/h5/claims/{claim.number}/2")
    worker.press("下一步")
    worker.reads("有 3 处需要改正", "请填写就诊医院", "请选择入院日期", "请填写个人自付金额")
    worker.eyes.look("step2-errors")
    expect(worker.page.get_by_label("疾病诊断")).to_have_value("示例诊断")


def test_an_sms_link_opened_outside_wechat_shows_nothing_personal(
    bound: Employee, worker_on: Callable[..., Worker]
) -> None:
    """GX-64, E15: how to get there, and no name, number or sum."""
    claim = behind.submitted(bound)
    worker = worker_on(user_agent="Mozilla/5.0 (Linux; Android 14; Fictional) Chrome/116.0.0.0 Mobile")
    worker.open("/s/claims")
    worker.on("您有一条医疗互助消息", "landing")
    worker.reads("打开微信", "广西职工保障互助协会")
    said: Any = worker.page.locator("body").inner_text()
    assert claim.number not in said
    assert bound.name not in said
