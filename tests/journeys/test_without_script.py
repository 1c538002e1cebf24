"""Can the worker do everything on a phone whose JavaScript does not run? Plain pages, plain posts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.journeys import behind
from tests.journeys.conftest import ID_NUMBER, NAME
from tests.journeys.worker import Worker

if TYPE_CHECKING:
    from employee.models import Employee
    from tests.journeys.conftest import Staff

NEW_CARD = "6217000000000000335"


def bind_and_file(worker: Worker) -> str:
    """GX-10 … GX-24."""
    worker.open_signed_in("/h5/bind")
    worker.bind(NAME, ID_NUMBER)
    worker.open("/h5/claims")
    worker.fill_claim(NAME)
    worker.check()
    return worker.submit()


def correct(worker: Worker, number: str) -> None:
    """GX-26: the blurred photo goes, after a page that asks; a new one travels with the form."""
    worker.open(f"/h5/claims/{number}/fix")
    worker.on("修改后重新提交")
    worker.uploader("invoice").get_by_role("button", name="删除").click()
    worker.on("删除照片", "photo-removal")
    worker.press("删除")
    worker.on("修改后重新提交")
    worker.photograph("invoice")
    worker.press("重新提交审核")
    worker.on("申请已重新提交")


def fix_account(worker: Worker, number: str) -> None:
    """GX-29."""
    worker.open(f"/h5/claims/{number}/payee")
    worker.on("修改收款账户")
    worker.reads("这张卡已经注销，请换一张")
    worker.fill({"银行卡号": NEW_CARD})
    worker.press("提交给财务")
    worker.reads("如果照片上就是现在填的卡号，请点“确认无误，继续”")  # asked once, in the way of nobody
    worker.press("确认无误，继续")
    worker.reads("已交给财务，预计 5 个工作日内重新打款")


def test_the_workers_part_needs_no_script(
    working: None, wang: Employee, staff: Staff, worker_on: Callable[..., Worker]
) -> None:
    """GX-10 … GX-16, GX-18, GX-20, GX-22 … GX-24, GX-26, GX-29: bind, file, correct, mend the account."""
    worker = worker_on(java_script_enabled=False)
    number = bind_and_file(worker)
    behind.send_back(number, staff, "发票照片不清楚，请在光线好的地方重拍", ["invoice"])
    correct(worker, number)
    behind.approve(number, staff)
    behind.bounce(number, staff, "账户已销户")
    fix_account(worker, number)
    assert behind.claim_of(number).state == "approved"
    assert behind.claim_of(number).payee_card == NEW_CARD
