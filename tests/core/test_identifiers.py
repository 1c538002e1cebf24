"""Certificate, phone, card, receipt and organisation numbers: GX-11, GX-12, GX-13, XM-17, ux E2 and E9."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import identifiers as ids

TODAY = date(2026, 11, 1)
VECTORS = json.loads((Path(__file__).parent / "data" / "ids.json").read_text())
KIND_OF_VECTOR = {
    "resident": "resident_id",
    "resident_15": "resident_id",
    "hmt_residence": "hmt_residence",
    "foreigner_pr_2023": "foreigner_permanent",
    "hm_travel_permit": "hk_macau_permit",
    "tw_travel_permit": "taiwan_permit",
    "cn_passport": "passport",
}


def vector_is_accepted(kind: str, value: str) -> bool:
    if kind in KIND_OF_VECTOR:
        return ids.problem(KIND_OF_VECTOR[kind], value, TODAY) is None
    if kind == "cn_mobile":
        return ids.mobile_problem(value) is None
    if kind == "bank_card":
        return ids.card_problem(value) is None and ids.card_warning(value) is None
    if kind == "uscc":
        return ids.organisation_problem(value) is None
    code, _, number = value.rpartition("+")
    return ids.receipt_problems(code, number) == {}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['kind']}-{v['value']}")
def test_every_known_number_is_judged_as_the_reference_says(vector: dict) -> None:
    assert vector_is_accepted(vector["kind"], vector["value"]) is (vector["valid"] is not False)


def test_there_are_six_certificate_types_in_the_manuals_words() -> None:
    """GX-11, GX-42: 居民身份证 first, 护照 second."""
    assert list(ids.ID_TYPES.values()) == [
        "居民身份证",
        "护照",
        "港澳居民来往内地通行证",
        "台湾居民来往大陆通行证",
        "港澳台居民居住证",
        "外国人永久居留身份证",
    ]


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("resident_id", "", "请输入您的证件号码"),
        ("resident_id", " - ", "请输入您的证件号码"),
        ("resident_id", "1101012000022900", "证件号码应为 18 位，现在是 16 位"),
        ("resident_id", "110101 20000229 00", "证件号码应为 18 位，现在是 16 位"),
        ("resident_id", "110101900307771", "证件号码应为 18 位，现在是 15 位"),
        ("resident_id", "110101200002290019", "证件号码有误，请对照证件逐位核对"),
        ("resident_id", "11010120000229001O", "证件号码有误，请对照证件逐位核对"),
        ("resident_id", "990000199001010017", "这是外国人永久居留身份证的号码，请改选证件类型"),
        ("resident_id", "810000199001010019", "这是港澳台居民居住证的号码，请改选证件类型"),
        ("hmt_residence", "110101200002290018", "这是居民身份证的号码，请改选证件类型"),
        ("foreigner_permanent", "110101200002290018", "证件号码有误，请对照证件逐位核对"),
        ("foreigner_permanent", "CAN110019810803", None),
        ("foreigner_permanent", "CAN11001981080", "证件号码应为 15 位，现在是 14 位"),
        ("passport", "E123", "证件号码应为 5 至 9 位，现在是 4 位"),
        ("passport", "E12345678", None),
        ("passport", "ABCDEFGH", "证件号码有误，请对照证件逐位核对"),
        ("passport", "ｅ１２３４５６７８", None),
        ("hk_macau_permit", "h1234567", "证件号码应为 9 位，现在是 8 位"),
        ("hk_macau_permit", "h12345678", None),
        ("hk_macau_permit", "HB1234567", "证件号码有误，请对照证件逐位核对"),
        ("taiwan_permit", "12345678", None),
        ("taiwan_permit", "123456789", "证件号码应为 8 位，现在是 9 位"),
        ("driving_licence", "123", "请选择证件类型"),
    ],
)
def test_a_wrong_certificate_number_is_answered_in_the_pages_words(kind: str, text: str, words: str) -> None:
    assert ids.problem(kind, text, TODAY) == words


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("resident_id", " 11010119900307002x ", "11010119900307002X"),
        ("resident_id", "１１０１０１-１９９００３０７-００２ｘ", "11010119900307002X"),
        ("resident_id", "110101\u200b19900307\u3000002X", "11010119900307002X"),
        ("hk_macau_permit", "H1234567802", "H12345678"),
        ("hk_macau_permit", "ha1234567", "HA1234567"),
        ("passport", "e 1234 5678", "E12345678"),
    ],
)
def test_numbers_are_stored_one_way_however_they_were_typed(kind: str, typed: str, stored: str) -> None:
    assert ids.normalise(kind, typed) == stored
    assert ids.normalise(kind, stored) == stored


def resident_number(born: date, sequence: int, province: str = "45") -> str:
    body = f"{province}0103{born:%Y%m%d}{sequence:03d}"
    weights = [2**power % 11 for power in range(17, 0, -1)]  # the standard's own definition of the weights
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999))
def test_every_well_made_resident_number_is_accepted_and_read(born: date, sequence: int) -> None:
    number = resident_number(born, sequence)
    assert ids.problem("resident_id", number, TODAY) is None
    assert ids.birth_on(number) == born
    assert ids.is_male(number) is (sequence % 2 == 1)


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(place: int, shift: int) -> None:
    number = resident_number(date(1990, 3, 7), 123)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert ids.problem("resident_id", wrong, TODAY) is not None


@pytest.mark.parametrize(
    ("born", "is_accepted"),
    [
        (date(1899, 12, 31), False),
        (date(1900, 1, 1), True),
        (TODAY, True),
        (date(2026, 11, 2), False),
    ],
)
def test_birth_lies_between_1900_and_today(born: date, is_accepted: bool) -> None:
    assert (ids.problem("resident_id", resident_number(born, 1), TODAY) is None) is is_accepted


@pytest.mark.parametrize("province", ["10", "16", "24", "30", "38", "47", "55", "60", "66", "72", "00"])
def test_a_province_that_does_not_exist_is_refused(province: str) -> None:
    number = resident_number(date(1990, 1, 1), 1, province)
    assert ids.problem("resident_id", number, TODAY) == ids.WRONG_NUMBER


@pytest.mark.parametrize("number", ["E12345678", "", "11010120000230001X", "١" * 18])
def test_numbers_without_a_birth_date_say_none(number: str) -> None:
    assert ids.birth_on(number) is None


@pytest.mark.parametrize(
    ("text", "is_suspect"),
    [
        ("450103199001011000", True),
        ("4.50103E+17", True),
        ("45010319900101100X", False),
        ("450103199001011001", False),
        ("E12345000", False),
    ],
)
def test_digits_lost_by_a_spreadsheet_are_noticed(text: str, is_suspect: bool) -> None:
    assert ids.may_have_lost_digits(text) is is_suspect


@pytest.mark.parametrize(
    ("text", "stored", "words"),
    [
        ("138 0013 8000", "13800138000", None),
        ("+86-138-0013-8000", "13800138000", None),
        ("008613800138000", "13800138000", None),
        ("１３８００１３８０００", "13800138000", None),
        ("1380013800", "1380013800", "手机号码应为 11 位数字"),
        ("138001380001", "138001380001", "手机号码应为 11 位数字"),
        ("1380013800a", "1380013800a", "手机号码应为 11 位数字"),
        ("12800138000", "12800138000", "手机号码有误，请逐位核对"),
        ("8613800138", "8613800138", "手机号码应为 11 位数字"),
        ("  ", "", "请输入您的手机号码"),
    ],
)
def test_mobile_numbers(text: str, stored: str, words: str | None) -> None:
    assert ids.normalise_mobile(text) == stored
    assert ids.mobile_problem(text) == words


@pytest.mark.parametrize(
    ("text", "problem", "warning"),
    [
        ("6228 4804 0256 4890 018", None, None),
        ("6228480402564890019", None, ids.ODD_CARD),
        ("", "请输入银行卡号", None),
        ("62284804025", "银行卡号应为 12 至 19 位数字，现在是 11 位", None),
        ("62284804025648900180", "银行卡号应为 12 至 19 位数字，现在是 20 位", None),
        ("622848040256489001A", "银行卡号有误，请对照卡面核对", None),
        ("0000000000000000", "银行卡号有误，请对照卡面核对", None),
        ("６２２８４８０４０２５６４８９００１８", None, None),
    ],
)
def test_bank_cards_are_refused_for_their_length_and_only_warned_for_luhn(
    text: str, problem: str | None, warning: str | None
) -> None:
    assert (ids.card_problem(text), ids.card_warning(text)) == (problem, warning)


@given(st.from_regex(r"[1-9][0-9]{14,17}", fullmatch=True))
def test_luhn_accepts_exactly_one_last_digit(start: str) -> None:
    assert sum(ids.luhn_ok(start + str(last)) for last in range(10)) == 1


@pytest.mark.parametrize(
    ("code", "number", "check_code", "fields"),
    [
        ("45060126", "0012345678", "a1b2c3", set()),
        ("45060126", "001234567", "", {"number"}),
        ("4506012", "0012345678", "", {"code"}),
        ("", "23442000000012345678", "", set()),
        ("", "0012345678", "", {"code"}),
        ("", "12345", "", {"number"}),
        ("044001500111", "81966722", "", set()),
        ("45060126", "0012345678", "a1b2c", {"check_code"}),
        ("45060126", "", "", {"number"}),
    ],
)
def test_receipts(code: str, number: str, check_code: str, fields: set[str]) -> None:
    assert set(ids.receipt_problems(code, number, check_code)) == fields


def test_the_same_bill_has_the_same_key_however_it_was_typed() -> None:
    assert ids.receipt_key(" 4506 0126", "００１２３４５６７８") == ids.receipt_key("45060126", "0012345678")
    assert ids.receipt_key("1", "23") != ids.receipt_key("12", "3")
