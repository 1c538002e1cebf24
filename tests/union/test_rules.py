"""Where may a union stand, and what is a record? Tables of values (XM-27, XM-28)."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from core.errors import Invalid
from plans.rules.load import NATURES as PLAN_NATURES
from union import forms, rules

FILLED = {
    "name": "示例一厂工会委员会",
    "nature": "国企",
    "industry": "示例产业工会",
    "headcount": "１２０",
    "chair_name": "王示例",
    "chair_phone": "138 0000 0001",
    "legal_representative": "李示例",
    "contact_name": "赵示例",
    "contact_phone": "0771-0000000 转 8",
    "progress": "2015 年组建",
}


@pytest.mark.parametrize(
    ("parent", "child", "may"),
    [
        ("province", "city", True),
        ("city", "industry", True),
        ("industry", "district", True),
        ("district", "industry", True),
        ("district", "grassroots", True),
        ("grassroots", "grassroots", True),
        ("grassroots", "district", False),
        ("district", "city", False),
        ("city", "province", False),
    ],
)
def test_no_union_stands_above_its_parents_level(parent: str, child: str, may: bool) -> None:
    """XM-27: province → city/industry → district → grassroots."""
    assert (rules.level_problem(parent, child) is None) is may


@pytest.mark.parametrize(
    ("path", "to", "deepest", "words"),
    [
        ("/a/b/", "/a/c/", 3, None),
        ("/a/b/", "/a/b/", 2, rules.UNDER_ITSELF),
        ("/a/b/", "/a/b/d/", 3, rules.UNDER_ITSELF),
        ("/a/b/", "/a/bb/", 2, None),
        ("/a/", "/1/2/3/4/5/6/7/8/", 2, None),
        ("/a/", "/1/2/3/4/5/6/7/8/9/", 2, "工会层级最多 10 层"),
    ],
)
def test_where_a_subtree_may_go(path: str, to: str, deepest: int, words: str | None) -> None:
    assert rules.move_problem(path, to, deepest) == words


def test_the_kinds_of_unit_are_those_the_plans_ask_for() -> None:
    """XM-27: 机关/事业/国企/其他."""
    assert set(PLAN_NATURES) == set(rules.NATURES)


def test_what_was_typed_is_tidied() -> None:
    """XM-27: spaces and full-width digits are not the writer's fault."""
    typed = forms.record_of(MultiDict(FILLED), with_chair=True)
    assert (typed["headcount"], typed["chair_phone"]) == ("120", "13800000001")
    assert "chair_name" not in forms.record_of(MultiDict(FILLED), with_chair=False)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("name", " ", "请填写工会名称"),
        ("name", "会" * 81, "工会名称太长，最多 80 个字"),
        ("nature", "民企", "请从列表里选单位性质"),
        ("headcount", "很多", "单位从业人数请填数字"),
        ("headcount", "-3", "单位从业人数请填数字"),
        ("chair_name", "王 示例", "姓名中间不能有空格或数字"),
        ("chair_phone", "1380000", "手机号码"),
        ("contact_phone", "打总机", "联系电话请填手机或带区号的座机"),
        ("progress", "字" * 2001, "最多 2000 个字"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(field: str, text: str, words: str) -> None:
    with pytest.raises(Invalid) as found:
        forms.record_of(MultiDict({**FILLED, field: text}), with_chair=True)
    assert words in found.value.errors[field]


def test_a_chair_without_a_phone_cannot_be_found() -> None:
    """XM-20: the phone is what ties the record to an account."""
    with pytest.raises(Invalid, match="系统用它找到主席的账号"):
        forms.record_of(MultiDict({**FILLED, "chair_phone": ""}), with_chair=True)
