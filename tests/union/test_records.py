"""The tree and the record of a union on their pages: seen, changed, moved; two at once (XM-27, XM-28)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from core.db import db as database
from core.db import transaction
from core.errors import Refused
from core.roles import ADMINISTRATOR, CHAIR, FIRST_REVIEWER, OPERATOR
from staff.models import StaffUser
from tests.union.conftest import Tree, acts, seat
from tests.union.test_rules import FILLED
from tests.world import World
from union import queries, rules
from union import service as unions
from union.models import Union

Sits = Callable[[StaffUser], Any]


def text_of(answer: Any) -> str:
    return re.sub(r"<[^>]+>", "", answer.get_data(as_text=True))


def of(union: Union) -> Union:
    """The row as it is in the database now."""
    database.session.rollback()
    row = database.session.get(Union, union.id, populate_existing=True)
    assert row
    return row


def save(client: Any, union: Union, **values: str) -> Any:
    at = f"/admin/unions/{union.id}/edit"
    page = client.get(at).get_data(as_text=True)
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen
    return client.submit(at, {"seen": seen[1], **values})


def test_the_record_shows_its_chain_and_both_kinds_of_head(world: World, tree: Tree, sits: Sits) -> None:
    """XM-27, XM-28: 两个不同的字段, and the page says which one counts."""
    chair = seat(tree.plant, world.staff(member=tree.plant, name="王主席"))
    assert save(
        sits(chair), tree.plant, **{**FILLED, "chair_name": "王主席", "chair_phone": chair.phone or ""}
    )
    page = text_of(sits(chair).get(f"/admin/unions/{tree.plant.id}"))
    for words in (
        "示例省总工会 → 示例市总工会", "所属区或产业工会", "示例产业工会",
        "单位性质", "国企", "单位从业人数", "120",
        "主席/组织员/小组长", "王主席", "工会法定代表人", "李示例",
        "联系人联系电话", "0771-0000000 转 8",
        "工会组建及工作开展情况", "2015 年组建",
        "换了主席请修改这里，而不是“工会法定代表人”", "默认已开通医疗互助",
    ):  # fmt: skip
        assert words in page, words
    assert chair.phone not in page
    assert "修改：" in page and "工会法定代表人" in page


def test_an_operator_keeps_the_record_but_names_no_chair(world: World, tree: Tree, sits: Sits) -> None:
    """XM-28: naming the chair gives rights, so a union's own operator may not, not even by a made-up form."""
    clerk = world.staff(OPERATOR, union=tree.plant, member=tree.plant)
    client = sits(clerk)
    assert "由主席本人或上级工会修改" in text_of(client.get(f"/admin/unions/{tree.plant.id}/edit"))
    answer = save(
        client, tree.plant, **{**FILLED, "chair_name": clerk.name, "chair_phone": clerk.phone or ""}
    )
    assert answer.status_code == 303
    assert (of(tree.plant).contact_name, of(tree.plant).chair_name) == ("赵示例", None)
    assert not acts(clerk).has(CHAIR)


def test_nobody_makes_themselves_the_chair(world: World, tree: Tree, sits: Sits) -> None:
    """XM-20, XM-28: an operator from above may name a chair, only not themselves."""
    above = world.staff(OPERATOR, union=tree.city, member=tree.plant, name="上示例")
    answer = save(
        sits(above), tree.plant, **{**FILLED, "chair_name": above.name, "chair_phone": above.phone or ""}
    )
    assert answer.status_code == 422
    assert "不能把自己登记为主席" in text_of(answer)
    assert not acts(above).has(CHAIR)


def test_a_new_chair_on_the_record_has_the_module_at_once(world: World, tree: Tree, sits: Sits) -> None:
    """XM-20, XM-28: changed on the record, true on the next request of both."""
    old = seat(tree.plant, world.staff(member=tree.plant))
    new = world.staff(member=tree.plant, name="新示例")
    old_client, new_client = sits(old), sits(new)
    assert old_client.get("/admin/staff").status_code == 200
    assert new_client.get("/admin/staff").status_code == 403
    above = sits(world.staff(CHAIR, union=tree.city))
    answer = save(above, tree.plant, **{**FILLED, "chair_name": new.name, "chair_phone": new.phone or ""})
    assert answer.status_code == 303
    assert old_client.get("/admin/staff").status_code == 403
    assert new_client.get("/admin/staff").status_code == 200


def test_two_at_one_record_the_second_reads_what_the_first_wrote(
    world: World, tree: Tree, sits: Sits
) -> None:
    """409; what was typed stays, what is there now stands beside it, and saving again works."""
    at = f"/admin/unions/{tree.plant.id}/edit"
    first, second = (world.staff(OPERATOR, union=tree.plant, name=name) for name in ("先到", "后到"))
    slow = sits(second)
    page = slow.get(at).get_data(as_text=True)
    form = dict(re.findall(r'name="(seen|csrf_token)"[^>]*?value="([^"]*)"', page))
    assert save(sits(first), tree.plant, **{**FILLED, "contact_name": "甲示例"}).status_code == 303
    answer = slow.post(at, data={**form, **FILLED, "contact_name": "乙示例"})
    assert answer.status_code == 409
    body = answer.get_data(as_text=True)
    assert "刚刚被 先到 在" in text_of(answer)
    assert 'value="乙示例"' in body and "原：甲示例" in body
    assert of(tree.plant).contact_name == "甲示例"
    again = dict(re.findall(r'name="(seen|csrf_token)"[^>]*?value="([^"]*)"', body))
    assert slow.post(at, data={**again, **FILLED, "contact_name": "乙示例"}).status_code == 303
    assert of(tree.plant).contact_name == "乙示例"


def test_the_list_is_searched_within_ones_own_scope(world: World, tree: Tree, sits: Sits) -> None:
    """XM-27: own union and below; a name that is not there shows nothing."""
    client = sits(world.staff(OPERATOR, union=tree.plant))
    page = text_of(client.get("/admin/unions"))
    assert tree.plant.name in page and tree.floor.name in page
    assert tree.shop.name not in page
    found = text_of(client.get("/admin/unions?q=车间"))
    assert tree.floor.name in found
    assert "没有符合条件的工会" in text_of(client.get("/admin/unions?q=店"))
    assert "没有符合条件的工会" in text_of(client.get("/admin/unions?q=%25"))


def test_a_long_list_is_turned_page_by_page_without_losing_anybody(
    world: World, tree: Tree, sits: Sits
) -> None:
    for n in range(60):
        world.union(f"示例小组{n:02d}", tree.floor)
    client, at, found = sits(world.staff(OPERATOR, union=tree.floor)), "/admin/unions", []
    while at:
        page = client.get(at).get_data(as_text=True)
        found += re.findall(r"示例小组\d\d", page)
        forward = re.search(r'href="([^"]+)" rel="next"', page)
        at = forward[1].replace("&amp;", "&") if forward else ""
    names = list(dict.fromkeys(found))
    assert len(names) == 60


def test_a_new_union_stands_below_its_parent_and_is_made_once(world: World, tree: Tree, sits: Sits) -> None:
    chair = sits(world.staff(CHAIR, union=tree.city))
    page = chair.get(f"/admin/unions/new?under={tree.city.id}").get_data(as_text=True)
    form = dict(re.findall(r'name="(op|csrf_token|under)"[^>]*?value="([^"]*)"', page))
    data = {**form, "name": "示例新工会", "level": "grassroots"}
    first = chair.post("/admin/unions/new", data=data)
    assert chair.post("/admin/unions/new", data=data).location == first.location
    made = database.session.query(Union).filter_by(name="示例新工会").one()
    assert (made.parent_id, made.path) == (tree.city.id, f"{of(tree.city).path}{made.id}/")
    twin = chair.submit(
        "/admin/unions/new", {**data, "op": "x" * 30}, page=f"/admin/unions/new?under={tree.city.id}"
    )
    assert (twin.status_code, "同名的工会" in text_of(twin)) == (422, True)


def test_a_subtree_moves_with_everybody_in_it(world: World, tree: Tree, sits: Sits, boss: StaffUser) -> None:
    """XM-27: paths of the whole subtree change; who looked from above before does not see it any more."""
    other = world.union("示例另市总工会", tree.province)
    with transaction():
        other.level = "city"
    old_view = sits(world.staff(OPERATOR, union=tree.city))
    new_view = sits(world.staff(OPERATOR, union=other))
    clerk = sits(world.staff(OPERATOR, union=tree.plant))
    at = f"/admin/unions/{tree.floor.id}"
    assert [c.get(at).status_code for c in (old_view, new_view, clerk)] == [200, 404, 200]
    moved = sits(boss).submit(
        f"/admin/unions/{tree.plant.id}/move",
        {"to": str(other.id)},
        page=f"/admin/unions/{tree.plant.id}/move?q=另市",
    )
    assert moved.status_code == 303
    assert of(tree.floor).path == f"{of(other).path}{tree.plant.id}/{tree.floor.id}/"
    assert [c.get(at).status_code for c in (old_view, new_view, clerk)] == [404, 200, 200]


def test_no_union_goes_under_itself(world: World, tree: Tree, boss: StaffUser) -> None:
    for to in (tree.plant, tree.floor):
        with pytest.raises(Refused, match=rules.UNDER_ITSELF), transaction():
            unions.move(tree.plant.id, to.id, acts(boss))
    assert of(tree.floor).path.startswith(of(tree.plant).path)


def test_every_path_is_its_parents_path_and_itself(world: World, tree: Tree, boss: StaffUser) -> None:
    """After any number of moves, refused ones too."""
    import random

    dice = random.Random(27)
    everybody = [world.union(f"示例分会{n}", tree.floor) for n in range(8)]
    for row in everybody:
        with transaction():
            row.level = "grassroots"
    ids = [row.id for row in (tree.city, tree.plant, tree.shop, tree.floor, *everybody)]
    moves = 0
    for _ in range(60):
        union_id, to_id = dice.choice(ids), dice.choice(ids)
        try:
            with transaction():
                unions.move(union_id, to_id, acts(boss))
            moves += 1
        except Refused:
            pass
        database.session.rollback()
        paths = dict(database.session.query(Union.id, Union.path).all())
        parents = dict(database.session.query(Union.id, Union.parent_id).all())
        for one, path in paths.items():
            above = parents[one]
            assert path == (paths[above] if above else "/") + f"{one}/"
    assert moves > 10


# --- own, sibling, parent, child ---------------------------------------------------------------------------

PAGES = {
    "": {OPERATOR, CHAIR, ADMINISTRATOR},
    "/edit": {OPERATOR, CHAIR, ADMINISTRATOR},
    "/move": {ADMINISTRATOR},
}


@pytest.mark.parametrize("role", [OPERATOR, CHAIR, ADMINISTRATOR, FIRST_REVIEWER])
def test_who_opens_which_unions_record(world: World, tree: Tree, sits: Sits, role: str) -> None:
    """A1: own union and below; parent and sibling look like nothing at all, byte for byte but for the id."""
    client = sits(world.staff(role, union=tree.plant))
    absent = uuid.UUID(int=7)
    for ending, roles in PAGES.items():
        if role not in roles:
            assert client.get(f"/admin/unions/{tree.plant.id}{ending}").status_code == 403
            continue
        for near in (tree.plant, tree.floor):
            assert client.get(f"/admin/unions/{near.id}{ending}").status_code == 200, (ending, near.name)
        nothing = text_of(client.get(f"/admin/unions/{absent}{ending}"))
        for far in (tree.city, tree.shop, tree.province):
            answer = client.get(f"/admin/unions/{far.id}{ending}")
            assert (answer.status_code, text_of(answer)) == (404, nothing), (ending, far.name)


def test_nobody_founds_or_moves_beyond_their_scope(world: World, tree: Tree, sits: Sits) -> None:
    client = sits(world.staff(ADMINISTRATOR, union=tree.plant))
    assert client.get(f"/admin/unions/new?under={tree.shop.id}").status_code == 404
    assert client.get("/admin/unions/new").status_code == 403
    out = client.submit(
        f"/admin/unions/{tree.floor.id}/move",
        {"to": str(tree.shop.id)},
        page=f"/admin/unions/{tree.plant.id}/edit",
    )
    assert out.status_code == 404
    assert of(tree.floor).parent_id == tree.plant.id
    assert tree.shop.name not in text_of(client.get(f"/admin/unions/{tree.floor.id}/move?q=店"))
    assert queries.chain_of(tree.floor.id) >= {tree.plant.id, tree.city.id, tree.province.id}
