"""Do the pages of fee, confirmation and invoices lead the whole way? (XM-76 … XM-79)"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
import requests

from core.db import transaction
from core.roles import OPERATOR
from enrolment.models import BankReceipt, Enrolment, Invoice, Voucher
from enrolment.rules import AWAITING_VOUCHER, CONFIRMING, DONE
from enrolment.service import confirming, invoices, vouchers
from notify.models import InboxMessage, OutboxMessage
from tests.enrolment.paying import TODAY, Desk, pdf

NUMBER = "1234567890123456789"


@pytest.fixture
def desk(db: Any) -> Desk:
    return Desk()


@pytest.fixture
def operator(app: Any, desk: Desk) -> Any:
    return desk.world.sign_in(app.test_client(), staff=desk.operator_row)


@pytest.fixture
def finance(app: Any, desk: Desk) -> Any:
    return desk.world.sign_in(app.test_client(), staff=desk.checker_row)


@pytest.fixture(autouse=True)
def no_csrf(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)


def op_of(client: Any, path: str) -> str:
    found = client.get(path).get_data(as_text=True)
    return str(found.partition('name="op" value="')[2].partition('"')[0])


def upload(client: Any, desk: Desk, words: str = "", **values: str) -> Any:
    path = f"/admin/enrolments/{desk.enrolment.number}/voucher"
    given = {
        "op": op_of(client, path),
        "paid_on": f"{TODAY}",
        "amount": f"{desk.due / 100:.2f}",
        "payer": desk.union.name,
    }
    return client.post(path, data=given | values | {"file": (io.BytesIO(pdf(words)), "回单.pdf")})


def fresh(desk: Desk) -> Enrolment:
    from core.db import db

    db.session.expire_all()
    return db.session.get_one(Enrolment, desk.enrolment.id)


# --- the operator ------------------------------------------------------------------------------------------


def test_xm76_the_notice_says_how_much_where_and_what_to_write(desk: Desk, operator: Any) -> None:
    """XM-76, XM-69: amount, people, account, deadline and what to write on the transfer."""
    said = operator.get(f"/admin/enrolments/{desk.enrolment.number}/voucher").get_data(as_text=True)
    for words in ("应缴", "示例银行", "缴费截止", "转账附言", desk.enrolment.number, "上传缴费凭证"):
        assert words in said


def test_xm77_a_return_is_told_on_the_enrolment_too(desk: Desk, operator: Any, finance: Any) -> None:
    """XM-77: short by 100 yuan: finance reads by how much, and what the operator said of it; the operator
    reads why it came back on both pages, and every step by its own name."""
    desk.voucher(desk.due - 10000)
    with transaction():
        vouchers.submit(desk.enrolment, desk.operator, None, "余下 100 元下周补缴")
    desk.transfer(desk.due - 10000)
    page = finance.get(f"/admin/vouchers/{desk.enrolment.number}").get_data(as_text=True)
    assert "少缴 100.00 元" in page and "余下 100 元下周补缴" in page
    assert "申报编号、凭证金额、付款户名、日期相符" in page
    with transaction():
        confirming.send_back(desk.enrolment, desk.checker, fresh(desk).version, "还少 100 元")
    for path in ("", "/voucher"):
        page = operator.get(f"/admin/enrolments/{desk.enrolment.number}{path}").get_data(as_text=True)
        assert "凭证被退回" in page and "还少 100 元" in page
    page = operator.get(f"/admin/enrolments/{desk.enrolment.number}").get_data(as_text=True)
    assert "退回缴费凭证" in page and "上传缴费凭证确认" not in page


def test_xm76_upload_and_confirm(desk: Desk, operator: Any) -> None:
    assert upload(operator, desk).status_code == 303
    page = operator.get(f"/admin/enrolments/{desk.enrolment.number}/voucher").get_data(as_text=True)
    assert "合计" in page and "金额相符" in page
    path = f"/admin/enrolments/{desk.enrolment.number}/voucher/submit"
    assert operator.post(path, data={"seen": fresh(desk).version}).status_code == 303
    assert fresh(desk).state == CONFIRMING
    assert "正在核对到账" in operator.get(path.removesuffix("/submit")).get_data(as_text=True)


def test_what_was_typed_stays_and_each_field_says_what_is_wrong(desk: Desk, operator: Any) -> None:
    answer = upload(operator, desk, paid_on="2999-01-01", amount="一千", payer=" ")
    said = answer.get_data(as_text=True)
    assert answer.status_code == 422 and 'value="一千"' in said
    for words in ("缴费日期不能晚于今天", "金额请填数字", "请填写付款户名"):
        assert words in said
    from core.db import db

    assert db.session.query(Voucher).count() == 0


def test_a_form_sent_twice_makes_one_voucher(desk: Desk, operator: Any, db: Any) -> None:
    path = f"/admin/enrolments/{desk.enrolment.number}/voucher"
    op = op_of(operator, path)
    for words in ("a", "b"):
        assert upload(operator, desk, words, op=op).status_code == 303
    assert db.session.query(Voucher).count() == 1


def test_another_sum_is_asked_about_in_the_manuals_words(desk: Desk, operator: Any) -> None:
    upload(operator, desk, amount=f"{desk.due / 100 - 20:.2f}")
    path = f"/admin/enrolments/{desk.enrolment.number}/voucher/submit"
    answer = operator.post(path, data={"seen": fresh(desk).version})
    assert answer.status_code == 422 and "相差 20.00，请核对或说明" in answer.get_data(as_text=True)
    operator.post(path, data={"seen": fresh(desk).version, "note": "下周补缴"})
    assert fresh(desk).state == CONFIRMING


def test_something_that_is_no_paper_is_refused_kindly(desk: Desk, operator: Any) -> None:
    path = f"/admin/enrolments/{desk.enrolment.number}/voucher"
    given = {"op": op_of(operator, path), "paid_on": f"{TODAY}", "amount": "1", "payer": "某厂"}
    answer = operator.post(path, data=given | {"file": (io.BytesIO(b"MZ nonsense"), "x.exe")})
    assert answer.status_code in (415, 422) and "上传" in answer.get_data(as_text=True)


def test_another_unions_operator_finds_nothing(app: Any, desk: Desk) -> None:
    there = desk.world.union("别家工会")
    other = desk.world.staff(OPERATOR, union=there, member=there)
    client = desk.world.sign_in(app.test_client(), staff=other)
    for path in ("", "/submit"):
        address = f"/admin/enrolments/{desk.enrolment.number}/voucher{path}"
        answer = client.post(address, data={"seen": 0}) if path else client.get(address)
        assert answer.status_code == 404


# --- finance -----------------------------------------------------------------------------------------------


def test_xm77_from_the_list_to_the_confirmation(desk: Desk, finance: Any, db: Any) -> None:
    """XM-77: the list says which transfer fits; matched and confirmed, the enrolment is 已办结."""
    desk.hand_in()
    receipt_id = desk.transfer()
    page = finance.get("/admin/vouchers").get_data(as_text=True)
    assert desk.enrolment.number in page and "有到账“相符”" in page
    at = f"/admin/vouchers/{desk.enrolment.number}"
    assert "申报编号、金额、付款户名、日期相符" in finance.get(at).get_data(as_text=True)
    given = {"receipt": str(receipt_id), f"amount-{receipt_id}": f"{desk.due / 100:.2f}"}
    assert finance.post(f"{at}/match", data=given).status_code == 303
    assert "确认到账" in finance.get(f"{at}/confirm").get_data(as_text=True)
    done = finance.post(f"{at}/confirm", data={"seen": fresh(desk).version})
    assert done.status_code == 303 and fresh(desk).state == DONE
    page = finance.get(at).get_data(as_text=True)
    assert "确认，2 人参保成功。正在逐一通知" in page


def test_the_second_of_two_is_told_who_was_first(app: Any, desk: Desk, finance: Any) -> None:
    desk.hand_in()
    desk.match()
    seen = fresh(desk).version
    desk.confirm(by=desk.maker)
    at = f"/admin/vouchers/{desk.enrolment.number}/confirm"
    answer = finance.post(at, data={"seen": seen})
    assert answer.status_code == 409 and f"已由 {desk.maker.label}" in answer.get_data(as_text=True)


def test_confirming_asks_for_the_second_factor_again(app: Any, desk: Desk, finance: Any) -> None:
    from core.sessions import SessionRow

    desk.hand_in()
    desk.match()
    with transaction():
        from core.db import db

        for row in db.session.query(SessionRow).filter_by(owner_id=desk.checker_row.id):
            row.data = {**row.data, "second_factor_at": "2026-01-01T00:00:00+00:00"}
    at = f"/admin/vouchers/{desk.enrolment.number}/confirm"
    assert finance.post(at, data={"seen": fresh(desk).version}).status_code == 401
    assert fresh(desk).state == CONFIRMING


def test_a_difference_needs_its_word_on_the_page(desk: Desk, finance: Any) -> None:
    desk.hand_in()
    desk.match(desk.due + 2000)
    at = f"/admin/vouchers/{desk.enrolment.number}/confirm"
    assert "多缴 20.00 元" in finance.get(at).get_data(as_text=True)
    answer = finance.post(at, data={"seen": fresh(desk).version})
    assert answer.status_code == 422 and "请选择怎样处理" in answer.get_data(as_text=True)
    given = {"seen": fresh(desk).version, "decision": "refund", "note": "财务已退"}
    assert finance.post(at, data=given).status_code == 303
    shown = finance.get(at.removesuffix("/confirm")).get_data(as_text=True)
    assert "多缴部分原路退回" in shown


def test_a_voucher_goes_back_and_the_operator_reads_why(desk: Desk, finance: Any, operator: Any) -> None:
    desk.hand_in()
    at = f"/admin/vouchers/{desk.enrolment.number}/return"
    answer = finance.post(at, data={"seen": fresh(desk).version, "note": ""})
    assert answer.status_code == 422
    given = {"seen": fresh(desk).version, "note_pick": "凭证看不清，请重新拍照或上传银行电子回单"}
    assert finance.post(at, data=given).status_code == 303 and fresh(desk).state == AWAITING_VOUCHER
    page = operator.get(f"/admin/enrolments/{desk.enrolment.number}/voucher").get_data(as_text=True)
    assert "凭证被退回" in page and "凭证看不清" in page


def test_a_statement_is_imported_once_over_the_page(desk: Desk, finance: Any, db: Any) -> None:
    sheet = f"到账日期,金额,付款户名,附言,流水号\n{TODAY},{desk.due / 100},某厂,{desk.enrolment.number},A1\n"
    for words in ("新登记 1 笔到账", "新登记 0 笔到账，1 笔以前登记过"):
        given = {"file": (io.BytesIO(sheet.encode("gb18030")), "流水.csv")}
        assert finance.post("/admin/receipts/import", data=given).status_code == 303
        assert words in finance.get("/admin/receipts").get_data(as_text=True)
    assert db.session.query(BankReceipt).count() == 1
    given = {"file": (io.BytesIO(b"a,b\n1,2\n"), "流水.csv")}
    answer = finance.post("/admin/receipts/import", data=given)
    assert answer.status_code == 422 and "没有这些列" in answer.get_data(as_text=True)


def test_a_transfer_by_hand_is_entered_once(desk: Desk, finance: Any) -> None:
    given = {"on": f"{TODAY}", "amount": "20", "payer": "某厂", "memo": "", "reference": "B1"}
    first = finance.post("/admin/receipts/new", data=given | {"op": op_of(finance, "/admin/receipts/new")})
    again = finance.post("/admin/receipts/new", data=given | {"op": op_of(finance, "/admin/receipts/new")})
    assert first.status_code == 303
    assert again.status_code == 422 and "流水号 B1" in again.get_data(as_text=True)


def test_lists_take_as_many_statements_at_one_as_at_thirty(desk: Desk, finance: Any, db: Any) -> None:
    """No query per row."""
    from sqlalchemy import event

    def statements() -> int:
        seen: list[str] = []
        note = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        for path in ("/admin/vouchers", "/admin/receipts", "/admin/invoices"):
            assert finance.get(path).status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    desk.hand_in()
    desk.transfer()
    few = statements()
    for _ in range(4):
        more = Desk(people=1)
        more.hand_in()
        more.transfer()
    assert statements() <= few


# --- invoices ----------------------------------------------------------------------------------------------


def ofd() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("OFD.xml", "<ofd/>")
    return out.getvalue()


def test_xm79_finance_records_and_the_operator_views_and_downloads(
    desk: Desk, finance: Any, operator: Any, db: Any
) -> None:
    """XM-79: 发票管理; told by inbox and SMS, every download on record."""
    from core.audit import AuditEntry

    assert "5 个工作日内开票" in operator.get("/admin/invoices").get_data(as_text=True)
    desk.done()
    assert "等待开票" in finance.get("/admin/invoices").get_data(as_text=True)
    page = f"/admin/invoices/new?number={desk.enrolment.number}"
    given = {
        "op": op_of(finance, page), "number": desk.enrolment.number, "invoice": NUMBER + "0",
        "issued_on": f"{TODAY}", "amount": f"{desk.due / 100:.2f}", "buyer": desk.union.name,
        "file": (io.BytesIO(pdf()), "发票.pdf"),
    }  # fmt: skip
    assert finance.post("/admin/invoices/new", data=given).status_code == 303
    row = db.session.query(Invoice).one()
    listed = operator.get("/admin/invoices").get_data(as_text=True)
    assert NUMBER + "0" in listed and "已开票" in listed
    fetched = operator.post(f"/admin/invoices/{row.id}/download")
    assert fetched.data.startswith(b"%PDF") and "attachment" in fetched.headers["Content-Disposition"]
    assert db.session.query(AuditEntry).filter_by(action="invoice.download").count() == 1
    told = db.session.query(InboxMessage).filter_by(kind="invoice_ready").one()
    assert told.owner_id == desk.operator_row.id and told.link == f"/admin/invoices/{row.id}"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"invoice": "12"}, "8 位或 20 位"),
        ({"amount": "1.00"}, "与缴费金额"),
        ({"buyer": "别家工会委员会"}, "发票上的单位“别家工会委员会”不是"),
        ({"issued_on": "2999-01-01"}, "开票日期不能"),
        ({"number": "CBFW1"}, "没有找到申报编号"),
    ],
)
def test_an_invoice_that_does_not_fit_is_refused_in_words(
    desk: Desk, finance: Any, db: Any, changes: dict[str, str], words: str
) -> None:
    desk.done()
    given = {
        "op": op_of(finance, "/admin/invoices/new"), "number": desk.enrolment.number, "invoice": "12345678",
        "issued_on": f"{TODAY}", "amount": f"{desk.due / 100:.2f}",
    }  # fmt: skip
    answer = finance.post("/admin/invoices/new", data=given | changes)
    assert answer.status_code == 422 and words in answer.get_data(as_text=True)
    assert db.session.query(Invoice).count() == 0


def test_before_the_fee_is_confirmed_there_is_no_invoice(desk: Desk, finance: Any) -> None:
    given = {
        "op": op_of(finance, "/admin/invoices/new"), "number": desk.enrolment.number, "invoice": "12345678",
        "issued_on": f"{TODAY}", "amount": "1",
    }  # fmt: skip
    answer = finance.post("/admin/invoices/new", data=given)
    assert answer.status_code == 422 and "确认后才能开票" in answer.get_data(as_text=True)


def test_a_replacement_keeps_the_first_invoice(desk: Desk, finance: Any, db: Any) -> None:
    desk.done()
    given = invoices.Given("12345678", TODAY, desk.due)
    with transaction():
        first = invoices.record(desk.enrolment, given, None, desk.maker)
    base = {"number": desk.enrolment.number, "issued_on": f"{TODAY}", "amount": f"{desk.due / 100:.2f}"}
    op = {"op": op_of(finance, "/admin/invoices/new")}
    again = finance.post("/admin/invoices/new", data=base | op | {"invoice": "87654321"})
    assert again.status_code == 409 and "已有发票 12345678" in again.get_data(as_text=True)
    at = f"/admin/invoices/{first.id}/replace"
    op = {"op": op_of(finance, at)}
    silent = finance.post(at, data=base | op | {"invoice": "87654321"})
    assert silent.status_code == 422 and "更换的原因" in silent.get_data(as_text=True)
    good = finance.post(at, data=base | op | {"invoice": "87654321", "reason": "抬头写错"})
    assert good.status_code == 303
    db.session.expire_all()
    assert [one.state for one in db.session.query(Invoice).order_by(Invoice.at)] == ["void", "issued"]
    assert "抬头写错" in finance.get(f"/admin/invoices/{first.id}").get_data(as_text=True)
    late = finance.post(at, data=base | {"op": op_of(finance, at), "invoice": "11112222", "reason": "再换"})
    assert late.status_code == 409 and "更换，请看新的发票" in late.get_data(as_text=True)


def test_xm79_many_files_are_matched_by_their_names_and_a_table(desk: Desk, finance: Any, db: Any) -> None:
    """XM-79: each for itself; what does not fit says why and keeps nothing from the others."""
    desk.done()
    other, third = Desk(people=1), Desk(people=1)
    other.done()
    third.done()
    table = "申报编号,发票号码,金额,购买方名称\n"
    table += f"{other.enrolment.number},22223333,{other.due / 100},{other.union.name}\n"
    table += f"{third.enrolment.number},44445555,{third.due / 100},别家工会\n"
    files = [
        (io.BytesIO(ofd()), f"{desk.enrolment.number}_{NUMBER}1.ofd"),
        (io.BytesIO(pdf()), "22223333.pdf"),
        (io.BytesIO(pdf()), f"{third.enrolment.number}.pdf"),
        (io.BytesIO(pdf()), "扫描件.pdf"),
    ]
    given = {"files": files, "table": (io.BytesIO(table.encode()), "表.csv"), "issued_on": f"{TODAY}"}
    answer = finance.post("/admin/invoices/upload", data=given)
    said = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "登记了 2 张，2 张没有登记" in said
    assert "文件名里没有申报编号" in said and "发票上的单位“别家工会”不是" in said
    found = {row.number: row.enrolment_id for row in db.session.query(Invoice)}
    assert found == {NUMBER + "1": desk.enrolment.id, "22223333": other.enrolment.id}
    given = {"files": [(io.BytesIO(b"PK\x03\x04 nothing"), f"{third.enrolment.number}_1{NUMBER}.ofd")]}
    bad = finance.post("/admin/invoices/upload", data=given | {"issued_on": f"{TODAY}"})
    assert bad.status_code == 422 and "PDF、OFD 或照片" in bad.get_data(as_text=True)


def test_a_picture_is_shown_with_the_readers_mark(desk: Desk, finance: Any, operator: Any, db: Any) -> None:
    from tests.office import picture

    desk.done()
    with transaction():
        row = invoices.record(
            desk.enrolment, invoices.Given("12345678", TODAY, desk.due), picture(), desk.maker
        )
    page = operator.get(f"/admin/invoices/{row.id}").get_data(as_text=True)
    assert f"/admin/invoices/{row.id}/preview" in page and "下载发票" in page
    answer = operator.get(f"/admin/invoices/{row.id}/preview")
    assert answer.mimetype == "image/jpeg" and answer.headers["Cache-Control"] == "no-store"


def test_the_list_of_invoices_is_narrowed_by_its_address(desk: Desk, finance: Any) -> None:
    desk.done()
    with transaction():
        invoices.record(desk.enrolment, invoices.Given("12345678", TODAY, desk.due), None, desk.maker)
    for query, is_there in (
        ("q=12345678", True), (f"q={desk.enrolment.number.lower()}", True), ("q=没有", False),
        ("state=void", False), ("state=issued", True), (f"plan={desk.enrolment.plan_code}", True),
        ("plan=X", False), ("after=nonsense", True),
    ):  # fmt: skip
        assert ("12345678</a>" in finance.get(f"/admin/invoices?{query}").get_data(as_text=True)) is is_there


def test_an_invoice_goes_to_the_askers_own_confirmed_address(
    desk: Desk, operator: Any, db: Any, sandbox: str
) -> None:
    """XM-79, A10 发到邮箱: the very file, by real SMTP; nobody without a confirmed address gets it."""
    from core import clock
    from notify import jobs
    from notify.channels import mail
    from notify.channels.wire import Letter

    desk.done()
    content = pdf()
    with transaction():
        given = invoices.Given("12345678", TODAY, desk.due)
        row = invoices.record(desk.enrolment, given, invoices.take(io.BytesIO(content)), desk.maker)
    at = f"/admin/invoices/{row.id}"
    refused = operator.post(f"{at}/mail", data={"op": op_of(operator, at)})
    assert refused.status_code == 422 and "还没有确认邮箱" in refused.get_data(as_text=True)
    with transaction():
        desk.operator_row.email, desk.operator_row.email_confirmed_at = "clerk@mail.example", clock.now()
    assert operator.post(f"{at}/mail", data={"op": op_of(operator, at)}).status_code == 303
    out = db.session.query(OutboxMessage).filter_by(kind="invoice_file").one()
    made = mail._mail(
        Letter("x", "invoice_file", out.address, json.loads(out.params)), mail.server_of("smtp://127.0.0.1:1")
    )
    [attached] = made.iter_attachments()
    assert attached.get_content() == content
    assert attached.get_filename() == f"{desk.enrolment.number}_12345678.pdf"
    jobs.drain()
    sent = requests.get(f"{sandbox}/mail.json", timeout=5).json()["messages"]
    assert [(one["to"], one["subject"]) for one in sent] == [("clerk@mail.example", "参保发票 12345678")]
