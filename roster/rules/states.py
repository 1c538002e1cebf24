"""How does an import go, and what becomes of each of its rows? (XM-33, XM-34)"""

from __future__ import annotations

from core.roles import CHAIR, OPERATOR, SYSTEM
from core.workflow import Move, Workflow

UPLOADED = "uploaded"
READING = "reading"
PREVIEW = "preview"
APPLYING = "applying"
DONE = "done"
REFUSED = "refused"
CANCELLED = "cancelled"

# What an operator reads: the manual's three words, and what ours add to them.
LABELS = {
    UPLOADED: "未处理",
    READING: "处理中",
    PREVIEW: "待确认",
    APPLYING: "处理中",
    DONE: "已处理",
    REFUSED: "未导入",
    CANCELLED: "已取消",
}

_SYSTEM, _OPERATOR = frozenset({SYSTEM}), frozenset({OPERATOR, CHAIR})
WORKFLOW = Workflow(
    "roster_import",
    LABELS,
    (
        Move("read", (UPLOADED,), READING, _SYSTEM, "开始核对"),
        Move("preview", (READING,), PREVIEW, _SYSTEM, "核对完成"),
        Move("refuse", (READING,), REFUSED, _SYSTEM, "不能导入", "roster_refused", True),
        Move("apply", (PREVIEW,), APPLYING, _OPERATOR, "确认导入"),
        Move("cancel", (UPLOADED, PREVIEW), CANCELLED, _OPERATOR | _SYSTEM, "取消"),
        Move("finish", (APPLYING,), DONE, _SYSTEM, "处理完成", tells="roster_imported"),
    ),
    final=frozenset({DONE, REFUSED, CANCELLED}),
)

NEW, CHANGED, UNCHANGED, MOVED, WRONG = "new", "changed", "unchanged", "moved", "wrong"
VERDICTS = {NEW: "新增", CHANGED: "更新", UNCHANGED: "没有变化", MOVED: "在其他工会", WRONG: "有错不导入"}
# On the roster, but the file does not name them: nothing happens to them, the operator only reads it.
MISSING = "missing"
# Between preview and confirmation somebody else wrote this person: the row is not applied.
LATE = "late"

# The identity check's answers for a row. WAITING is asked again by itself and never the operator's fault.
NOT_NEEDED, WAITING, MATCH, MISMATCH, UNKNOWN = "", "waiting", "match", "mismatch", "unknown"
IDENTITY_WORDS = {
    MISMATCH: "姓名与证件号码不一致，请核对；若确实无误，再导入一次",
    UNKNOWN: "公安接口查不到这个证件号码，请检查姓名和证件号码",
    WAITING: "公安接口暂时没有答复，系统会自动再核对，不用重新导入",
}

# Why an import waits in the middle; it goes on by itself.
CLOSED = "公安接口现在不核对，开放时间是{window}。到时系统会自动继续，不用重新导入"
CANNOT_BE_READ = "系统没能读完这份表格。请下载最新模板，把数据贴进去再导入；还是不行请联系我们"
CHANGED_MEANWHILE = "这位职工的资料刚刚被别人改过，没有导入这一行，请再导入一次"
TWICE_IN_FILE = "证件号码与第 {row} 行重复"
ELSEWHERE = "该职工现在在“{union}”的名册里。如已调入本单位，请在核对时选“申请调入”"
OTHER_NAME_ELSEWHERE = "这个证件号码在别的工会名册里登记的是另一个姓名，请核对姓名和证件号码"
DECEASED = (
    "名册里登记这位职工已亡故，不能再导入。登记有误的，请联系{operator}的管理员更正；"
    "不是同一个人的，请核对姓名和证件号码"
)
SHARED_PHONE = "这个手机号码在表里有 {n} 人共用，请核对；共用号码的人不能用短信查询"
SHARED_FROM = 3
