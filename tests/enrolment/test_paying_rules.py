"""Whose transfer is it, is it enough, and what is in a file's name? Tables (XM-76, XM-77, XM-79)."""

from __future__ import annotations

import datetime as dt

import pytest

from enrolment.rules import paying
from enrolment.rules.paying import Came, Owed, best, match, named_in, numbers_in, off_words, plain_name

DAY = dt.date(2026, 11, 20)
OWED = Owed("CBFW2026110001", 160_000, frozenset({"测试一厂"}), [DAY], [160_000])


@pytest.mark.parametrize(
    ("numbers", "left", "payer", "days", "level", "why"),
    [
        (["CBFW2026110001"], 160_000, "测试一厂工会", 0, "相符", "申报编号、金额、付款户名、日期相符"),
        (["CBFW2026110001"], 160_000, "某公司", 9, "相符", "申报编号、金额相符，付款户名、日期对不上"),
        (["CBFW2026110001"], 158_000, "某公司", 9, "很可能是", "申报编号相符，金额、付款户名、日期对不上"),
        ([], 160_000, "测试一厂工会委员会", 1, "很可能是", "金额、付款户名、日期相符，申报编号对不上"),
        ([], 160_000, "某公司", 1, "可能是", "金额、日期相符，申报编号、付款户名对不上"),
        ([], 90_000, "测试一厂", 0, "请核对", "付款户名、日期相符，申报编号、金额对不上"),
        (["CBFW2026110001", "CBFW2026110002"], 300_000, "", 0, "很可能是", None),
        ([], 90_000, "某公司", 0, None, None),
        (["CBFW2026110009"], 160_000, "测试一厂工会", 0, None, None),
    ],
)
def test_a_transfer_is_matched_by_number_sum_payer_and_day_in_words(
    numbers: list[str], left: int, payer: str, days: int, level: str | None, why: str | None
) -> None:
    """XM-77: how sure it is and why; who named another enrolment meant that one."""
    found = match(OWED, Came(numbers, left, payer, DAY + dt.timedelta(days=days)))
    assert (found.level if found else None) == level
    if found and why:
        assert found.why == why


def test_the_best_of_several_is_the_one_with_the_number() -> None:
    by_sum = Came([], 160_000, "测试一厂", DAY)
    by_number = Came(["CBFW2026110001"], 100, "", DAY - dt.timedelta(days=90))
    found = best(OWED, [by_sum, by_number])
    assert found == match(OWED, by_number) and best(OWED, []) is None


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("测试一厂工会委员会", "测试一厂"),
        ("测试一厂 工会", "测试一厂"),
        ("测试一厂（集团）工会联合委员会", "测试一厂集团"),
        ("测试一厂", "测试一厂"),
        ("工会", "工会"),
    ],
)
def test_payers_are_compared_by_what_they_are_called(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("memo", "numbers"),
    [
        ("CBFW2026110001", ["CBFW2026110001"]),
        ("互助金 cbfw 2026-11-0001 一厂", ["CBFW2026110001"]),
        ("ＣＢＦＷ２０２６１１０００１", ["CBFW2026110001"]),
        ("CBFW2026110001/CBFW2026110002", ["CBFW2026110001", "CBFW2026110002"]),
        ("CBFW2026110001 1600元", ["CBFW2026110001"]),
        ("CBFW20261100012 补缴", ["CBFW20261100012"]),
        ("会费", []),
        ("", []),
    ],
)
def test_the_number_is_found_in_whatever_was_written(memo: str, numbers: list[str]) -> None:
    assert numbers_in(memo, "CBFW") == numbers


@pytest.mark.parametrize(
    ("paid", "due", "words", "choices"),
    [
        (160_000, 160_000, "金额相符", set()),
        (162_000, 160_000, "多缴 20.00 元", {"refund", "carry"}),
        (158_000, 160_000, "少缴 20.00 元", {"accept", "later"}),
    ],
)
def test_a_difference_is_said_and_has_its_ways(paid: int, due: int, words: str, choices: set[str]) -> None:
    assert off_words(paid, due) == words and set(paying.decisions(paid, due)) == choices


def test_the_words_of_a_voucher_with_another_sum_are_the_manuals() -> None:
    words = paying.filled(paying.OFF, 158_000, 160_000)
    assert words == "凭证金额 1,580.00 与应缴 1,600.00 相差 20.00，请核对或说明"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("CBFW2026110001_12345678901234567890.pdf", ("CBFW2026110001", "12345678901234567890")),
        ("发票12345678 cbfw2026110001.ofd", ("CBFW2026110001", "12345678")),
        ("CBFW2026110001.pdf", ("CBFW2026110001", "")),
        ("12345678901234567890.pdf", ("", "12345678901234567890")),
        ("扫描件.jpg", ("", "")),
    ],
)
def test_an_invoice_file_says_whose_it_is(name: str, found: tuple[str, str]) -> None:
    """XM-79: several at once are matched by the numbers in their names."""
    assert named_in(name, "CBFW") == found


@pytest.mark.parametrize(
    ("text", "good"),
    [("12345678", True), ("1" * 20, True), ("1234567", False), ("1" * 19, False), ("", False)],
)
def test_an_invoice_number_has_eight_or_twenty_digits(text: str, good: bool) -> None:
    assert paying.is_invoice_number(text) is good
