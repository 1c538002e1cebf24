"""What can staff do in the product, and what does each of these things take? A table, pure."""

from __future__ import annotations

from typing import NamedTuple

from core import roles


class Action(NamedTuple):
    """One thing people do; any of `roles` will do.

    `is_whole`: it shows every union's rows, so the right must hold in the whole scheme. `takes_factor`: the
    second factor is asked for again. `has_cases`: nobody decides on their own.
    """

    key: str
    label: str
    roles: tuple[str, ...]
    is_whole: bool = False
    takes_factor: bool = False
    has_cases: bool = False


REVEALERS = (roles.OPERATOR, roles.FIRST_REVIEWER, roles.SECOND_REVIEWER, roles.ADMINISTRATOR)
ACTIONS = (
    Action("roster", "维护职工名册", (roles.OPERATOR,)),
    Action("enrolment", "工会参保", (roles.OPERATOR,)),
    Action("union_review", "基层审核补助申请", (roles.OPERATOR,), has_cases=True),
    Action("first_review", "初核（初审）", (roles.FIRST_REVIEWER,), has_cases=True),
    Action("second_review", "复核（复审）", (roles.SECOND_REVIEWER,), has_cases=True),
    Action("rebinds", "审核找回绑定", (roles.OPERATOR, roles.CHAIR, roles.FIRST_REVIEWER), has_cases=True),
    Action("transfers", "审核会籍变更", (roles.OPERATOR, roles.CHAIR, roles.ADMINISTRATOR)),
    Action("unions", "修改工会资料", (roles.OPERATOR, roles.CHAIR, roles.ADMINISTRATOR)),
    Action("staff", "新增工作人员、开通权限", (roles.CHAIR, roles.ADMINISTRATOR), takes_factor=True),
    Action("reveal", "查看完整证件号码", REVEALERS, takes_factor=True),
    Action("payout_make", "财务制单、导出银行文件", (roles.FINANCE_MAKER,), True, True),
    Action("payout_check", "财务复核打款批次", (roles.FINANCE_CHECKER,), True, True),
    Action("content", "发布公告和宣传内容", (roles.EDITOR, roles.ADMINISTRATOR), True),
    Action("audit", "查看操作日志", (roles.AUDITOR, roles.ADMINISTRATOR), True),
    Action("wechat", "设置公众号", (roles.ADMINISTRATOR,), True),
)
