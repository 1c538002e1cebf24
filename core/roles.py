"""Which roles are there? The words of every workflow table, grant and access rule."""

from __future__ import annotations

GUEST = "guest"
FOLLOWER = "follower"
EMPLOYEE = "employee"
OWNER = "owner"
VISITOR = "visitor"  # outside WeChat, known by a code and the end of a certificate number
STAFF = "staff"
SIGNED_IN = "signed_in"  # staff, whatever they still owe: a second factor, a new password
OPERATOR = "operator"
CHAIR = "chair"
FIRST_REVIEWER = "first_reviewer"
SECOND_REVIEWER = "second_reviewer"
FINANCE_MAKER = "finance_maker"
FINANCE_CHECKER = "finance_checker"
EDITOR = "editor"
AUDITOR = "auditor"
ADMINISTRATOR = "administrator"
SYSTEM = "system"

STAFF_ROLES = {
    OPERATOR: "经办人",
    CHAIR: "工会主席",
    FIRST_REVIEWER: "初核",
    SECOND_REVIEWER: "复核",
    FINANCE_MAKER: "财务制单",
    FINANCE_CHECKER: "财务复核",
    EDITOR: "内容编辑",
    AUDITOR: "审计",
    ADMINISTRATOR: "管理员",
}

# Decisions, money, everybody's data: these work only after a second factor was shown in this session.
POWERFUL = frozenset(
    {FIRST_REVIEWER, SECOND_REVIEWER, FINANCE_MAKER, FINANCE_CHECKER, AUDITOR, ADMINISTRATOR}
)
