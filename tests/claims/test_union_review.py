"""补助审核 by the person's own union, where the profile has that level (XM-90 … XM-95)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from claims.models import Claim
from claims.queries import union_desk
from claims.service import correction, filing, reasons, review
from claims.service import undo as undoing
from config.scheme import SchemeError, load_scheme
from config.settings import SCHEMES
from core.db import db as database
from core.db import transaction
from core.roles import CHAIR, FIRST_REVIEWER, OPERATOR
from employee.models import Employee
from notify.models import InboxMessage
from staff.models import Grant
from tests.claims.paper import says
from tests.office import Office, actor, fresh
from tests.world import World, as_employee
from union.models import Union

KINDS = ("住院补助及住院天数补助", "工伤致残慰问金", "职工亡故慰问金")
MISSING = "缺少出院小结或出院记录，请补传"
DESK = "/admin/claims/review"


class UnionOffice(Office):
    """An office of the Xiamen scheme: a union with one below it, another beside it, and an operator."""

    def __init__(self, app: Flask) -> None:
        super().__init__(World())
        self.app = app
        self.union = self.world.union("软件园二期工会联合会")
        self.below = self.world.union("软件园某公司工会委员会", self.union)
        self.beside = self.world.union("别处某公司工会委员会")
        self.operator = self.world.staff(OPERATOR, union=self.union, name="李经办")
        self.client = self.world.sign_in(app.test_client(), staff=self.operator)

    @property
    def by(self) -> Any:
        return actor(self.operator, OPERATOR, union=self.union)

    def person(self, union: Union | None = None, **values: Any) -> Employee:
        person = self.world.employee(union or self.below, **values)
        self.world.cover(person, "XM-2026")
        return person

    def waiting(self, union: Union | None = None) -> Claim:
        """A claim as its person filed it: it waits for the union."""
        return self.file(self.person(union))


@pytest.fixture
def xiamen(make_app: Callable[..., Flask]) -> Iterator[UnionOffice]:
    app = make_app(SCHEME="xiamen")
    with app.app_context():
        yield UnionOffice(app)
        database.session.rollback()
        database.session.remove()


def page(client: Any, at: str) -> str:
    return str(client.get(at).get_data(as_text=True))


# --- the way, the menu, the counter (XM-90, XM-91, XM-92) --------------------------------------------------


def test_the_way_of_a_claim_is_shown_by_the_schemes_own_levels_xm_90(xiamen: UnionOffice) -> None:
    said = says(xiamen.client.get(DESK))
    places = [said.index(words) for words in ("提交申请", "待初审", "待复审", "待打款", "办结")]
    assert places == sorted(places)
    assert "网上办理流程" in said
    assert "退回到提单" in said


def test_the_menu_has_one_entry_a_kind_with_how_many_wait_xm_91(xiamen: UnionOffice) -> None:
    xiamen.waiting()
    menu = page(xiamen.client, "/admin/").split('id="menu"')[1].split("</nav>")[0]
    assert "基层业务管理-医疗互助管理-补助审核" in menu
    for kind, words in zip(("hospital", "injury", "death"), KINDS, strict=True):
        assert f'href="{DESK}/{kind}"' in menu
        assert words in menu
    assert re.search(r'review/hospital"[^>]*>[^<]*<span class="count">1<', menu)


def test_the_number_stands_in_words_and_leads_to_the_list_xm_92(xiamen: UnionOffice) -> None:
    tile = r'href="/admin/claims/review/hospital"><span>[^<]+</span> <b>%d</b> <span>待基层审核<'
    assert re.search(tile % 0, page(xiamen.client, DESK)), "nothing waits, and it says so"
    claim = xiamen.waiting()
    assert re.search(tile % 1, page(xiamen.client, DESK))
    listed = page(xiamen.client, f"{DESK}/hospital")
    assert "<b>1</b> <span>待基层审核" in listed
    assert 'aria-current="page">待审核' in listed
    assert f'href="/admin/claims/{claim.number}"' in listed
    assert claim.number not in page(xiamen.client, f"{DESK}/injury")
    assert xiamen.client.get(f"/admin/claims/{claim.number}").status_code == 200


def test_only_the_unions_below_are_counted_and_listed_xm_92(xiamen: UnionOffice) -> None:
    here, there = xiamen.waiting(xiamen.union), xiamen.waiting(xiamen.beside)
    listed = page(xiamen.client, f"{DESK}/hospital")
    assert here.number in listed
    assert there.number not in listed
    assert union_desk.counts(xiamen.by) == {"hospital": 1}


def test_a_reading_role_elsewhere_does_not_widen_the_desk(xiamen: UnionOffice) -> None:
    """An operator of one union who is first reviewer of another reviews as operator in the first alone."""
    there = xiamen.waiting(xiamen.beside)
    both = xiamen.world.staff(OPERATOR, union=xiamen.union)
    with transaction():
        database.session.add(Grant(staff_id=both.id, role=FIRST_REVIEWER, union_id=xiamen.beside.id))
    client = xiamen.world.sign_in(xiamen.app.test_client(), staff=both)
    assert there.number in page(client, "/admin/claims")
    assert there.number not in page(client, f"{DESK}/hospital")


def test_what_was_decided_moves_to_the_other_tab_xm_92(xiamen: UnionOffice) -> None:
    passed, returned, waits = xiamen.waiting(), xiamen.waiting(), xiamen.waiting()
    with transaction():
        review.approve(passed, xiamen.by, passed.version)
        review.return_to_filer(returned, xiamen.by, returned.version, "发票照片不清楚", ["invoice"])
    done = page(xiamen.client, f"{DESK}/hospital?tab=done")
    assert 'aria-current="page">已审核' in done
    assert {c.number in done for c in (passed, returned)} == {True}
    assert waits.number not in done
    for words in ("同意", "退回到提单", "李经办", "待初审", "已退回"):
        assert words in done
    first = page(xiamen.client, f"{DESK}/hospital")
    assert waits.number in first
    assert passed.number not in first


def test_a_decision_taken_back_waits_again(xiamen: UnionOffice) -> None:
    claim = xiamen.waiting()
    with transaction():
        review.approve(claim, xiamen.by, claim.version)
    with transaction():
        undoing.undo(claim, xiamen.by, claim.version)
    assert claim.number in page(xiamen.client, f"{DESK}/hospital")
    assert claim.number not in page(xiamen.client, f"{DESK}/hospital?tab=done")


def test_both_lists_turn_their_pages_by_key_xm_92(xiamen: UnionOffice) -> None:
    made = xiamen.rows(25, xiamen.below, "union_review")
    client = xiamen.client
    shown: list[str] = []
    at: str | None = f"{DESK}/hospital"
    while at:
        body = page(client, at)
        shown += re.findall(r'row-link" href="/admin/claims/(BZ\d+)"', body)
        found = re.search(r'href="([^"]+)" rel="next"', body)
        at = found[1].replace("&amp;", "&") if found else None
    assert shown == [claim.number for claim in made]


def test_the_lists_are_found_by_number_and_union(xiamen: UnionOffice) -> None:
    one, two = xiamen.waiting(xiamen.union), xiamen.waiting(xiamen.below)
    for query, found in ((f"number={one.number}", {one}), ("union=某公司", {two}), ("number=BZ1", set())):
        listed = page(xiamen.client, f"{DESK}/hospital?{query}")
        assert {claim for claim in (one, two) if f"/{claim.number}" in listed} == found, query


# --- agree and send back (XM-93, XM-94, XM-95) -------------------------------------------------------------


def test_the_reviewer_first_sees_the_persons_information_and_papers_xm_95(xiamen: UnionOffice) -> None:
    claim = xiamen.waiting()
    said = says(xiamen.client.get(f"/admin/claims/{claim.number}"))
    person = database.session.get_one(Employee, claim.employee_id)
    assert said.rindex("同意") > said.index("退回…")
    places = [said.index(words) for words in ("系统核对", "申请内容", person_union(person), "退回…")]
    assert places == sorted(places)
    assert "返回补助审核（第 1 件，共 1 件）" in said
    for words in ("发票", "结算单", "出院小结", "证件正面", "银行卡", "材料齐全"):
        assert words in said


def person_union(person: Employee) -> str:
    return database.session.get_one(Union, person.union_id).name


def test_agreeing_asks_first_and_goes_to_the_next_level_xm_93(xiamen: UnionOffice) -> None:
    claim = xiamen.waiting()
    at = f"/admin/claims/{claim.number}/approve"
    asked = says(xiamen.client.get(at))
    assert "职工信息和材料无误，且满足申请条件" in asked
    for words in ("确定", "取消", "同意后进入初审"):
        assert words in asked
    assert fresh(claim).state == "union_review", "asking changes nothing"
    assert xiamen.client.submit(at, {"seen": claim.version}).status_code == 303
    claim = fresh(claim)
    assert (claim.state, claim.first_reviewer_id) == ("first_review", None)


def test_sending_back_returns_it_to_the_filer_and_it_comes_again_from_the_first_level_xm_94(
    xiamen: UnionOffice,
) -> None:
    claim = xiamen.waiting()
    at = f"/admin/claims/{claim.number}/return"
    with transaction():
        reasons.seed_reasons()
    shown = page(xiamen.client, at)
    for words in ("退回原因", "常用退回意见", "退回到提单", "发票照片不清楚，请在光线好的地方重拍"):
        assert words in shown
    assert xiamen.client.submit(at, {"seen": claim.version, "note": ""}).status_code == 422
    answer = xiamen.client.submit(at, {"seen": claim.version, "note_pick": [MISSING]})
    assert answer.status_code == 303
    claim = fresh(claim)
    assert claim.state == "returned"
    told = database.session.query(InboxMessage).filter_by(kind="claim_returned").one()
    assert "缺少出院小结" in told.text
    person = as_employee(database.session.get_one(Employee, claim.employee_id))
    with transaction():
        filing.save_step(claim, {"diagnosis": "示例诊断二"}, person)
        correction.resubmit(claim, person)
    assert fresh(claim).state == "union_review"


def test_a_union_cannot_refuse_for_good(xiamen: UnionOffice) -> None:
    claim = xiamen.waiting()
    assert xiamen.client.get(f"/admin/claims/{claim.number}/refuse").status_code == 409
    assert "不予补助" not in says(xiamen.client.get(f"/admin/claims/{claim.number}"))


def test_the_chair_reviews_as_an_operator_xm_20(xiamen: UnionOffice) -> None:
    chair = xiamen.world.staff(CHAIR, OPERATOR, union=xiamen.union)
    claim = xiamen.waiting()
    client = xiamen.world.sign_in(xiamen.app.test_client(), staff=chair)
    assert claim.number in page(client, f"{DESK}/hospital")


# --- the profile decides -----------------------------------------------------------------------------------


def test_a_scheme_without_the_level_has_no_such_menu_and_says_so(app: Flask, world: World) -> None:
    office = Office(world)
    claim = office.file()
    assert claim.state == "first_review"
    client = world.sign_in(app.test_client(), staff=world.staff(OPERATOR))
    assert "补助审核</span>" not in page(client, "/admin/")
    assert f'href="{DESK}' not in page(client, "/admin/")
    said = says(client.get(DESK))
    assert "没有“基层审核”这一级" in said
    assert "待初核" in said
    assert claim.number not in page(client, f"{DESK}/hospital")
    assert union_desk.counts(actor(world.staff(OPERATOR), OPERATOR)) == {}


@pytest.mark.parametrize("levels", ['["first_review", "second_review"]', '["first_review", "union_review"]'])
def test_a_profile_that_contradicts_itself_is_not_loaded(levels: str, tmp_path: Any) -> None:
    text = (SCHEMES / "xiamen.toml").read_text("utf-8")
    changed = text.replace('["union_review", "first_review", "second_review"]', levels)
    assert changed != text
    (tmp_path / "third.toml").write_text(changed, "utf-8")
    with pytest.raises(SchemeError, match="union_first"):
        load_scheme("third", tmp_path)
