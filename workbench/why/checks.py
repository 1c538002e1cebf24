"""Which of the things an action takes does somebody have, in the order the product asks for them? Pure."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from workbench.why.actions import Action


class Facts(NamedTuple):
    """What is known of the person at this moment, and of the union in question with all above it."""

    name: str
    is_active: bool
    is_complete: bool
    member_of: UUID | None
    member_name: str
    rights: frozenset[tuple[str, UUID | None]]
    has_factor: bool
    place: UUID | None
    place_name: str
    chain: frozenset[UUID]
    is_own_case: bool | None = None


class Check(NamedTuple):
    """One question with its answer; `to_do` says what helps, `asks` whom to ask (givers, keepers, self)."""

    question: str
    is_met: bool
    answer: str
    to_do: str = ""
    asks: str = ""


def checks(action: Action, facts: Facts, item: str) -> list[Check]:
    """Every check, met or not; `item` is the 审批事项 that would do."""
    found = [_active(facts), _complete(facts)]
    if not action.is_whole:
        found.append(_member(action, facts))
    found += [_granted(action, facts, item), _reached(action, facts)]
    if action.takes_factor:
        found.append(_factor(facts))
    if action.has_cases:
        found.append(_own(facts))
    return found


def _active(facts: Facts) -> Check:
    question = "账号在用吗？"
    if facts.is_active:
        return Check(question, True, "在用")
    return Check(question, False, "账号已停用", "需要恢复账号", "givers")


def _complete(facts: Facts) -> Check:
    question = "本人设置过登录密码吗？"
    if facts.is_complete:
        return Check(question, True, "设置过")
    return Check(question, False, "还没有登录过", "请本人用手机号码和短信验证码登录，按提示补充资料", "self")


def _member(action: Action, facts: Facts) -> Check:
    question = f"会籍在“{facts.place_name}”或它的上级工会吗？" if facts.place_name else "有会籍吗？"
    if any(role in action.roles and place is None for role, place in facts.rights):
        return Check(question, True, "权限是全部工会的，不看会籍")
    if facts.member_of and facts.member_of in facts.chain:
        return Check(question, True, f"在“{facts.member_name}”")
    where = f"会籍在“{facts.member_name}”" if facts.member_of else "没有会籍"
    to_do = "请本人在首页的会籍信息里点“会籍变更”，审核通过后再开通权限"
    return Check(question, False, where, to_do, "keepers")


def _granted(action: Action, facts: Facts, item: str) -> Check:
    question = f"开通了“{item}”吗？"
    if any(role in action.roles for role, _ in facts.rights):
        return Check(question, True, "开通了")
    return Check(question, False, "没有开通", f"需要开通“{item}”，马上生效，不用重新登录", "givers")


def _reached(action: Action, facts: Facts) -> Check:
    question = "权限的范围是全部工会吗？" if action.is_whole else f"权限的范围包括“{facts.place_name}”吗？"
    held = [place for role, place in facts.rights if role in action.roles]
    if None in held or (not action.is_whole and any(place in facts.chain for place in held)):
        return Check(question, True, "包括")
    if not held:
        return Check(question, False, "还没有这项权限")
    return Check(question, False, "权限只在别的工会", f"需要在{_there(action, facts)}开通", "givers")


def _there(action: Action, facts: Facts) -> str:
    return "全部工会的范围里" if action.is_whole else f"“{facts.place_name}”"


def _factor(facts: Facts) -> Check:
    question = "设置了动态码吗？"
    if facts.has_factor:
        return Check(question, True, "设置了，办理时要再输一次")
    return Check(question, False, "没有设置", "请本人在“我的账号”里设置身份验证器", "self")


def _own(facts: Facts) -> Check:
    question = "不是本人的申请吗？"
    if facts.is_own_case:
        return Check(question, False, "是本人的申请", "请交给其他人员办理", "")
    words = "不是" if facts.is_own_case is False else "没有写申报号；本人的、打到本人账户的申请都不能自己审核"
    return Check(question, True, words)
