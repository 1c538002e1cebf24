"""Does a union's fee become everybody's cover, and does everybody hear of it? (XM-75 … XM-79, on screens)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import requests

from core.db import db, transaction
from enrolment.models import Participant
from tests.enrolment.paying import Desk as Owing
from tests.enrolment.paying import pdf
from tests.journeys.conftest import ID_NUMBER, NAME, OPENID, PERIOD, PHONE_NUMBER, TODAY
from tests.journeys.outside import until

if TYPE_CHECKING:
    from employee.models import Employee
    from tests.journeys.conftest import Staff
    from tests.journeys.desk import Desk
    from tests.journeys.worker import Worker
    from tests.world import World

INVOICE = "12345678901234567890"


def pay_and_hand_in(desk: Desk, number: str) -> None:
    """XM-75, XM-76: the notice, 上传缴费凭证, 确认."""
    desk.open(f"/admin/enrolments/{number}/voucher")
    desk.on("缴费凭证", "voucher")
    desk.reads("应缴", "转账附言", number, "缴费截止")
    paper = {"name": "回单.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    desk.page.get_by_label("凭证照片或 PDF").set_input_files([paper])  # type: ignore[list-item]
    desk.press("上传缴费凭证")
    desk.reads("凭证已上传", "金额相符")
    desk.eyes.look("voucher-uploaded")
    desk.press("确认")
    desk.reads("正在核对到账")
    desk.eyes.look("voucher-handed-in")


def match_and_confirm(desk: Desk, number: str, statement: bytes) -> None:
    """XM-77: import the bank's statement, take the transfer that fits, 同意确认."""
    desk.open("/admin/receipts")
    desk.on("银行到账", "receipts-empty")
    desk.follow_link("导入银行到账")
    desk.on("导入银行到账", "receipts-import")
    file = {"name": "到账.csv", "mimeType": "text/csv", "buffer": statement}
    desk.page.get_by_label("到账明细").set_input_files([file])  # type: ignore[list-item]
    desk.press("导入")
    desk.reads("新登记 1 笔到账", f"附言写着 {number}")
    desk.eyes.look("receipts")
    desk.open("/admin/vouchers")
    desk.on("到账核对", "fees")
    desk.reads("有到账“相符”")
    desk.follow_link(number)
    desk.on("核对缴费", "fee")
    desk.follow_link("退回")
    desk.on("退回缴费凭证", "fee-return")
    desk.follow_link("取消")
    desk.press("对上勾选的到账")
    desk.reads("已对上 1 笔到账，金额相符")
    desk.follow_link("同意确认")
    desk.on("确认到账", "fee-confirm")
    desk.press("同意确认")
    desk.reads("参保成功", "正在通知")
    desk.eyes.look("fee-confirmed")


def make_out(desk: Desk, number: str) -> None:
    """XM-79: the invoice, for the enrolment that waits for one."""
    desk.open("/admin/invoices")
    desk.on("发票管理", "invoices-waiting")
    desk.follow_link(number)
    desk.on("登记发票", "invoice-new")
    desk.page.get_by_label("发票号码").fill(INVOICE)
    paper = {"name": "发票.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    desk.page.get_by_label("发票文件").set_input_files([paper])  # type: ignore[list-item]
    desk.press("登记发票")
    desk.reads("已登记发票", INVOICE)


def test_xm75_to_xm79_from_the_transfer_to_the_cover_on_the_phone(
    working: None,
    world: World,
    staff: Staff,
    desk_of: Callable[..., Desk],
    worker_on: Callable[..., Worker],
    sandbox: str,
) -> None:
    """The operator pays, finance matches and confirms, everybody is told and covered, invoiced."""
    owing = Owing(people=1)
    wang = world.employee(owing.union, name=NAME, phone=PHONE_NUMBER, id_number=ID_NUMBER)
    world.bind(wang, OPENID)
    join(owing, wang)
    number, due = owing.enrolment.number, f"{owing.due / 100:.2f}"

    worker = worker_on("covered-")
    worker.outside.does("follow")
    operator = desk_of(owing.operator_row, "operator-")
    pay_and_hand_in(operator, number)

    paid = {"amount": due, "payer": owing.union.name, "memo": f"互助费 {number}"}
    requests.post(f"{sandbox}/bank/transfers", json=paid, timeout=5).raise_for_status()
    statement = requests.get(f"{sandbox}/bank/transfers.csv", timeout=5).content
    finance = desk_of(staff.checker, "finance-")
    match_and_confirm(finance, number, statement)

    until(lambda: any("您已参保成功" in text for text in worker.outside.sms()), "an SMS of the cover")
    worker.outside.gets_wechat("参保成功", number)
    worker.open_signed_in("/h5/messages")
    worker.reads("参保成功")
    worker.open_signed_in("/h5/coverage")
    worker.on("职工参保", "coverage")
    worker.reads(str(max(PERIOD[0], TODAY + dt.timedelta(days=1))))

    make_out(finance, number)
    operator.open("/admin/invoices")
    operator.on("发票管理", "invoices")
    operator.follow_link(INVOICE)
    operator.on("发票", "invoice")
    with operator.page.expect_download() as download:
        operator.press("下载 PDF")
    assert download.value.suggested_filename == f"{number}_{INVOICE}.pdf"


def join(owing: Owing, person: Employee) -> None:
    """One more is enrolled."""
    row = owing.enrolment
    with transaction():
        db.session.add(Participant(enrolment_id=row.id, employee_id=person.id, plan_code=row.plan_code))
