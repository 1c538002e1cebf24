"""What does the bank answer to a batch? Row by row, in GBK, and never twice for one batch number."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
import requests

from sandbox.bank import COLUMNS
from tests.sandbox.conftest import Outside

GOOD = ("PB202601", "1", "张建国", "示例银行南宁支行", "6217000000000000111", "3206.30", "互助补助")


def as_csv(*rows: tuple[str, ...], encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS, *rows])
    return out.getvalue().encode(encoding)


def as_xlsx(*rows: tuple[str, ...]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (COLUMNS, *rows):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def bring(outside: Outside, content: bytes) -> requests.Response:
    return requests.post(f"{outside.url}/bank/batches", files={"file": ("batch.csv", content)}, timeout=5)


def results(answer: requests.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("gbk"))))


@pytest.mark.parametrize(
    "content", [as_csv(GOOD), as_csv(GOOD, encoding="gbk"), as_xlsx(GOOD)], ids=["utf-8", "gbk", "xlsx"]
)
def test_every_way_of_writing_a_batch_is_read(outside: Outside, content: bytes) -> None:
    (row,) = results(bring(outside, content))
    assert (row["结果"], row["失败原因"], row["金额"], row["序号"]) == ("成功", "", "3206.30", "1")
    assert row["流水号"].startswith("LS")


@pytest.mark.parametrize(
    ("name", "account", "amount", "reason"),
    [
        ("任何人", "6217009999999990009", "1.00", ""),
        ("任何人", "6217009999999990000", "1.00", "账户已销户"),
        ("李秀英", "6217000000000000111", "1.00", "户名与账号不符"),
        ("任何人", "卡号", "1.00", "账号格式错误"),
        ("任何人", "6217009999999990009", "0", "金额有误"),
        ("任何人", "6217009999999990009", "1.001", "金额有误"),
    ],
)
def test_rows_are_judged_one_by_one(
    outside: Outside, name: str, account: str, amount: str, reason: str
) -> None:
    (row, other) = results(
        bring(outside, as_csv(("B1", "1", name, "行", account, amount, ""), ("B1", "2", *GOOD[2:])))
    )
    assert (row["失败原因"], row["结果"]) == (reason, "失败" if reason else "成功")
    assert other["结果"] == "成功"


def test_a_batch_number_is_paid_once(outside: Outside) -> None:
    assert bring(outside, as_csv(GOOD)).status_code == 200
    again = bring(outside, as_csv(GOOD))
    assert (again.status_code, again.json()["number"]) == (409, "PB202601")
    assert results(outside.get("/bank/batches/PB202601/result.csv"))[0]["结果"] == "成功"
    assert outside.get("/bank.json").json()["batches"][0]["total"] == "3206.30"


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04broken", "批次号,序号\r\nB1,1\r\n".encode(), as_csv(), as_csv(GOOD, ("B2", *GOOD[1:]))],
    ids=["empty", "no workbook", "columns missing", "no rows", "two batches"],
)
def test_what_is_no_batch_is_refused(outside: Outside, content: bytes) -> None:
    assert bring(outside, content).status_code == 422


def test_the_clerk_may_decide_otherwise(outside: Outside) -> None:
    bring(outside, as_csv(GOOD))
    outside.post("/bank/batches/PB202601/rows/1", {"result": "失败", "reason": "二类账户超限额"})
    (row,) = results(outside.get("/bank/batches/PB202601/result.csv"))
    assert (row["结果"], row["失败原因"], row["流水号"]) == ("失败", "二类账户超限额", "")


def test_refusals_can_be_laid_out_beforehand(outside: Outside) -> None:
    outside.post("/bank/refusals.json", {GOOD[4]: "账户状态异常"})
    assert results(bring(outside, as_csv(GOOD)))[0]["失败原因"] == "账户状态异常"


@pytest.mark.parametrize(
    ("name", "id_number", "result"),
    [
        ("张建国", "459999197001020017", "match"),
        ("李秀英", "459999197001020017", "mismatch"),
        ("没见过", "459999197001020033", "match"),
        ("不符先生", "459999197001020033", "mismatch"),
        ("查无此人", "459999197001020033", "unknown"),
    ],
)
def test_identity_check(outside: Outside, name: str, id_number: str, result: str) -> None:
    asked = {"name": name, "id_type": "居民身份证", "id_number": id_number}
    assert outside.post("/identity", asked).json() == {"result": result}


def test_a_fee_comes_in_and_stands_on_the_statement(outside: Outside) -> None:
    """What finance imports: one line a transfer, with the bank's own number, in GBK."""
    given = {"amount": "1,600.00", "payer": "测试一厂工会委员会", "memo": "CBFW2026110001"}
    paid = requests.post(f"{outside.url}/bank/transfers", json=given, timeout=5).json()
    assert paid["amount"] == "1600.00" and paid["reference"].startswith("RZ")
    page = requests.post(f"{outside.url}/bank/pay", data=given, timeout=5)
    assert "下载到账明细" in page.text and page.text.count("1,600.00") == 2
    lines = outside.get("/bank/transfers.csv").content.decode("gb18030").splitlines()
    assert lines[0].startswith("交易日期,收入金额") and len(lines) == 3
    assert lines[1].endswith(f"CBFW2026110001,{paid['reference']}")
    nothing = requests.post(f"{outside.url}/bank/transfers", json={"amount": "0", "payer": "某厂"}, timeout=5)
    assert nothing.status_code == 422
