"""Is this certificate, phone, card, receipt or organisation number well formed, and what does it say?"""

import re
import unicodedata
from datetime import date
from operator import mul

ID_TYPES = {
    "resident_id": "居民身份证",
    "passport": "护照",
    "hk_macau_permit": "港澳居民来往内地通行证",
    "taiwan_permit": "台湾居民来往大陆通行证",
    "hmt_residence": "港澳台居民居住证",
    "foreigner_permanent": "外国人永久居留身份证",
}

NO_TYPE = "请选择证件类型"
NO_NUMBER = "请输入您的证件号码"
WRONG_LENGTH = "证件号码应为 {want} 位，现在是 {n} 位"
WRONG_NUMBER = "证件号码有误，请对照证件逐位核对"
OTHER_TYPE = "这是{label}的号码，请改选证件类型"
NO_MOBILE = "请输入您的手机号码"
MOBILE_LENGTH = "手机号码应为 11 位数字"
WRONG_MOBILE = "手机号码有误，请逐位核对"
NO_CARD = "请输入银行卡号"
CARD_LENGTH = "银行卡号应为 12 至 19 位数字，现在是 {n} 位"
WRONG_CARD = "银行卡号有误，请对照卡面核对"
ODD_CARD = f"{WRONG_CARD}。确实没有填错的，请点“确认无误，继续”。"

_IGNORED = re.compile(r"[\s\-\u00ad\u200b-\u2015\u202a-\u202e\u2060-\u206f\u2212\u30fb\ufe58\ufe63\ufeff]+")
_DIGITS = re.compile(r"[0-9]+")
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,9}")  # foreign ones too: ICAO allows nine characters
_HK_MACAU = re.compile(r"[HM][0-9]{8}|[HM]A[0-9]{7}")
_TAIWAN = re.compile(r"[0-9]{8}(?:[0-9]{2})?")
_OLD_FOREIGNER = re.compile(r"[A-Z]{3}[0-9]{12}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71))
    for code in range(first, last + 1)
)
_RESIDENCE_AREAS = frozenset(("810000", "820000", "830000"))


def normalise(kind: str, text: str) -> str:
    """The number as it is stored and compared: half width, no spaces or hyphens, capitals."""
    number = _plain(text).upper()
    # The last two of eleven count renewals; the first nine stay with the person for life.
    if kind == "hk_macau_permit" and len(number) == 11 and number[9:].isdecimal():
        return number[:9]
    return number


def problem(kind: str, text: str, today: date) -> str | None:
    """What is wrong with a typed certificate number, in the words to show; None when it will do."""
    check = _CHECKERS.get(kind)
    if check is None:
        return NO_TYPE
    number = normalise(kind, text)
    return check(number, today) if number else NO_NUMBER


def birth_on(number: str) -> date | None:
    """The birth date an 18-digit number carries; None for numbers that carry none."""
    if len(number) != 18 or not _EIGHTEEN.fullmatch(number):
        return None
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def is_male(number: str) -> bool | None:
    """The sex an 18-digit number carries (the 17th digit is odd for men); None for other numbers."""
    if len(number) != 18 or not _EIGHTEEN.fullmatch(number):
        return None
    return number[16] in "13579"


def carried(number: str) -> tuple[bool | None, date | None]:
    """`is_male` and `birth_on` of one number, read once."""
    return (is_male(number), birth_on(number)) if number else (None, None)


def is_plain_resident(text: str, today: date) -> bool:
    """A sound number of 居民身份证 in the very form it is kept in? Most of an import's numbers are."""
    return bool(_EIGHTEEN.fullmatch(text)) and _resident_problem(text, today) is None


def is_plain_mobile(text: str) -> bool:
    """A mobile number in the very form it is kept in?"""
    return bool(_MOBILE.fullmatch(text))


def may_have_lost_digits(text: str) -> bool:
    """Spreadsheets keep 15 digits: 18 digits ending in 000, or scientific notation, are suspect."""
    number = _plain(text).upper()
    return bool(re.fullmatch(r"[0-9]{15}000|[0-9](\.[0-9]+)?E\+?[0-9]{1,2}", number))


def normalise_mobile(text: str) -> str:
    number = _plain(text).removeprefix("+").removeprefix("00")
    return number[2:] if len(number) == 13 and number.startswith("86") else number


def mobile_problem(text: str) -> str | None:
    number = normalise_mobile(text)
    if not number:
        return NO_MOBILE
    if len(number) != 11 or not _DIGITS.fullmatch(number):
        return MOBILE_LENGTH
    return None if _MOBILE.fullmatch(number) else WRONG_MOBILE


def normalise_card(text: str) -> str:
    return _plain(text)


def card_problem(text: str) -> str | None:
    """What no bank card can be. A failed Luhn sum is card_warning's: passbooks and old accounts fail it."""
    number = normalise_card(text)
    if not number:
        return NO_CARD
    if not _DIGITS.fullmatch(number):
        return WRONG_CARD
    if not 12 <= len(number) <= 19:
        return CARD_LENGTH.format(n=len(number))
    return WRONG_CARD if len(set(number)) == 1 else None


def card_warning(text: str) -> str | None:
    """The words to ask the person to look again; they may answer 确认无误，继续."""
    return None if card_problem(text) or luhn_ok(normalise_card(text)) else ODD_CARD


def luhn_ok(number: str) -> bool:
    if not _DIGITS.fullmatch(number):
        return False
    total = sum(int(digit) for digit in number[-1::-2])
    total += sum((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[int(digit)] for digit in number[-2::-2])
    return total % 10 == 0


def receipt_key(code: str, number: str) -> str:
    """One bill, one claim: the same bill has the same key however it was typed."""
    return f"{_plain(code).upper()}+{_plain(number).upper()}"


def receipt_problems(code: str, number: str, check_code: str = "") -> dict[str, str]:
    """Field → words, for 票据代码, 票据号码 and 校验码; empty when all is well.

    Known: medical e-receipt 8 + 10 (check code 6), paper VAT invoice 10 or 12 + 8, digital one 20 alone.
    """
    code, number, check_code = _plain(code), _plain(number), _plain(check_code)
    if not number:
        return {"number": "请输入票据号码"}
    found: dict[str, str] = {}
    if code and not (_DIGITS.fullmatch(code) and len(code) in (8, 10, 12)):
        found["code"] = f"票据代码应为 8 位、10 位或 12 位数字，现在是 {len(code)} 位"
    want = {0: 20, 8: 10}.get(len(code), 8)
    if not _DIGITS.fullmatch(number) or (len(number) != want and not found):
        found["number"] = f"票据号码应为 {want} 位数字，现在是 {len(number)} 位"
        if not code and len(number) in (8, 10):
            found = {"code": f"票据号码是 {len(number)} 位的，还要填票据代码，请对照票据填上"}
    if check_code and not re.fullmatch(r"[0-9A-Za-z]{6}|[0-9]{20}", check_code):
        found["check_code"] = "校验码应为 6 位数字或字母，请对照票据核对"
    return found


def organisation_problem(text: str) -> str | None:
    """统一社会信用代码, GB 32100: 18 characters, MOD 31-3."""
    number = _plain(text).upper()
    if len(number) != 18:
        return f"统一社会信用代码应为 18 位，现在是 {len(number)} 位"
    places = [_USCC.find(char) for char in number]
    if -1 in places or (sum(place * 3**i % 31 for i, place in enumerate(places[:17])) + places[17]) % 31:
        return "统一社会信用代码有误，请逐位核对"
    return None


_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _plain(text: str) -> str:
    if text.isascii() and text.isalnum():  # the common case of an import's hundred thousand rows
        return text
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text))


def _eighteen_problem(number: str, today: date) -> str | None:
    """Length, alphabet, check character and a birth date that can be true."""
    if len(number) != 18:
        return WRONG_LENGTH.format(want=18, n=len(number))
    if not _EIGHTEEN.fullmatch(number):
        return WRONG_NUMBER
    total = sum(map(mul, _WEIGHTS, map(int, number[:17])))
    born = birth_on(number)
    is_right = _CHECKS[total % 11] == number[17] and born is not None and born.year >= 1900 and born <= today
    return None if is_right else WRONG_NUMBER


def _resident_problem(number: str, today: date) -> str | None:
    words = _eighteen_problem(number, today)
    if words:
        return words
    if number[:6] in _RESIDENCE_AREAS:
        return OTHER_TYPE.format(label=ID_TYPES["hmt_residence"])
    if number[0] == "9":
        return OTHER_TYPE.format(label=ID_TYPES["foreigner_permanent"])
    # The county is not judged: codes change, and people register years after they were born.
    return None if number[:2] in _PROVINCES else WRONG_NUMBER


def _hmt_residence_problem(number: str, today: date) -> str | None:
    words = _eighteen_problem(number, today)
    if words or number[:6] in _RESIDENCE_AREAS:
        return words
    return OTHER_TYPE.format(label=ID_TYPES["resident_id"]) if number[:2] in _PROVINCES else WRONG_NUMBER


def _foreigner_problem(number: str, today: date) -> str | None:
    if _OLD_FOREIGNER.fullmatch(number):  # cards of before December 2023 live until they expire
        return None
    if number[:1].isalpha():
        return WRONG_NUMBER if len(number) == 15 else WRONG_LENGTH.format(want=15, n=len(number))
    words = _eighteen_problem(number, today)
    return words or (None if number[0] == "9" else WRONG_NUMBER)


def _passport_problem(number: str, today: date) -> str | None:
    if not 5 <= len(number) <= 9:
        return WRONG_LENGTH.format(want="5 至 9", n=len(number))
    return None if _PASSPORT.fullmatch(number) else WRONG_NUMBER


def _hk_macau_problem(number: str, today: date) -> str | None:
    if len(number) != 9:
        return WRONG_LENGTH.format(want=9, n=len(number))
    return None if _HK_MACAU.fullmatch(number) else WRONG_NUMBER


def _taiwan_problem(number: str, today: date) -> str | None:
    if len(number) not in (8, 10):
        return WRONG_LENGTH.format(want=8, n=len(number))
    return None if _TAIWAN.fullmatch(number) else WRONG_NUMBER


_CHECKERS = {
    "resident_id": _resident_problem,
    "passport": _passport_problem,
    "hk_macau_permit": _hk_macau_problem,
    "taiwan_permit": _taiwan_problem,
    "hmt_residence": _hmt_residence_problem,
    "foreigner_permanent": _foreigner_problem,
}
