"""工作人员列表 and 配置审批事项 on their pages (XM-21 … XM-24); two clients for «at once»."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from core.db import db as database
from core.db import transaction
from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, EDITOR, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER
from staff.models import StaffUser
from tests.union.conftest import Tree, acts, seat
from tests.union.test_records import text_of
from tests.world import World

Sits = Callable[[StaffUser], Any]
GONE = "00000000-0000-0000-0000-000000000007"


def tick(client: Any, person: StaffUser, *rights: str, confirm: bool = True) -> Any:
    """Tick exactly these on the page, and confirm."""
    at = f"/admin/staff/{person.id}"
    answer = client.submit(f"{at}/rights", {"rights": [*rights], "do": "next"}, page=at)
    if not confirm or answer.status_code != 200:
        return answer
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', answer.get_data(as_text=True))
    assert token
    return client.post(f"{at}/rights", data={"csrf_token": token[1], "rights": [*rights], "do": "confirm"})


def test_a_right_works_on_the_next_request_and_so_its_loss(world: World, tree: Tree, sits: Sits) -> None:
    """XM-24, the other way round: nobody signs in again; two tabs, both at once."""
    chair = sits(seat(tree.plant, world.staff(member=tree.plant)))
    clerk = world.staff(member=tree.plant)
    tabs = [sits(clerk), sits(clerk)]
    assert [tab.get("/admin/unions").status_code for tab in tabs] == [403, 403]
    assert tick(chair, clerk, f"operator@{tree.plant.id}").status_code == 303
    assert [tab.get("/admin/unions").status_code for tab in tabs] == [200, 200]
    assert "基层业务管理-基层工会管理" in text_of(tabs[0].get("/admin/"))
    assert tick(chair, clerk).status_code == 303
    assert [tab.get("/admin/unions").status_code for tab in tabs] == [403, 403]


def test_before_it_is_done_the_page_says_who_gains_and_loses_what(
    world: World, tree: Tree, sits: Sits, boss: StaffUser
) -> None:
    clerk = world.staff(EDITOR, member=tree.plant, name="陈示例")
    answer = tick(sits(boss), clerk, f"operator@{tree.plant.id}", confirm=False)
    page = text_of(answer)
    assert re.search(r"陈示例 将可以办理\s*✓ 医疗互助（示例厂工会委员会及下级）", page)
    assert re.search(r"陈示例 将不能再办理\s*✗ 内容发布（全部工会）", page)
    assert acts(clerk).has(EDITOR) and not acts(clerk).has(OPERATOR)


def test_somebody_of_another_union_needs_a_transfer_first(
    world: World, tree: Tree, sits: Sits, boss: StaffUser
) -> None:
    """XM-22: 工作人员的会籍必须是在该工会."""
    clerk = world.staff(member=tree.shop)
    answer = tick(sits(boss), clerk, f"operator@{tree.plant.id}", confirm=False)
    assert answer.status_code == 422
    assert "该人员会籍不在本工会，请先做会籍变更" in text_of(answer)
    assert not acts(clerk).has(OPERATOR)


def test_first_and_second_review_do_not_go_together(
    world: World, tree: Tree, sits: Sits, boss: StaffUser
) -> None:
    clerk = world.staff(member=tree.plant)
    both = (f"first_reviewer@{tree.plant.id}", f"second_reviewer@{tree.plant.id}")
    answer = tick(sits(boss), clerk, *both, confirm=False)
    assert (answer.status_code, "同一个人不能同时有“初核”和“复核”" in text_of(answer)) == (422, True)
    assert "checked" in answer.get_data(as_text=True)
    assert not acts(clerk).has(FIRST_REVIEWER, SECOND_REVIEWER)


def test_a_made_up_form_gives_a_chair_nothing_more(world: World, tree: Tree, sits: Sits) -> None:
    """XM-21: a chair ticks 医疗互助 of the own subtree; everything else is refused or never there."""
    chair_user = seat(tree.plant, world.staff(member=tree.plant))
    chair, clerk = sits(chair_user), world.staff(EDITOR, member=tree.plant)
    page = text_of(chair.get(f"/admin/staff/{clerk.id}"))
    assert "医疗互助" in page and "财务打款" not in page
    assert "内容发布" in page  # what others gave is said, and cannot be unticked
    for right in (f"first_reviewer@{tree.plant.id}", "administrator@all", "operator@all",
                  f"operator@{tree.shop.id}", f"chair@{tree.plant.id}"):  # fmt: skip
        tick(chair, clerk, right)
    assert acts(clerk).grants == ((EDITOR, None),)
    tick(chair, chair_user, f"operator@{tree.floor.id}")
    assert acts(chair_user).unions_of(OPERATOR) == {tree.plant.id}


def test_a_new_member_of_staff_completes_the_rest_alone(world: World, tree: Tree, sits: Sits) -> None:
    """XM-21, XM-23: name, phone, 会籍, 审批事项; the account has no password yet."""
    chair = sits(seat(tree.plant, world.staff(member=tree.plant)))
    page = chair.get("/admin/staff/new").get_data(as_text=True)
    form = dict(re.findall(r'name="(op|csrf_token)"[^>]*?value="([^"]*)"', page))
    data = {**form, "do": "save", "name": "新示例", "phone": "137 0000 0001",
            "union": str(tree.plant.id), "roles": ["operator"]}  # fmt: skip
    answer = chair.post("/admin/staff/new", data=data)
    assert answer.status_code == 303
    person = database.session.query(StaffUser).filter_by(name="新示例").one()
    assert (person.password_hash, person.is_active, person.union_id) == ("", True, tree.plant.id)
    assert acts(person).unions_of(OPERATOR) == {tree.plant.id}
    assert "待本人完善" in text_of(chair.get(answer.location))
    again = chair.submit("/admin/staff/new", {**data, "op": "y" * 30})
    assert "这个手机号码已经有账号了" in text_of(again)


def test_a_new_account_with_the_chairs_name_and_phone_takes_the_seat(
    world: World, tree: Tree, sits: Sits, boss: StaffUser
) -> None:
    """XM-20: the record may be written before the account is there."""
    with transaction():
        tree.shop.chair_name, tree.shop.chair_phone = "待示例", "13700000002"
    data = {
        "do": "save",
        "name": "待示例",
        "phone": "13700000002",
        "union": str(tree.shop.id),
        "op": "z" * 30,
    }
    assert sits(boss).submit("/admin/staff/new", data).status_code == 303
    person = database.session.query(StaffUser).filter_by(name="待示例").one()
    assert acts(person).unions_of(CHAIR) == {tree.shop.id}


def test_rights_are_not_given_with_an_old_second_factor(world: World, tree: Tree, sits: Sits) -> None:
    """Step-up: the code of this morning does not do."""
    from core.sessions import SessionRow

    chair_user = seat(tree.plant, world.staff(member=tree.plant))
    chair, clerk = sits(chair_user), world.staff(member=tree.plant)
    with transaction():
        row = database.session.query(SessionRow).filter_by(owner_id=chair_user.id).one()
        row.data = {**row.data, "second_factor_at": "2020-01-01T00:00:00+00:00"}
    answer = tick(chair, clerk, f"operator@{tree.plant.id}")
    assert answer.status_code == 401
    assert not acts(clerk).has(OPERATOR)


def test_a_disabled_account_is_out_on_the_next_request(
    world: World, tree: Tree, sits: Sits, boss: StaffUser
) -> None:
    clerk = world.staff(OPERATOR, union=tree.plant, member=tree.plant)
    tab, office = sits(clerk), sits(boss)
    assert tab.get("/admin/unions").status_code == 200
    at = f"/admin/staff/{clerk.id}"
    assert "将不能再办理" in text_of(office.get(f"{at}/disable"))
    assert office.submit(f"{at}/disable", {}).status_code == 303
    assert tab.get("/admin/unions").status_code in (302, 303)
    assert "已停用" in text_of(office.get(at))


@pytest.mark.parametrize("role", [CHAIR, ADMINISTRATOR, AUDITOR])
def test_whose_account_is_seen_from_where(world: World, tree: Tree, sits: Sits, role: str) -> None:
    """A1: own union and below; sibling and parent look like nobody."""
    client = sits(world.staff(role, union=tree.plant))
    near = [world.staff(member=union, name=f"近示例{n}") for n, union in enumerate((tree.plant, tree.floor))]
    far = [world.staff(OPERATOR, union=union, member=union, name=f"远示例{n}")
           for n, union in enumerate((tree.shop, tree.city, tree.province))]  # fmt: skip
    page = text_of(client.get("/admin/staff"))
    nobody = client.get(f"/admin/staff/{GONE}")
    for person in near:
        assert person.name in page
        assert client.get(f"/admin/staff/{person.id}").status_code == 200
    for person in far:
        assert person.name not in page
        answer = client.get(f"/admin/staff/{person.id}")
        assert (answer.status_code, text_of(answer)) == (404, text_of(nobody))
        if role != AUDITOR:
            out = client.submit(f"/admin/staff/{person.id}/rights", {"do": "confirm"}, page="/admin/me")
            assert out.status_code == 404
            assert acts(person).has(OPERATOR)


def test_the_list_is_found_by_name_whole_phone_and_right(world: World, tree: Tree, sits: Sits) -> None:
    chair_user = seat(tree.plant, world.staff(member=tree.plant, name="王主席"))
    chair = sits(chair_user)
    clerk = world.staff(OPERATOR, union=tree.plant, member=tree.plant, name="陈示例")
    for query, finds in (("q=陈示", True), (f"q={clerk.phone}", True), ("q=1390", False),
                         ("role=operator", True),
                         ("role=editor", False), (f"union={tree.floor.id}", False)):  # fmt: skip
        assert ("陈示例" in text_of(chair.get(f"/admin/staff?{query}"))) is finds, query
    page = text_of(chair.get("/admin/staff"))
    assert "✓ 医疗互助" in page and "✓ 工会主席（默认开通医疗互助）" in page
    assert clerk.phone not in page
