"""Who may give and take which right, and which rights do not go together? Tables (XM-20 … XM-22). Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from core import roles


class Item(NamedTuple):
    """One 审批事项, in the words people tick; offered at a union, for the whole scheme, or for both."""

    role: str
    title: str
    text: str
    at_union: bool = True
    at_whole: bool = True


ITEMS = (
    Item(roles.OPERATOR, "医疗互助", "名册维护、参保申请、基层审核", at_whole=False),
    Item(roles.FIRST_REVIEWER, "初核", "审核补助申请和信息变更的第一级"),
    Item(roles.SECOND_REVIEWER, "复核", "审核补助申请和信息变更的第二级"),
    Item(roles.FINANCE_MAKER, "财务打款（制单）", "生成打款批次、导出银行文件", at_union=False),
    Item(roles.FINANCE_CHECKER, "财务打款（复核）", "复核打款批次、导入回盘", at_union=False),
    Item(roles.EDITOR, "内容发布", "公告、政策和宣传内容", at_union=False),
    Item(roles.AUDITOR, "审计", "查看办理记录和操作日志，不能办理"),
    Item(roles.ADMINISTRATOR, "管理人员", "工会、工作人员、权限和系统设置"),
)
TITLES = {item.role: item.title for item in ITEMS} | {roles.CHAIR: "工会主席"}

# Who gives (and takes) what, at their own union and all below it (XM-21). The chair is nobody's to give:
# the union's record says who it is.
GIVES = {
    roles.CHAIR: frozenset({roles.OPERATOR}),
    roles.ADMINISTRATOR: frozenset(item.role for item in ITEMS),
}
# What a chair has by being the chair (XM-20).
CHAIR_HAS = (roles.CHAIR, roles.OPERATOR)
REVIEWS = frozenset({roles.FIRST_REVIEWER, roles.SECOND_REVIEWER})
FEWEST_ADMINISTRATORS = 2

OWN = "权限要由他人开通或收回，不能为自己办理。请联系工会主席或上级工会。"
NOT_YOURS = "您不能开通或收回“{item}”。请联系上级工会的管理人员。"
NOT_MEMBER = "该人员会籍不在本工会，请先做会籍变更"
BOTH = "同一个人不能同时有“初核”和“复核”"
TWO = "至少要有 2 名管理人员，请先为另一位工作人员开通“管理人员”"
GONE = "这个账号已停用，请先恢复账号再配置审批事项"

# A right and where it holds: a union with all below it, or None for the whole scheme.
Right = tuple[str, UUID | None]


class Giver(NamedTuple):
    """Who gives: `held` are the roles that hold at the place in question."""

    id: UUID | None
    held: frozenset[str]


class Taker(NamedTuple):
    """Who is given or loses something."""

    id: UUID
    union_id: UUID | None
    is_active: bool = True


def gives(held: Collection[str]) -> frozenset[str]:
    """The roles somebody with `held` may give and take at that place."""
    return frozenset().union(*(GIVES[role] for role in held if role in GIVES))


def give_problem(giver: Giver, taker: Taker, right: Right) -> str | None:
    """Words for why `giver` may not give `right` to `taker`, or None."""
    if words := take_problem(giver, taker, right[0]):
        return words
    if not taker.is_active:
        return GONE
    return NOT_MEMBER if right[1] is not None and right[1] != taker.union_id else None


def take_problem(giver: Giver, taker: Taker, role: str) -> str | None:
    """Words for why `giver` may not take `role` from `taker`, or None."""
    if giver.id == taker.id:
        return OWN
    return None if role in gives(giver.held) else NOT_YOURS.format(item=TITLES.get(role, role))


def together_problem(wanted: Collection[Right], allows_both_reviews: bool) -> str | None:
    """First and second review are two people's work, wherever each of them holds."""
    held = {role for role, _ in wanted}
    return BOTH if held >= REVIEWS and not allows_both_reviews else None


def administrators_problem(loses: Collection[Right], others: int) -> str | None:
    """May this person stop being an administrator of the whole scheme? `others` are those who remain."""
    leaves = (roles.ADMINISTRATOR, None) in loses
    return TWO if leaves and others < FEWEST_ADMINISTRATORS else None


def chair_rights(union_id: UUID | None, chair_of_id: UUID | None) -> tuple[Right, ...]:
    """What follows from the record naming somebody as chair of the union they belong to (XM-20)."""
    if chair_of_id is None or chair_of_id != union_id:
        return ()
    return tuple((role, chair_of_id) for role in CHAIR_HAS)
