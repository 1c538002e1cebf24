"""What kinds of union are there, who keeps their records, and which words stand on them? (XM-27, XM-28)"""

from __future__ import annotations

from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, OPERATOR

# The tree from the top; a union never stands above its own parent's level.
LEVELS = {
    "province": "省级",
    "city": "市级",
    "industry": "产业（行业）",
    "district": "区级（园区、街道）",
    "grassroots": "基层",
}
RANKS = {"province": 0, "city": 1, "industry": 2, "district": 2, "grassroots": 3}
NATURES = ("机关", "事业", "国企", "其他")
# `trade_union.path` has room for so many ids.
MOST_LEVELS = 10

READERS = (OPERATOR, CHAIR, ADMINISTRATOR, AUDITOR)
EDITORS = (OPERATOR, CHAIR, ADMINISTRATOR)
FOUNDERS = (CHAIR, ADMINISTRATOR)
MOVERS = (ADMINISTRATOR,)
# Who says who the chair is: the chair, and everybody who keeps records above. It gives rights (XM-20), so a
# union's own operator does not.
NAMES_CHAIR = (CHAIR, ADMINISTRATOR)

LABELS = {
    "name": "工会名称",
    "nature": "单位性质",
    "industry": "所属区或产业工会",
    "headcount": "单位从业人数",
    "chair_name": "主席/组织员/小组长",
    "chair_phone": "主席/组织员/小组长的手机号码",
    "legal_representative": "工会法定代表人",
    "contact_name": "联系人",
    "contact_phone": "联系人联系电话",
    "progress": "工会组建及工作开展情况",
    "level": "工会层级",
    "parent_id": "隶属工会",
}
CHAIR_FIELDS = ("chair_name", "chair_phone")
# XM-28, said beside the two fields.
CHAIR_HINT = "开通医疗互助看的是这一项。换了主席请修改这里，而不是“工会法定代表人”。"
LEGAL_HINT = "工会法人登记证书上的法定代表人。改这里不会改变谁能办理业务。"
CHAIR_LOCKED = "由主席本人或上级工会修改。换了主席，请联系上级工会。"

TAKEN_MEANWHILE = "这份工会资料刚刚被 {who} 在 {when} 改过。您填的内容还在下面，请与现在的内容核对后再保存。"
NOT_CHAIR = "“主席/组织员/小组长”要由主席本人或上级工会修改"
NOT_ONESELF = "不能把自己登记为主席。请由上级工会办理"
SAME_NAME = "{parent}下面已经有一个同名的工会"
WRONG_LEVEL = "{child}不能放在{parent}的下面"
TOO_DEEP = "工会层级最多 {n} 层"
UNDER_ITSELF = "不能放到自己或自己的下级工会下面"
THERE_ALREADY = "已经在这个工会下面了"


def level_problem(parent: str, child: str) -> str | None:
    """May a union of level `child` stand under one of level `parent`?"""
    if RANKS[child] >= RANKS[parent]:
        return None
    return WRONG_LEVEL.format(child=LEVELS[child] + "工会", parent=LEVELS[parent] + "工会")


def depth_problem(parent_path: str) -> str | None:
    """Is there room for one more level below?"""
    return TOO_DEEP.format(n=MOST_LEVELS) if depth(parent_path) >= MOST_LEVELS else None


def move_problem(path: str, new_parent_path: str, deepest: int) -> str | None:
    """May the subtree at `path` go under `new_parent_path`? `deepest` is its deepest path's depth."""
    if new_parent_path.startswith(path):
        return UNDER_ITSELF
    if depth(new_parent_path) + deepest - depth(path) + 1 > MOST_LEVELS:
        return TOO_DEEP.format(n=MOST_LEVELS)
    return None


def depth(path: str) -> int:
    """How many unions a path names: `/a/b/` is 2."""
    return path.count("/") - 1
