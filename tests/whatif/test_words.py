"""What a trial says: shares, changes, sums and why something differs, as a table of values."""

from __future__ import annotations

import pytest

from whatif import rules
from whatif.rules import Line, Person, add, nothing


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(1, 3, "33.3%"), (2, 3, "66.7%"), (525, 100, "525.0%"), (0, 5, "0.0%"), (-1, 8, "-12.5%"), (5, 0, "—")],
)
def test_a_share_has_one_decimal(part: int, whole: int, words: str) -> None:
    assert rules.share(part, whole) == words


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        (10_000, 10_000, "不变"),
        (10_000, 12_345, "增加 23.45 元（23.5%）"),
        (10_000, 7_500, "减少 25.00 元（25.0%）"),
        (0, 100, "增加 1.00 元"),
    ],
)
def test_a_change_is_said_in_words(was: int, now: int, words: str) -> None:
    assert rules.change(was, now) == words


@pytest.mark.parametrize(
    ("ledger", "replayed", "stopped", "lowered", "words"),
    [
        (100, 100, "", True, ""),
        (100, 0, "没有参保记录", False, "按现在的资料：没有参保记录"),
        (100, 90, "", True, rules.LOWERED),
        (100, 90, "", False, rules.OTHERS_CHANGED),
    ],
)
def test_why_a_sum_differs(ledger: int, replayed: int, stopped: str, lowered: bool, words: str) -> None:
    assert rules.why_differs(ledger, replayed, stopped, lowered) == words


def person(was: int, now: int, unasked: tuple[int, int] = (0, 0)) -> Person:
    line = Line("三级", was, was, now, bool(was) and not now, False, False, {"ZYYL": (was, now)})
    return Person("u", (line,), unasked[0], *unasked, {"DBBZ": unasked} if any(unasked) else {})


def test_people_are_counted_in_one_by_one() -> None:
    totals = nothing()
    for one in (person(100, 150), person(100, 0), person(100, 100, (50, 80)), person(0, 0)):
        add(totals, one, 0)
    assert (totals["people"], totals["claims"], totals["was"], totals["now"]) == (4, 4, 350, 330)
    assert (totals["gainers"], totals["gained"], totals["losers"], totals["lost"]) == (2, 80, 1, 100)
    assert totals["stopped"] == 1
    assert totals["unions"]["u"] == [4, 350, 330, 2, 1]
    assert totals["grades"] == {"三级": [4, 300, 250], rules.UNASKED: [0, 50, 80]}
    assert totals["benefits"] == {"ZYYL": [300, 250], "DBBZ": [50, 80]}
    said = "".join(rules.summary(totals, 1_000, 1_000))
    assert "2 人多得，共 0.80 元；1 人少得，共 1.00 元；1 人不变。" in said


def test_nobody_is_said_to_be_nobody() -> None:
    assert "没有人多得，也没有人少得" in "".join(rules.summary(nothing(), 0, 0))
    assert "没有可以重算的" in rules.check_words(nothing())
    totals = {**nothing(), "claims": 2, "was": 5, "ledger": 7, "differs": 1, "lowered": 1, "erased": 1}
    said = rules.check_words(totals)
    expected = "有 1 处与账上不同|重算 0.05 元，账上 0.07 元|1 份按审核调低|1 份内容已按规定删除"
    for words in expected.split("|"):
        assert words in said


def test_the_largest_changes_come_first() -> None:
    rows = [("a", [1, 10, 11]), ("b", [1, 10, 0]), ("c", [1, 99, 99]), ("d", [1, 5, 5])]
    assert [name for name, _ in rules.largest(rows, 3)] == ["b", "a", "c"]
