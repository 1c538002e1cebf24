"""Is a bank's answer taken only when every row fits, and only once? (M6)"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from core.db import transaction
from core.errors import Conflict, NotAllowed, Refused
from notify.models import InboxMessage
from payout import service
from payout.models import PayoutBatch
from payout.service.layouts import LayoutError, layout
from tests.payout.conftest import HEAD, PayOffice, answers, as_csv, as_xlsx, everything, states

Rows = list[list[str]]
BATCH, SEQ, NAME, BANK, CARD, SUM, REMARK, OUTCOME, WHY, REF = range(10)


def cell(line: int, column: int, value: str | Callable[[str], str]) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        rows[line - 2][column] = value(rows[line - 2][column]) if callable(value) else value
        return rows

    return change


def flip(at: int) -> Callable[[str], str]:
    """One digit of a number differs."""
    return lambda text: text[:at] + str((int(text[at]) + 1) % 10) + (text[at + 1 :] if at != -1 else "")


def twice(line: int, at: int) -> Callable[[Rows], Rows]:
    return lambda rows: rows[: at - 2] + [list(rows[line - 2])] + rows[at - 2 :]


def without(line: int) -> Callable[[Rows], Rows]:
    return lambda rows: rows[: line - 2] + rows[line - 1 :]


def swapped(column: int, a: int, b: int) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        one, two = rows[a - 2], rows[b - 2]
        one[column], two[column] = two[column], one[column]
        return rows

    return change


def extra(*values: str) -> Callable[[Rows], Rows]:
    return lambda rows: [*rows, list(values)]


# What is wrong with the rows → the words that name it. Rows 2 to 6; row 4 (序号 3) failed.
ROWS: list[tuple[str, Callable[[Rows], Rows], str]] = []
for _line in (2, 4, 6):
    _row = f"第 {_line} 行"
    for _at in (0, 7, -1):
        ROWS.append((f"card digit {_at} of {_line}", cell(_line, CARD, flip(_at)), f"{_row}.*账号与导出时"))
    ROWS += [
        (f"card cut {_line}", cell(_line, CARD, lambda t: t[:-1]), f"{_row}.*账号与导出时"),
        (f"card rounded {_line}", cell(_line, CARD, lambda t: t[:15] + "0000"), f"{_row}.*像是被表格软件"),
        (f"card in science {_line}", cell(_line, CARD, "6.217E+18"), f"{_row}.*像是被表格软件"),
        (f"no card {_line}", cell(_line, CARD, ""), f"{_row}.*账号与导出时"),
        (f"sum up {_line}", cell(_line, SUM, lambda t: f"1{t}"), f"{_row}.*金额与导出时"),
        (f"a fen less {_line}", cell(_line, SUM, flip(-1)), f"{_row}.*金额与导出时"),
        (f"sum negative {_line}", cell(_line, SUM, lambda t: f"-{t}"), f"{_row}.*金额与导出时"),
        (f"three decimals {_line}", cell(_line, SUM, lambda t: f"{t}0"), f"{_row}.*金额与导出时"),
        (f"no sum {_line}", cell(_line, SUM, ""), f"{_row}.*金额与导出时"),
        (f"sum in words {_line}", cell(_line, SUM, "壹仟元整"), f"{_row}.*金额与导出时"),
        (f"another name {_line}", cell(_line, NAME, "周测试人"), f"{_row}.*户名与导出时"),
        (f"look-alike {_line}", cell(_line, NAME, lambda t: t.replace("测", "侧")), f"{_row}.*户名与导出时"),
        (f"name masked {_line}", cell(_line, NAME, lambda t: t[0] + "**"), f"{_row}.*户名与导出时"),
        (f"other batch {_line}", cell(_line, BATCH, "DK2026110099"), f"{_row}：批次号是 DK2026110099"),
        (f"no batch {_line}", cell(_line, BATCH, ""), f"{_row}：批次号是 空"),
        (f"row twice {_line}", twice(_line, 7), f"第 7 行：序号 {_line - 1} 与{_row}重复"),
        (f"row missing {_line}", without(_line), f"少了 1 笔：序号 {_line - 1}。"),
        (f"unknown number {_line}", cell(_line, SEQ, "6"), f"{_row}：序号在本批次找不到"),
        (f"number nought {_line}", cell(_line, SEQ, "0"), f"{_row}：序号在本批次找不到"),
        (f"number odd {_line}", cell(_line, SEQ, "一"), f"{_row}：序号在本批次找不到"),
        (f"no number {_line}", cell(_line, SEQ, ""), f"{_row}：序号在本批次找不到"),
        (f"outcome unknown {_line}", cell(_line, OUTCOME, "处理中"), f"{_row}.*看不出成功还是失败"),
        (f"no outcome {_line}", cell(_line, OUTCOME, ""), f"{_row}.*看不出成功还是失败"),
    ]
ROWS += [
    ("paid and failed", cell(2, WHY, "账户已销户"), "第 2 行.*却又写了失败原因"),
    ("paid without reference", cell(6, REF, ""), "第 6 行.*没有银行流水号"),
    ("failed turned paid", cell(4, OUTCOME, "成功"), "第 4 行.*却又写了失败原因"),
    ("a row more", extra("", "6", "周测试人", "", "6217", "1.00", "", "成功"), "第 7 行：批次号是 空"),
    ("a total line", extra("合计", "", "", "", "", "6000.00"), "第 7 行：批次号是 合计"),
    ("cards swapped", swapped(CARD, 2, 3), "第 3 行.*账号与导出时"),
    ("sums swapped", swapped(SUM, 2, 3), "第 2 行.*金额与导出时"),
    ("numbers swapped", swapped(SEQ, 2, 3), "第 2 行.*账号与导出时"),
    ("rows all gone but one", lambda rows: rows[:1], "少了 4 笔：序号 2、3、4、5。"),
]  # fmt: skip


@pytest.fixture
def batch(office: PayOffice) -> PayoutBatch:
    return office.exported(*office.claims(5))


def refused(office: PayOffice, batch: PayoutBatch, content: bytes) -> str:
    """Why it is refused, by looking and by taking over; nothing changed."""
    before = everything()
    try:
        found = service.preview(batch, content)
        assert not found.fits
        told = "\n".join(found.problems)
    except Refused as words:
        told = words.text
    with pytest.raises(Refused):
        office.settle(batch, content)
    assert everything() == before
    return told


def test_each_altered_row_is_refused_by_its_number(office: PayOffice, batch: PayoutBatch) -> None:
    """More than sixty files, each with one thing wrong."""
    assert len(ROWS) >= 60
    for name, change, words in ROWS:
        rows = change(answers(batch, {3: "账户已销户"}))
        told = refused(office, batch, as_csv(rows))
        assert re.search(words, told), f"{name}: {told}"


FILES: dict[str, Callable[[PayoutBatch], bytes]] = {
    "nothing": lambda _: b"",
    "only a header": lambda _: as_csv([]),
    "no header": lambda b: as_csv(answers(b)[1:], head=answers(b)[0]),
    "our own export": lambda b: service.export_bytes(b, service.items_of(b), "csv"),
    "two columns of sums": lambda b: as_csv([[*r, "9"] for r in answers(b)], head=[*HEAD, "金额"]),
    "a picture": lambda _: b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a page": lambda _: b"<html><table></table></html>",
    "a broken workbook": lambda b: as_xlsx(answers(b))[:-200],
    "cut in a row": lambda b: as_csv(answers(b))[:-40],
    "cut between rows": lambda b: b"\r\n".join(as_csv(answers(b)).split(b"\r\n")[:-3]),
    "cut in half a letter": lambda b: as_csv(answers(b)).rpartition("功".encode("gb18030"))[0] + b"\xb9",
    "cards as numbers": lambda b: as_xlsx([[*r[:4], int(r[4]), *r[5:]] for r in answers(b)]),
    "utf-16": lambda b: as_csv(answers(b), "utf-16"),
    "wrongly encoded": lambda b: as_csv(answers(b)).decode("latin-1").encode(),
}  # fmt: skip


@pytest.mark.parametrize("make", FILES.values(), ids=FILES.keys())
def test_what_is_no_whole_result_file_is_refused(office: PayOffice, batch: PayoutBatch, make: Any) -> None:
    assert refused(office, batch, make(batch))


def test_any_cut_of_the_file_is_refused(office: PayOffice, batch: PayoutBatch) -> None:
    """Every place a download can break off at, up to the last row's reference."""
    whole = as_csv(answers(batch))
    last = whole.rindex(b",LS")
    for at in range(1, last + 2, 7):
        with contextlib.suppress(Refused):
            assert not service.preview(batch, whole[:at]).fits, at


WRITINGS: dict[str, Callable[[Rows], bytes]] = {
    "gbk": lambda rows: as_csv(rows, "gbk"),
    "utf-8": lambda rows: as_csv(rows, "utf-8"),
    "utf-8 with mark": lambda rows: as_csv(rows, "utf-8-sig"),
    "bare newlines": lambda rows: as_csv(rows, end="\n"),
    "mixed newlines": lambda rows: as_csv(rows).replace(b"\r\n", b"\n", 3),
    "no last newline": lambda rows: as_csv(rows).rstrip(),
    "blank lines": lambda rows: as_csv([[""] * 10, *rows, [""] * 10]),
    "workbook": as_xlsx,
    "workbook of numbers": lambda rows: as_xlsx(
        [[r[0], int(r[1]), *r[2:5], float(r[5]), *r[6:]] for r in rows]
    ),
    "full-width digits": lambda rows: as_csv(
        [[c if n in (NAME, BANK, REMARK, OUTCOME, WHY) else wide(c) for n, c in enumerate(r)] for r in rows]
    ),
    "sums with commas": lambda rows: as_csv([[*r[:5], f"{float(r[5]):,.2f}", *r[6:]] for r in rows]),
    "guarded cards": lambda rows: as_csv([[*r[:4], f"'{r[4]}", *r[5:]] for r in rows]),
    "other order": lambda rows: as_csv(rows[::-1]),
    "columns the other way": lambda rows: as_csv([r[::-1] for r in rows], head=HEAD[::-1]),
}


def wide(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS.keys())
def test_the_same_answer_is_read_however_it_is_written(
    office: PayOffice, batch: PayoutBatch, write: Any
) -> None:
    found = office.settle(batch, write(answers(batch, {3: "户名不符"})))
    assert (found.paid_count, found.failed_count) == (4, 1)
    assert found.paid_fen + found.failed_fen == batch.total_fen
    assert [i.status for i in service.items_of(batch)] == ["paid", "paid", "failed", "paid", "paid"]
    assert service.items_of(batch)[0].bank_reference == "LS000001"


def test_another_batchs_file_is_refused(office: PayOffice) -> None:
    mine, other = office.exported(), office.exported()
    assert "拿错了文件" in refused(office, mine, as_csv(answers(other)))
    office.settle(other, as_csv(answers(other)))
    assert "已经导入过" in refused(office, mine, as_csv(answers(other)))


def test_the_same_file_ten_times_changes_nothing(office: PayOffice, batch: PayoutBatch) -> None:
    claims = [item.claim_id for item in service.items_of(batch)]
    content = as_csv(answers(batch, {2: "冻结"}))
    office.settle(batch, content)
    before = everything()
    for _ in range(10):
        with pytest.raises(Conflict, match="已经导入过.*没有重复处理"):
            office.settle(batch, content)
        with pytest.raises(Conflict, match="没有重复处理"):
            office.settle(batch, as_csv(answers(batch, {2: "冻结"}), "utf-8"))
    assert everything() == before and len(claims) == 5


@pytest.mark.parametrize("state", ["prepared", "checked", "dropped"])
def test_a_batch_that_is_not_at_the_bank_takes_no_answer(office: PayOffice, state: str) -> None:
    batch = office.prepared() if state == "prepared" else office.checked()
    if state == "dropped":
        with transaction():
            service.drop(batch, office.maker, batch.version, "测试")
    assert refused(office, batch, as_csv(answers(batch)))


def test_an_altered_batch_takes_no_answer(office: PayOffice, batch: PayoutBatch, db: Any) -> None:
    with transaction():
        db.session.execute(db.text("UPDATE payout_item SET amount_fen = amount_fen + 1 WHERE sequence = 1"))
    assert "与生成时不一致" in refused(office, batch, as_csv(answers(batch)))


REASONS = {
    "户名不符": "户名和卡号对不上，请填银行卡上的姓名",
    "账户已销户": "这张卡已经注销，请换一张",
    "二类账户超限额": "这张卡收不了这笔钱（可能是二类卡限额），请换一类卡",
    "系统忙": "银行没有说明原因，请核对卡号或换一张卡",
    "": "银行没有说明原因，请核对卡号或换一张卡",
}


def test_each_person_is_told_once_in_plain_words(office: PayOffice, db: Any) -> None:
    """GX-28, GX-30, GX-31."""
    claims = [office.approved(100_000 + n) for n in range(len(REASONS) + 1)]
    batch = office.exported(*claims)
    office.settle(batch, as_csv(answers(batch, dict(enumerate(REASONS, 1)))))
    order = [item.claim_id for item in service.items_of(batch)]
    claims.sort(key=lambda claim: order.index(claim.id))
    assert states(*claims) == ["pay_failed"] * len(REASONS) + ["paid"]
    for claim, words in zip(claims, REASONS.values(), strict=False):
        [told] = db.session.query(InboxMessage).filter_by(owner_id=claim.employee_id)
        assert told.kind == "payment_failed" and words in told.text
    [told] = db.session.query(InboxMessage).filter_by(owner_id=claims[-1].employee_id)
    assert told.kind == "claim_paid" and claims[-1].paid_at is not None


def test_a_crowd_of_random_mutants_is_refused(office: PayOffice, batch: PayoutBatch) -> None:
    """One sign of a number changed anywhere: never taken over silently."""
    luck = random.Random(20261121)
    before = everything()
    for _ in range(300):
        rows = answers(batch)
        line, column = luck.randrange(5), luck.choice((BATCH, SEQ, CARD, SUM))
        at = luck.randrange(len(rows[line][column]))
        old = rows[line][column]
        new = old[:at] + luck.choice([c for c in "0123456789" if c != old[at]]) + old[at + 1 :]
        rows[line][column] = new
        found = service.preview(batch, as_csv(rows))
        assert any(f"第 {line + 2} 行" in words for words in found.problems), (old, new)
    assert everything() == before


# --- a bank's columns are a file ----------------------------------------------------------------------------

GOOD = """label = "某行"
encoding = "utf-8"
[columns]
"收款人" = "payee_name"
"卡号" = "payee_card"
"金额(元)" = "amount"
[result]
batch = "批次"
sequence = "笔序"
payee_name = "收款人"
payee_card = "卡号"
amount = "金额(元)"
outcome = "状态"
reason = "备注"
reference = "流水"
[outcomes]
paid = ["S"]
failed = ["F"]
"""


def test_another_bank_is_another_file(tmp_path: Any) -> None:
    (tmp_path / "good.toml").write_text(GOOD, encoding="utf-8")
    found = layout("good", tmp_path)
    assert found.columns[2] == ("金额(元)", "amount") and found.result["sequence"] == "笔序"
    assert layout("standard").label == "通用"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"收款人" = "payee_name"', '"收款人" = "name"', "columns knows no name"),
        ('outcome = "状态"\n', "", "outcome is missing"),
        ('encoding = "utf-8"', 'encoding = "big5"', "encoding must be one of"),
        ('failed = ["F"]', 'failed = ["S"]', "same word"),
        ("[columns]", "[columns", "wrong.toml"),
    ],
)
def test_a_wrong_layout_says_what_is_wrong(tmp_path: Any, old: str, new: str, words: str) -> None:
    (tmp_path / "wrong.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(LayoutError, match=words):
        layout("wrong", tmp_path)
    with pytest.raises(LayoutError, match="no such layout"):
        layout("absent", tmp_path)


def test_the_maker_does_not_say_what_became_of_the_batch(office: PayOffice) -> None:
    """M6: a forged «failed» by one person would have a payment made twice."""
    batch = office.exported()
    before = everything()
    with pytest.raises(NotAllowed, match="请由复核人员导入"):
        office.settle(batch, as_csv(answers(batch)), by=office.maker)
    assert everything() == before
