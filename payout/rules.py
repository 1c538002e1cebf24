"""What may happen to a batch, and does a bank's answer fit what was sent? Tables and pure checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.roles import FINANCE_CHECKER, FINANCE_MAKER
from core.workflow import Move, Workflow

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
        Move("settle", ("exported",), "settled", _MAKER | _CHECKER, "确认回盘结果"),
    ),
    final=frozenset({"settled", "dropped"}),
)

MOST_ITEMS = 1000
SAME_PERSON = "本人不能复核自己生成的批次"
ITEM_LABELS = {
    "waiting": "待导出",
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


def misfits(batch: str, sent: Mapping[int, Sent], answers: Iterable[Answered]) -> list[str]:
    """Every reason why the bank's answers cannot be taken for this batch, in words; empty when all fit."""
    found: list[str] = []
    seen: dict[int, int] = {}
    rows = list(answers)
    for row in rows:
        found += _row_misfits(batch, sent, row, seen)
        if row.sequence is not None:
            seen.setdefault(row.sequence, row.line)
    missing = sorted(set(sent) - set(seen))
    if missing:
        listed = "、".join(str(number) for number in missing[:10])
        found.append(f"回盘文件少了 {len(missing)} 笔：序号 {listed}。文件可能不完整，请向银行重新下载")
    return found + _sum_misfit(sent, rows)


def _row_misfits(batch: str, sent: Mapping[int, Sent], row: Answered, seen: Mapping[int, int]) -> list[str]:
    place = f"第 {row.line} 行"
    if row.batch != batch:
        return [f"{place}：批次号是 {row.batch or '空'}，不是本批次 {batch}，请核对是不是拿错了文件"]
    if row.sequence is None or row.sequence not in sent:
        return [f"{place}：序号在本批次找不到，请核对批次号"]
    if row.sequence in seen:
        return [f"{place}：序号 {row.sequence} 与第 {seen[row.sequence]} 行重复"]
    ours = sent[row.sequence]
    wrong = []
    if row.payee_card != ours.payee_card:
        wrong.append("账号与导出时不一致")
    if row.payee_name != ours.payee_name:
        wrong.append("户名与导出时不一致")
    if row.amount_fen != ours.amount_fen:
        wrong.append("金额与导出时不一致")
    if row.is_paid is None:
        wrong.append("看不出成功还是失败")
    return [f"{place}：{'，'.join(wrong)}"] if wrong else []


def _sum_misfit(sent: Mapping[int, Sent], rows: list[Answered]) -> list[str]:
    ours = sum(item.amount_fen for item in sent.values())
    theirs = sum(row.amount_fen or 0 for row in rows)
    if ours == theirs:
        return []
    return [f"金额合计与回盘文件不一致：系统 {_yuan(ours)}，文件 {_yuan(theirs)}"]


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"
