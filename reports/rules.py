"""What is reported to whom, how does an export go on, and which words do people read? Tables only."""

from __future__ import annotations

from core.roles import (
    ADMINISTRATOR,
    AUDITOR,
    CHAIR,
    FINANCE_CHECKER,
    FINANCE_MAKER,
    FIRST_REVIEWER,
    OPERATOR,
    OWNER,
    SECOND_REVIEWER,
    SYSTEM,
)
from core.workflow import Move, Workflow

ENROLMENTS, COVERAGES, CLAIMS = "enrolments", "coverages", "claims"
TITLES = {ENROLMENTS: "工会参保信息", COVERAGES: "职工参保信息", CLAIMS: "职工补助记录"}

FINANCE = (FINANCE_MAKER, FINANCE_CHECKER)
KEEPERS = (OPERATOR, CHAIR, ADMINISTRATOR, AUDITOR)
CLAIM_READERS = (OPERATOR, CHAIR, FIRST_REVIEWER, SECOND_REVIEWER, ADMINISTRATOR, AUDITOR)
EVERYBODY = (*CLAIM_READERS, *FINANCE)
# Who may read a report at all, and who may see names and numbers in it whole.
READERS = {ENROLMENTS: CLAIM_READERS, COVERAGES: KEEPERS, CLAIMS: CLAIM_READERS}
# Of these finance sees what has come as far as the money.
FINANCED = (ENROLMENTS, CLAIMS)
SEES_WHOLE: dict[str, tuple[str, ...]] = {
    ENROLMENTS: (),
    COVERAGES: (OPERATOR, CHAIR, ADMINISTRATOR),
    CLAIMS: (OPERATOR, FIRST_REVIEWER, SECOND_REVIEWER, ADMINISTRATOR),
}

EMPTY = "没有符合条件的记录，换个条件试试。"
NOT_FOUND = "没有查到记录。请核对姓名和号码；不在您负责范围内的职工也查不到。"
NOTHING_TYPED = "请输入姓名、证件号码或手机号码"
CHOOSE_FIRST = "按姓名查找请先用“单位名称”选定一个工会，或改用证件号码、手机号码查找。"
TOO_LARGE = "这个工会人数超过 {most} 人，请用证件号码或手机号码查找。"
NEEDS_ONE_UNION = "未参保职工要按工会看：请先填“单位名称”，或在看板的“各工会参保”里点开一个工会。"
FEW_UNIONS = 20

# --- exports

NO_REASON = "请填写导出原因，会写在导出的表格里"
LONGEST_REASON = 100
TOO_MANY_ROWS = "结果超过 {most}行，请缩小范围后再导出"  # A11
NOTHING_TO_EXPORT = "没有符合条件的记录，不用导出。"
NO_WHOLE = "您没有查看全部证件号码的权限，请取消勾选“写出完整姓名和证件号码”。"
LOST_RIGHT = "导出以后您的权限变了，这份表格已经作废。需要时请重新导出，或联系上级工会。"
OVER = "这份导出已经下载过或已过期，需要时请重新导出。"
SENT = "正在准备导出，好了会显示在下面。"
FAILED = "多次没有准备成功，已停止。请缩小范围后重新导出。"
KEEP_HOURS = 24

EXPORT = Workflow(
    "report",
    {"asked": "准备中", "ready": "可下载", "fetched": "已下载", "expired": "已过期", "stopped": "已取消"},
    (
        Move("prepare", ("asked",), "ready", frozenset({SYSTEM}), "准备好"),
        Move("stop", ("asked", "ready"), "stopped", frozenset({SYSTEM}), "取消"),
        Move("fetch", ("ready",), "fetched", frozenset({OWNER}), "下载"),
        Move("expire", ("ready",), "expired", frozenset({SYSTEM}), "过期"),
    ),
    final=frozenset({"fetched", "expired", "stopped"}),
)


def rows_words(most: int) -> str:
    """`5 万` for 50000: as people say it."""
    return f"{most // 10000} 万" if most % 10000 == 0 and most else f"{most:,} "
