"""/admin/why: for a person and an action, each check, what to do, whom to ask (XM-24 … XM-26)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, FIRST_REVIEWER, OPERATOR
from staff.models import StaffUser
from tests.union.conftest import Tree, seat
from tests.union.test_records import text_of
from tests.world import World
from workbench import navigation
from workbench.why.actions import ACTIONS
from workbench.why.checks import Facts, checks

Sits = Callable[[StaffUser], Any]
P, Q, TOP = (uuid.UUID(int=n) for n in (1, 2, 3))
ROSTER = next(one for one in ACTIONS if one.key == "roster")
PAYOUT = next(one for one in ACTIONS if one.key == "payout_make")
FINE = Facts(
    "甲", True, True, P, "示例厂", frozenset({(OPERATOR, P)}), True, P, "示例厂", frozenset({P, TOP})
)


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        (FINE, []),
        (FINE._replace(rights=frozenset({(OPERATOR, TOP)}), member_of=TOP), []),
        (FINE._replace(rights=frozenset({(OPERATOR, None)}), member_of=None), []),
        (FINE._replace(is_active=False), ["账号在用吗"]),
        (FINE._replace(is_complete=False), ["本人设置过登录密码吗"]),
        (FINE._replace(member_of=Q, member_name="示例店"), ["会籍在“示例厂”或它的上级工会吗"]),
        (FINE._replace(rights=frozenset()), ["开通了“医疗互助”吗", "权限的范围包括“示例厂”吗"]),
        (FINE._replace(rights=frozenset({(OPERATOR, Q)})), ["权限的范围包括“示例厂”吗"]),
    ],
)
def test_each_check_by_itself(facts: Facts, missing: list[str]) -> None:
    """XM-24, XM-25: account, 会籍, grant, scope; in the order the product asks."""
    found = checks(ROSTER, facts, "医疗互助")
    assert [one.question.rstrip("？") for one in found if not one.is_met] == missing
    assert all(one.to_do or one.answer for one in found)


def test_pages_of_the_whole_scheme_need_a_right_everywhere() -> None:
    found = checks(PAYOUT, FINE._replace(rights=frozenset({("finance_maker", P)})), "财务打款（制单）")
    assert [one.question for one in found if not one.is_met] == ["权限的范围是全部工会吗？"]


def test_xm_01_the_operators_side_is_for_who_works_at_a_union(
    app: Any, world: World, tree: Tree, sits: Sits
) -> None:
    """XM-01: a browser is all it takes; every page of the menu opens for a 经办人, for nobody else."""
    clerk = sits(world.staff(OPERATOR, union=tree.plant, member=tree.plant))
    menu = clerk.get("/admin/").get_data(as_text=True)
    found = re.findall(r'<nav class="a-nav".*?</nav>', menu, re.S)
    pages = re.findall(r'href="(/admin[^"]*)"', found[0])
    assert {"/admin/roster", "/admin/unions", "/admin/transfers", "/admin/inbox"} <= set(pages)
    assert [clerk.get(at).status_code for at in pages] == [200] * len(pages)
    guest = app.test_client()
    member = world.sign_in(app.test_client(), person=world.insured())
    for nobody in (guest, member):
        assert {nobody.get(at).location.partition("?")[0] for at in pages} == {"/admin/login"}


def test_the_page_names_who_can_change_it(world: World, tree: Tree, sits: Sits, boss: StaffUser) -> None:
    """XM-21, XM-24: the chair of the union and of those above, by name; nothing about signing in again."""
    seat(tree.plant, world.staff(member=tree.plant, name="王主席"))
    seat(tree.city, world.staff(member=tree.city, name="李主席"))
    clerk = sits(world.staff(member=tree.plant, name="陈示例"))
    page = text_of(clerk.get("/admin/why?action=roster"))
    assert "陈示例现在不能办理“维护职工名册”" in page
    assert "“示例厂工会委员会”的工会主席 王主席；“示例市总工会”的工会主席 李主席" in page
    assert "马上生效，不用重新登录" in page
    assert boss.name in page


def test_the_page_of_who_belongs_elsewhere_sends_to_the_transfer(
    world: World, tree: Tree, sits: Sits
) -> None:
    """XM-25: wrong 会籍 → 会籍变更."""
    clerk = sits(world.staff(OPERATOR, union=tree.shop, member=tree.shop))
    page = text_of(clerk.get("/admin/why?action=roster&place=示例厂"))
    assert "会籍在“示例店工会委员会”" in page and "点“会籍变更”" in page
    assert "名称相近" not in page


@pytest.mark.parametrize(
    ("role", "place", "who", "answer"),
    [
        (None, None, "self", 200),
        (OPERATOR, "plant", "self", 200),
        (OPERATOR, "plant", "plant", 404),
        (FIRST_REVIEWER, None, "plant", 404),
        (CHAIR, "plant", "plant", 200),
        (CHAIR, "plant", "floor", 200),
        (CHAIR, "plant", "shop", 404),
        (CHAIR, "plant", "city", 404),
        (AUDITOR, "city", "shop", 200),
        (ADMINISTRATOR, None, "shop", 200),
    ],
)
def test_everybody_asks_about_themselves_and_keepers_about_their_people(
    world: World, tree: Tree, sits: Sits, role: str | None, place: str | None, who: str, answer: int
) -> None:
    asker = world.staff(*([role] if role else []), union=getattr(tree, place) if place else None)
    asked = asker if who == "self" else world.staff(member=getattr(tree, who))
    assert sits(asker).get(f"/admin/why?who={asked.id}&action=roster").status_code == answer


def test_one_s_own_claim_is_somebody_elses_work(world: World, tree: Tree, sits: Sits) -> None:
    """Own case: said to the person and to their chair, to nobody else."""
    from claims.models import Claim
    from core.db import db as database
    from core.db import transaction
    from core.numbers import numbered

    patient = world.employee(tree.plant)
    clerk = world.staff(OPERATOR, union=tree.plant, member=tree.plant)
    with transaction():
        clerk.id_number = patient.id_number
        claim = Claim(number=numbered("BZ"), kind="hospital", state="union_review", employee_id=patient.id,
                      union_id=tree.plant.id, filed_by_kind="employee", filed_by_id=patient.id)  # fmt: skip
        database.session.add(claim)
    at = f"/admin/why?action=union_review&number={claim.number}"
    assert "是本人的申请" in text_of(sits(clerk).get(at))
    assert "是本人的申请" in text_of(sits(world.staff(CHAIR, union=tree.plant)).get(f"{at}&who={clerk.id}"))
    stranger = text_of(sits(world.staff(OPERATOR, union=tree.plant)).get(at))
    assert "没有写申报号" in stranger


def test_the_menu_stands_where_the_manual_says(world: World, tree: Tree, sits: Sits) -> None:
    """XM-23, XM-26: 基层业务管理-基层工会管理-工作人员列表; only lines whose pages are there."""
    chair = sits(seat(tree.plant, world.staff(member=tree.plant)))
    page = chair.get("/admin/").get_data(as_text=True)
    nav = page[page.index('id="menu"') : page.index("</nav>")]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", nav))
    assert re.search(r"基层业务管理-基层工会管理 .*工会 .*工作人员列表 .*会籍变更", words)
    for link in re.findall(r'href="(/admin/[^"]*)"', nav):
        assert chair.get(link).status_code == 200, link
    assert navigation.AID == "基层业务管理-医疗互助管理"
