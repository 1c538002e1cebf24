"""Whose money is this, is it enough, and what is said about it? (A9) Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from core.money import shown_yuan
from core.roles import ADMINISTRATOR, AUDITOR
from enrolment.rules.states import FINANCE, KEEPERS

MONEY_READERS = (*FINANCE, ADMINISTRATOR, AUDITOR)
INVOICE_READERS = (*KEEPERS, *MONEY_READERS)
MOST_VOUCHERS = 10
NEAR_DAYS = 5

OFF = "凭证金额 {paid} 与应缴 {due} 相差 {off}，请核对或说明"
NO_VOUCHER = "还没有上传缴费凭证，请先上传再确认"
TOO_MANY = f"一份申请最多上传 {MOST_VOUCHERS} 张凭证，请先删除不用的"
SAME_FILE = "这张凭证已经上传过了，不用再传"
LATE = "缴费截止日 {day} 已过 {days} 天。仍可以上传并确认，请尽快办理。"
NOT_BY_UPLOADER = "您经办过这份申请的缴费凭证，请由另一位财务人员确认到账"
NO_MONEY = "还没有对上到账记录，请先在下面选择到账，或登记、导入银行到账"
NO_DECISION = "实到 {paid} 与应缴 {due} 相差 {off}，请选择怎样处理，并写明原因"
NO_ROOM = "这笔到账只剩 {left} 元没有分，请核对金额"
TOO_LATE_TO_SHARE = "这份申请已经办结，到账记录不能再改"
FUTURE = "缴费日期不能晚于今天"

# What happens with the difference; kept with the confirmation, in these words.
OVERPAID = {"refund": "多缴部分原路退回", "carry": "多缴部分留作以后缴费"}
UNDERPAID = {"accept": "按实到金额确认，差额不再收取", "later": "先确认，差额由工会补缴"}


def off_words(paid_fen: int, due_fen: int) -> str:
    """`多缴 20.00 元`, `少缴 20.00 元`, or that it fits."""
    if paid_fen == due_fen:
        return "金额相符"
    return f"{'多缴' if paid_fen > due_fen else '少缴'} {shown_yuan(abs(paid_fen - due_fen))} 元"


def filled(words: str, paid_fen: int, due_fen: int) -> str:
    """`OFF` or `NO_DECISION` with these sums."""
    return words.format(
        paid=shown_yuan(paid_fen), due=shown_yuan(due_fen), off=shown_yuan(abs(paid_fen - due_fen))
    )


def decisions(paid_fen: int, due_fen: int) -> Mapping[str, str]:
    """How a difference may be dealt with; none when there is none."""
    if paid_fen == due_fen:
        return {}
    return OVERPAID if paid_fen > due_fen else UNDERPAID


def days_late(due_on: date | None, today: date) -> int:
    return max(0, (today - due_on).days) if due_on else 0


# --- which transfer belongs to which enrolment? ------------------------------------------------------------

_BLANK = re.compile(r"[\s\-_－—·.,，。()（）]+")
_KIND = re.compile(r"(工会)?(联合)?委员会$")


def plain_name(name: str) -> str:
    """A name to compare: `某某工会委员会` and `某某 工会` are one payer."""
    bare = _BLANK.sub("", unicodedata.normalize("NFKC", name)).upper()
    return _KIND.sub("", bare.removesuffix("工会")) or bare


def numbers_in(memo: str, prefix: str) -> list[str]:
    """The enrolment numbers a payer wrote, with gaps or without; a sum behind one is no part of it."""
    plain = unicodedata.normalize("NFKC", memo).upper()
    gap = r"[\s\-_]*"
    parts = rf"{re.escape(prefix)}{gap}([0-9]{{4}}){gap}([0-9]{{2}}){gap}([0-9]{{4,8}})(?![0-9])"
    return list(dict.fromkeys(prefix + "".join(found) for found in re.findall(parts, plain)))


@dataclass(frozen=True)
class Owed:
    """What one enrolment waits for: `left_fen` is due and not yet there."""

    number: str
    left_fen: int
    payers: frozenset[str]  # plain names: the union, its accounts, whoever the vouchers name
    paid_on: Collection[date]  # the days its vouchers name
    voucher_fens: Collection[int]


@dataclass(frozen=True)
class Came:
    """What is left of one transfer."""

    numbers: Collection[str]
    left_fen: int
    payer: str
    on: date


@dataclass(frozen=True)
class Match:
    """How well a transfer fits: `points` to order by, `level` and `why` for people."""

    points: int
    level: str
    why: str


SURE, LIKELY, MAYBE, DOUBTFUL = "相符", "很可能是", "可能是", "请核对"


def match(owed: Owed, came: Came) -> Match | None:
    """None when nothing speaks for it, or when the payer named other enrolments only."""
    if came.numbers and owed.number not in came.numbers:
        return None
    by_number = owed.number in came.numbers
    by_sum = came.left_fen == owed.left_fen or came.left_fen in owed.voucher_fens
    by_payer = bool(came.payer) and plain_name(came.payer) in owed.payers
    by_day = any(abs((came.on - day).days) <= NEAR_DAYS for day in owed.paid_on)
    if not (by_number or by_sum or by_payer):
        return None
    of_sum = "凭证金额" if by_sum and came.left_fen != owed.left_fen else "金额"
    said = {"申报编号": by_number, of_sum: by_sum, "付款户名": by_payer, "日期": by_day}
    points = 8 * by_number + 4 * by_sum + 2 * by_payer + by_day
    return Match(points, _level(by_number, by_sum, by_payer), _why(said))


def _level(by_number: bool, by_sum: bool, by_payer: bool) -> str:
    if by_number and by_sum:
        return SURE
    if by_number or (by_sum and by_payer):
        return LIKELY
    return MAYBE if by_sum else DOUBTFUL


def _why(said: Mapping[str, bool]) -> str:
    same, other = _listed(said, True), _listed(said, False)
    return f"{same}相符" + (f"，{other}对不上" if other else "")


def _listed(said: Mapping[str, bool], wanted: bool) -> str:
    return "、".join(name for name, is_same in said.items() if is_same is wanted)


def best(owed: Owed, came: Iterable[Came]) -> Match | None:
    """The best of several."""
    found = [one for transfer in came if (one := match(owed, transfer))]
    return max(found, key=lambda one: one.points, default=None)


# --- invoices -----------------------------------------------------------------------------------------------

ISSUED, VOID = "issued", "void"
INVOICE_LABELS = {ISSUED: "已开票", VOID: "已作废"}
NONE_YET = "缴费确认后 {n} 个工作日内开票，开好会短信通知。"
INVOICE_DAYS = 5
NOT_DONE = "{number} 还没有确认缴费，确认后才能开票"
HAS_ONE = "{number} 已有发票 {invoice}，要换请打开那张发票，点“更换发票”"
NUMBER_TAKEN = "发票号码 {invoice} 已经用在 {number} 上，请核对"
OTHER_SUM = "发票金额 {given} 与缴费金额 {paid} 不同，请核对发票"
OTHER_UNION = "发票上的单位“{given}”不是“{union}”，请核对"
NO_SUCH = "没有找到申报编号 {number}，请核对"
NO_NUMBER = "文件名里没有申报编号，请改成“申报编号_发票号码”再上传，例如 {number}_{invoice}.pdf"
NOT_AN_INVOICE_NUMBER = "发票号码应为 8 位或 20 位数字，请核对"
EARLY_INVOICE = "开票日期不能早于 2000 年，也不能晚于今天"
_INVOICE = re.compile(r"(?<![0-9])(?:[0-9]{20}|[0-9]{8})(?![0-9])")


def is_invoice_number(text: str) -> bool:
    return bool(_INVOICE.fullmatch(text))


def named_in(file_name: str, prefix: str) -> tuple[str, str]:
    """(enrolment number, invoice number) in a file's name; "" for what is not there."""
    plain = unicodedata.normalize("NFKC", file_name).upper()
    number = re.search(rf"{re.escape(prefix)}[0-9]{{10,14}}", plain)
    rest = plain.replace(number[0], "·") if number else plain
    invoice = _INVOICE.search(rest)
    return (number[0] if number else "", invoice[0] if invoice else "")
