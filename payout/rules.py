"""What may happen to a batch, and does a bank's answer fit what was sent? Tables and pure checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.roles import ADMINISTRATOR, AUDITOR, FINANCE_CHECKER, FINANCE_MAKER
from core.terms import Term
from core.workflow import Move, Workflow

# How long the full card number of a payment is kept: after it arrived, and after it never did.
KEEP, UNPAID_KEEP = Term(days=90), Term(years=3)

LABELS = {
    "prepared": "待复核",
    "checked": "待导出",
    "exported": "待回盘",
    "settled": "已完成",
    "dropped": "已作废",
}
_MAKER, _CHECKER = frozenset({FINANCE_MAKER}), frozenset({FINANCE_CHECKER})

WORKFLOW = Workflow(
    "payout",
    LABELS,
    (
        Move("check", ("prepared",), "checked", _CHECKER, "复核通过"),
        Move("drop", ("prepared", "checked"), "dropped", _MAKER | _CHECKER, "作废批次", needs_note=True),
        Move("export", ("checked",), "exported", _MAKER, "导出银行文件"),
        Move("export_again", ("exported",), "exported", _MAKER, "再次导出", needs_note=True),
        Move("settle", ("exported",), "settled", _MAKER | _CHECKER, "导入回盘文件"),
    ),
    final=frozenset({"settled", "dropped"}),
)

PREPARERS = _MAKER
READERS = (FINANCE_MAKER, FINANCE_CHECKER, ADMINISTRATOR, AUDITOR)
MOST_ITEMS = 1000
PARTLY_FAILED = "部分失败"
SAME_PERSON = "本人不能复核自己生成的批次"
# The maker neither checks the batch nor says what became of it.
NOT_BY_MAKER = ("check", "settle")
OWN_RESULT = "生成批次的人不能导入自己的回盘结果，请由复核人员导入"
OWN_CLAIM = "申请 {number} 是您本人的，含有它的批次要由另一位财务人员{what}。{how}"
OTHER_CARD = "账号与导出时不一致"
ROUNDED = f"{OTHER_CARD}，像是被表格软件改成了数字，请直接上传银行给的原文件"
# Steps at which a batch waits for somebody, and for whom.
NEXT_BY = {"prepared": FINANCE_CHECKER, "checked": FINANCE_MAKER, "exported": FINANCE_CHECKER}
ITEM_LABELS = {
    "waiting": "未交银行",
    "sent": "已交银行",
    "paid": "打款成功",
    "failed": "打款失败",
    "cancelled": "已作废",
}


@dataclass(frozen=True)
class Sent:
    """One payment as it was sent: amounts in fen."""

    sequence: int
    payee_name: str
    payee_card: str
    amount_fen: int


@dataclass(frozen=True)
class Answered:
    """One row of a bank's result file; `line` is its line in the file, `amount_fen` None when unreadable."""

    line: int
    batch: str
    sequence: int | None
    payee_name: str
    payee_card: str
    amount_fen: int | None
    is_paid: bool | None
    reason: str
    reference: str
    is_card_rounded: bool = False


def misfits(batch: str, sent: Mapping[int, Sent], answers: Iterable[Answered]) -> list[str]:
    """Every reason why the bank's answers cannot be taken for this batch, in words; empty when all fit."""
    found: list[str] = []
    seen: dict[int, int] = {}
    strange = 0
    rows = list(answers)
    for row in rows:
        found += _row_misfits(batch, sent, row, seen)
        if row.batch != batch or row.sequence not in sent:
            strange += 1
        elif row.sequence is not None:
            seen.setdefault(row.sequence, row.line)
    if strange:
        found.insert(0, f"回盘文件里有 {strange} 笔在本批次找不到，请核对批次号")
    return found + _missing(sent, seen) + _sum_misfit(sent, rows)


def _row_misfits(batch: str, sent: Mapping[int, Sent], row: Answered, seen: Mapping[int, int]) -> list[str]:
    place = f"第 {row.line} 行"
    if row.batch != batch:
        return [f"{place}：批次号是 {row.batch[:40] or '空'}，不是本批次 {batch}，请核对是不是拿错了文件"]
    if row.sequence is None or row.sequence not in sent:
        return [f"{place}：序号在本批次找不到，请核对批次号"]
    if row.sequence in seen:
        return [f"{place}：序号 {row.sequence} 与第 {seen[row.sequence]} 行重复"]
    wrong = [*_differences(sent[row.sequence], row), *_contradictions(row)]
    return [f"{place}（序号 {row.sequence}）：{'，'.join(wrong)}"] if wrong else []


def _differences(ours: Sent, row: Answered) -> Iterator[str]:
    if row.payee_card != ours.payee_card:
        yield ROUNDED if row.is_card_rounded or _is_rounded(ours.payee_card, row.payee_card) else OTHER_CARD
    if row.payee_name != ours.payee_name:
        yield "户名与导出时不一致"
    if row.amount_fen != ours.amount_fen:
        yield "金额与导出时不一致"


def _is_rounded(ours: str, theirs: str) -> bool:
    """Spreadsheets keep fifteen digits of a number and make the rest noughts."""
    kept, rest = theirs[:15], theirs[15:]
    return len(ours) == len(theirs) and ours.startswith(kept) and set(rest) == {"0"}


def _contradictions(row: Answered) -> Iterator[str]:
    """An answer that says two things, or not enough, is no answer: money hangs on it."""
    if row.is_paid is None:
        yield "看不出成功还是失败"
    elif row.is_paid and row.reason:
        yield "结果写成功，却又写了失败原因"
    elif row.is_paid and not row.reference:
        yield "结果写成功，但没有银行流水号，文件可能不完整"


def _missing(sent: Mapping[int, Sent], seen: Mapping[int, int]) -> list[str]:
    missing = sorted(set(sent) - set(seen))
    if not missing:
        return []
    listed = "、".join(str(number) for number in missing[:10]) + (" 等" if len(missing) > 10 else "")
    return [f"回盘文件少了 {len(missing)} 笔：序号 {listed}。文件可能不完整，请向银行重新下载"]


def _sum_misfit(sent: Mapping[int, Sent], rows: list[Answered]) -> list[str]:
    ours = sum(item.amount_fen for item in sent.values())
    theirs = sum(row.amount_fen or 0 for row in rows)
    if ours == theirs:
        return []
    return [f"金额合计与回盘文件不一致：系统 {_yuan(ours)}，文件 {_yuan(theirs)}"]


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"
