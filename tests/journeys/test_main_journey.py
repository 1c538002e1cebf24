"""Is the main job whole? Follow, bind, file, be sent back, correct, be approved, paid, and told of it all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.journeys.conftest import ID_NUMBER, NAME, PERIOD
from tests.journeys.outside import until
from tests.journeys.worker import Worker

if TYPE_CHECKING:
    from employee.models import Employee
    from tests.journeys.conftest import Staff
    from tests.journeys.desk import Desk

CLOSED_CARD = "6217000000000040000"  # passes Luhn; the sandbox's bank has closed it
NEW_CARD = "6217000000000000335"
TOLD = [  # newest first
    "补助金已打款",
    "收款账户已改正",
    "钱没有打进您的账户",
    "补助申请审核通过",
    "补助申请已重新提交",
    "补助申请被驳回，请修改后重新提交",
    "补助申请已提交",
    "微信绑定成功",
]
BLURRED = "发票照片不清楚，请在光线好的地方重拍"


def follow_and_bind(worker: Worker) -> None:
    """GX-01, GX-02, GX-03, GX-16, GX-18, GX-60."""
    welcome = worker.outside.does("follow")
    for words in ("欢迎关注广西职工保障互助协会", "查看保障权益", "自助申请补助", "获取工会资讯"):
        assert words in welcome
    worker.open(worker.outside.link("绑定职工信息", welcome))
    worker.bind(NAME, ID_NUMBER)
    worker.reads(NAME, "测试一厂工会委员会", " 至 ".join(map(str, PERIOD)))
    worker.outside.gets_wechat("微信绑定成功")
    worker.follow_link("进入个人中心")
    worker.on("个人中心", "me")
    worker.follow_link("职工参保")
    worker.on("职工参保", "coverage")
    worker.reads("保障中")


def file(worker: Worker) -> tuple[str, str]:
    """GX-04, GX-05, GX-20 … GX-24: from the home page to 已提交; number and estimate."""
    worker.open("/h5/")
    worker.eyes.look("home")
    worker.reads("公告通知", "职工参保", "补助申请", "宣传手册", "文章资讯")
    worker.follow_link("补助申请")
    worker.fill_claim(NAME, CLOSED_CARD)
    estimate = worker.check()
    number = worker.submit()
    worker.is_told("补助申请已提交", number, "审核中", "您的申请已提交")
    return number, estimate


def be_sent_back(desk: Desk, number: str) -> None:
    """GX-25, GX-61."""
    desk.take_next(number, "first")
    desk.reads("王小明", "第 1 张，共 6 张")
    desk.send_back(BLURRED, "住院医疗费用发票", "费用金额")


def correct(worker: Worker, number: str) -> str:
    """GX-25, GX-26: told three ways; opens the SMS's link, changes what is wrong and nothing else."""
    worker.is_told("补助申请被驳回，请修改后重新提交", BLURRED, "被驳回", "需要您修改后重新提交")
    worker.open("/h5/")
    worker.eyes.look("home-returned")
    worker.open("/h5/claims")
    worker.on("补助申请", "claims-returned")
    worker.open("/s/claims")  # straight to the one thing that waits
    worker.on("修改后重新提交", "fix")
    worker.reads("被驳回的原因", BLURRED, number)
    worker.press("重新提交审核")
    worker.on("还有没改的地方", "unchanged")
    worker.follow_link("回去修改")
    worker.page.once("dialog", lambda dialog: dialog.accept())
    worker.uploader("invoice").get_by_role("button", name="删除").click()
    worker.uploader("invoice").get_by_text("0/9").wait_for()
    worker.photograph("invoice")
    worker.fill({"个人自付": "3306.30"})
    worker.eyes.look("fix-corrected")
    worker.press("重新提交审核")
    worker.on("申请已重新提交")
    worker.follow_link("查看进度")
    worker.reads("预计补助金额", "待初核")
    worker.eyes.look("detail-review")
    return worker.page.locator(".amount").first.inner_text()


def review(first: Desk, second: Desk, worker: Worker, number: str, estimate: str) -> None:
    """GX-27, GX-61, GX-62: two people, and the figure is the estimate."""
    first.take_next(number, "first-again")
    first.reads("费用改过", "发票（改过）")
    first.agree("同意后进入复核", f"核定金额 {estimate}")
    second.take_next(number, "second")
    second.agree("同意后进入打款", f"核定金额 {estimate}")
    worker.is_told("补助申请审核通过", f"核定金额 {estimate}", "审核通过", "审核已通过")


def pay(maker: Desk, checker: Desk, worker: Worker, look: str, *words: str) -> None:
    """GX-27, GX-63: made, checked by another person, exported once, answered by the bank, imported."""
    batch = maker.make_batch()
    checker.check_batch(batch)
    result = worker.outside.pays(maker.export(batch))
    checker.settle(batch, result, look, *words)


def fix_account(worker: Worker, estimate: str) -> None:
    """GX-28, GX-29: told why, changes the account alone, back to finance and not to review."""
    worker.is_told("钱没有打进您的账户", "这张卡已经注销，请换一张", "打款失败", "需要您核对收款账户")
    worker.open("/h5/claims")
    worker.on("补助申请", "claims-bounced")
    worker.open("/s/claims")
    worker.on("修改收款账户", "payee")
    worker.reads("这张卡已经注销，请换一张", f"补助金额 {estimate}还在", "不用重新申请")
    worker.fill({"银行卡号": NEW_CARD})
    worker.press("提交给财务")
    worker.reads("卡号改了，银行卡照片还是原来的")
    worker.page.once("dialog", lambda dialog: dialog.accept())
    worker.uploader("bank_card").get_by_role("button", name="删除").click()
    worker.uploader("bank_card").get_by_text("0/1").wait_for()
    worker.photograph("bank_card")
    worker.press("确认无误，继续")
    worker.on("住院医疗补助", "detail-approved")
    worker.reads("已交给财务，预计 5 个工作日内重新打款", "待打款")


def end(worker: Worker, number: str, estimate: str) -> None:
    """GX-30, GX-31, GX-32: 办结, told, the whole story on the page and in the chat."""
    worker.is_told("补助金已打款", f"已打款 {estimate}", "办结", "已经办结")
    worker.follow_link("查看详情")
    worker.on("住院医疗补助", "detail-paid")
    worker.reads("办结", "核定金额", estimate, "提交申请", "初核", "复核", "打款")
    answer = worker.outside.does("say", text="进度")
    assert f"{number} 办结" in answer


def was_told_each_step_once(worker: Worker) -> None:
    """GX-64: every step in the inbox, by WeChat and by SMS; nothing twice, nothing left out."""
    worker.open("/h5/messages")
    titles = worker.page.locator(".cell-label").all_inner_texts()
    assert [title.split()[0] for title in titles] == TOLD
    until(lambda: len(worker.outside.notices()) >= len(TOLD), "every WeChat message")
    until(lambda: len(worker.outside.sms()) > len(TOLD), "every SMS and a code")
    assert len(worker.outside.notices()) == len(TOLD)
    texts = [text for text in worker.outside.sms() if "验证码" not in text]
    assert len(texts) == len(TOLD), texts


@pytest.mark.timeout(600)
def test_the_main_job_end_to_end(
    working: None,
    wang: Employee,
    staff: Staff,
    worker_on: Callable[..., Worker],
    desk_of: Callable[..., Desk],
) -> None:
    """GX-01, GX-03, GX-05, GX-10 … GX-16, GX-18, GX-20, GX-22 … GX-32, GX-60 … GX-64: the whole way."""
    worker = worker_on()
    follow_and_bind(worker)
    number, _ = file(worker)
    first = desk_of(staff.first)
    be_sent_back(first, number)
    estimate = correct(worker, number)
    review(first, desk_of(staff.second), worker, number, estimate)
    maker, checker = desk_of(staff.maker), desk_of(staff.checker)
    pay(maker, checker, worker, "bounced", "账户已销户", "这张卡已经注销，请换一张")
    fix_account(worker, estimate)
    pay(maker, checker, worker, "paid", "打款成功", estimate)
    end(worker, number, estimate)
    was_told_each_step_once(worker)
