"""Money typed, shown and written in capitals: integer fen, exact words (ux E8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import NOT_A_SUM, TOO_MUCH, shown_yuan, upper_yuan, yuan


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("3206.30", 320630),
        ("3206.3", 320630),
        ("3206", 320600),
        ("0", 0),
        ("0.01", 1),
        ("00012.50", 1250),
        ("3,206.30", 320630),
        ("3，206.30", 320630),
        ("320,6300", 320630000),
        ("1,234,567.89", 123456789),
        (" 3206.30 元 ", 320630),
        ("￥3206.30", 320630),
        ("¥ 3 206.30", 320630),
        ("３２０６．３０", 320630),
        ("3206。30", 320630),
        ("3206.30\u200b", 320630),
        ("10000000", 1_000_000_000),
    ],
)
def test_what_people_type_is_understood(text: str, fen: int) -> None:
    assert yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "abc",
        "-1",
        "+1",
        "1.234",
        "1e3",
        ".5",
        "5.",
        "3,20",
        "1,23,456",
        "１．２．３",
        "٣",
        "元",
        "NaN",
        "inf",
        "1元2",
    ],
)
def test_what_is_not_a_sum_is_answered_in_the_pages_words(text: str) -> None:
    with pytest.raises(ValueError, match="金额请填数字，最多两位小数，例如 3206.30") as refusal:
        yuan(text)
    assert str(refusal.value) == NOT_A_SUM


@pytest.mark.parametrize("text", ["10000000.01", "10000001", "9" * 40, "9" * 5000])
def test_more_than_ten_million_is_a_slip(text: str) -> None:
    with pytest.raises(ValueError) as refusal:
        yuan(text)
    assert str(refusal.value) == TOO_MUCH


@given(st.integers(0, 1_000_000_000))
def test_what_is_shown_can_be_typed_back(fen: int) -> None:
    assert yuan(shown_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("fen", "shown"),
    [(0, "0.00"), (5, "0.05"), (320630, "3,206.30"), (100000000, "1,000,000.00"), (-150, "-1.50")],
)
def test_shown(fen: int, shown: str) -> None:
    assert shown_yuan(fen) == shown


@pytest.mark.parametrize(
    ("fen", "capitals"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (15, "壹角伍分"),
        (100, "壹元整"),
        (105, "壹元零伍分"),
        (1000, "壹拾元整"),
        (1050, "壹拾元伍角整"),
        (10100, "壹佰零壹元整"),
        (123450, "壹仟贰佰叁拾肆元伍角整"),
        (140950, "壹仟肆佰零玖元伍角整"),
        (600714, "陆仟零柒元壹角肆分"),
        (32504, "叁佰贰拾伍元零肆分"),
        (168032, "壹仟陆佰捌拾元叁角贰分"),
        (1640902, "壹万陆仟肆佰零玖元零贰分"),
        (1000000, "壹万元整"),
        (1000100, "壹万零壹元整"),
        (1010000, "壹万零壹佰元整"),
        (10700053, "壹拾万柒仟元伍角叁分"),
        (100000000, "壹佰万元整"),
        (1000000000, "壹仟万元整"),
        (1000001000, "壹仟万零壹拾元整"),
        (10000000000, "壹亿元整"),
        (10000000100, "壹亿零壹元整"),
        (10001000000, "壹亿零壹万元整"),
        (10100000000, "壹亿零壹佰万元整"),
        (11000000000, "壹亿壹仟万元整"),
        (100050003000, "壹拾亿零伍拾万零叁拾元整"),
        (10000000000000, "壹仟亿元整"),
        (-150, "负壹元伍角整"),
    ],
)
def test_capitals_follow_the_rules_of_payment_vouchers(fen: int, capitals: str) -> None:
    assert upper_yuan(fen) == capitals


def read_capitals(said: str) -> int:
    """An independent reader: capitals back to fen."""
    total = section = digit = 0
    for char in said:
        if char in "零壹贰叁肆伍陆柒捌玖":
            digit = "零壹贰叁肆伍陆柒捌玖".index(char)
        elif char in "拾佰仟":
            section, digit = section + digit * {"拾": 10, "佰": 100, "仟": 1000}[char], 0
        elif char in "万亿":
            total, section, digit = total + (section + digit) * {"万": 10**4, "亿": 10**8}[char], 0, 0
        elif char == "元":
            total, section, digit = (total + section + digit) * 100, 0, 0
        elif char in "角分":
            total, digit = total + digit * {"角": 10, "分": 1}[char], 0
    return total


@given(st.integers(0, 10**13))
def test_capitals_say_the_same_sum(fen: int) -> None:
    assert read_capitals(upper_yuan(fen)) == fen
    assert "零零" not in upper_yuan(fen)
