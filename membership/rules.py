"""How does a 会籍变更 go, who answers it, and which words do people read? (XM-22, XM-25) Pure."""

from __future__ import annotations

from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, OPERATOR, STAFF
from core.workflow import Move, Workflow

WAITING, APPROVED, REFUSED, WITHDRAWN = "waiting", "approved", "refused", "withdrawn"
DECIDES = (OPERATOR, CHAIR, ADMINISTRATOR)
READERS = (*DECIDES, AUDITOR)

_DECIDES = frozenset(DECIDES)
WORKFLOW = Workflow(
    "membership",
    {WAITING: "待审核", APPROVED: "通过", REFUSED: "不通过", WITHDRAWN: "已撤回"},
    (
        Move("approve", (WAITING,), APPROVED, _DECIDES, "通过", "transfer_approved"),
        Move("refuse", (WAITING,), REFUSED, _DECIDES, "不通过", "transfer_refused", True),
        Move("withdraw", (WAITING,), WITHDRAWN, frozenset({STAFF}), "撤回"),
    ),
    final=frozenset({APPROVED, REFUSED, WITHDRAWN}),
)

LONGEST_REASON = 200
NO_REASON = "请填写变更原因"
LONG_REASON = f"变更原因最多 {LONGEST_REASON} 个字"
NO_NOTE = "请填写不通过的原因，申请人要看到"
NO_UNION = "请选择要转入的工会"
SAME_UNION = "会籍已经在这个工会了"
OPEN_ALREADY = "已经有一份会籍变更在审核，请等审核完或先撤回"
OWN_CASE = "这是您本人的会籍，请交给其他人员办理。"
OWN_ASKING = "这份变更是您提出的，要由原工会或共同的上级工会的另一位人员审核。"
MOVED_MEANWHILE = "提出以后会籍已经变过，这份变更不能照原样办理。请填“不通过”，让对方重新提出。"
NOT_ON_ROSTER = "名册里没有这位职工，或姓名与证件号码对不上。没有登记过的，请在职工名册里新增。"
HAPPENS = "通过后会籍转到新工会；参保和补助记录不变，保障照旧。"


def answers_at(subject_kind: str) -> str:
    """Whose union answers: an employee is let go by the old one, staff are taken in by the new one."""
    return "from" if subject_kind == "employee" else "to"


def reason_problem(text: str) -> str | None:
    if not text.strip():
        return NO_REASON
    return LONG_REASON if len(text.strip()) > LONGEST_REASON else None
