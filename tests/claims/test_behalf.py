"""Claims that a union files for somebody: who may be chosen, what is asked, what is refused?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from claims.models import Claim, ClaimDocument
from claims.service import behalf
from core.db import db as database
from core.db import transaction
from core.roles import CHAIR, OPERATOR
from notify.models import InboxMessage, OutboxMessage
from tests.claims.filer import AGENT, NEW, OTHER, PAPERS, RELATIVE, Filer
from tests.claims.paper import CARD, hidden, says
from tests.office import fresh
from tests.world import World


@pytest.fixture
def union(world: World) -> Any:
    return world.union("示例一厂工会委员会")


@pytest.fixture
def filer(app: Any, world: World, union: Any) -> Filer:
    return Filer(app, world, union, name="郑经办")


@pytest.fixture
def person(world: World, union: Any) -> Any:
    return world.insured(union=union, name="王石爨")


# --- the way in: menu, kinds, who, whom (XM-80 … XM-84)


def test_the_menu_leads_to_the_choice_of_the_benefit_xm_80(filer: Filer) -> None:
    menu = filer.get("/admin/").get_data(as_text=True).split('id="menu"')[1].split("</nav>")[0]
    assert "业务申报平台-医疗互助" in menu and f'href="{NEW}"' in menu and "医疗补助申请" in menu
    page = says(filer.get(NEW))
    assert "补助项目" in page and "经办人信息" in page and "选择人员" in page


@pytest.mark.parametrize(
    ("scheme", "hospital"), [("xiamen", "住院补助及住院天数补助"), ("guangxi", "住院医疗补助")]
)
def test_the_three_benefits_by_the_profiles_own_names_xm_81(
    make_app: Any, scheme: str, hospital: str
) -> None:
    app = make_app(SCHEME=scheme)
    with app.app_context():
        world = World()
        page = says(Filer(app, world, world.union()).get(NEW))
    for words in (hospital, "工伤致残慰问金", "职工亡故慰问金"):
        assert words in page


def test_hospital_is_one_application_with_two_awards_xm_81(make_app: Any) -> None:
    app = make_app(SCHEME="xiamen")
    with app.app_context():
        world = World()
        union = world.union()
        one = Filer(app, world, union)
        one.extra = ("application_form",)
        someone = world.employee(union)
        world.cover(someone, "XM-2026")
        claim = one.filed(someone)
        assert [line["benefit"] for line in claim.award["lines"]] == ["ZYJB", "ZYTS"]
        assert claim.state == "union_review", "the profile's first level"


def test_for_somebody_else_or_for_oneself_xm_82(app: Any, world: World, union: Any) -> None:
    """本人办理 only for an operator who is on the roster themselves; the server knows."""
    stranger = Filer(app, world, union)
    page = says(stranger.get(f"{NEW}?who=self"))
    assert "代他人办理" in page and "本人办理" in page and "没有在名册里找到您本人" in page
    member = world.employee(union)
    world.cover(member)
    self_filer = Filer(app, world, union)
    with transaction():
        self_filer.user.id_number = member.id_number
    assert member.name in says(self_filer.get(f"{NEW}?who=self"))
    claim = self_filer.filed(member, who="self")
    assert claim.is_by_agent is False and claim.filed_by_kind == "staff"
    other = world.employee(union)
    world.cover(other)
    refused = self_filer.begin(other, who="self")
    assert refused.status_code == 422 and "没有在名册里找到您本人" in says(refused)
    as_agent = self_filer.begin(member, who="agent")
    assert as_agent.status_code == 422 and "改选“本人办理”" in says(as_agent)


@pytest.mark.parametrize("typed", ["name", "phone", "id_number"])
def test_a_person_is_found_by_name_phone_or_number_xm_83(filer: Filer, person: Any, typed: str) -> None:
    answer = filer.look_up(getattr(person, typed))
    assert answer.status_code == 303 and str(person.id) in answer.location
    for secret in (person.name, person.phone, person.id_number):
        assert secret not in answer.location, "nothing personal in an address"
    page = says(filer.get(answer.location))
    assert person.name in page and "确定" in page


def test_people_of_unions_below_are_found_and_those_beside_are_not_xm_84(
    filer: Filer, world: World, union: Any
) -> None:
    below = world.employee(world.union("示例车间工会", union), name="赵车间")
    beside = world.employee(world.union("隔壁工会"), name="钱隔壁")
    world.cover(below)
    assert filer.look_up("赵车间").status_code == 303
    answer = filer.look_up("钱隔壁")
    assert answer.status_code == 422
    assert "没有找到这个人。请确认已参保，并且会籍在本单位。" in says(answer)
    assert "如选择不到相应人员，请确认该人员是否参加保障并且会籍信息是正确的" in says(answer)
    assert 'value="钱隔壁"' in answer.get_data(as_text=True), "what was typed is kept"
    assert filer.look_up(beside.id_number).status_code == 422
    begun = filer.begin(beside, op="a" * 32)
    assert begun.status_code == 404 and not database.session.query(Claim).count()


def test_whose_membership_is_elsewhere_is_said_to_who_knows_name_and_number_xm_84(
    filer: Filer, world: World
) -> None:
    beside = world.employee(world.union("隔壁工会"), name="钱隔壁")
    said = says(filer.look_up(f"钱隔壁 {beside.id_number}"))
    assert "会籍在“隔壁工会”" in said and "会籍变更" in said
    wrong = says(filer.look_up(f"钱别人 {beside.id_number}"))
    assert "隔壁工会" not in wrong and "没有找到这个人" in wrong


def _left(world: World, union: Any) -> Any:
    one = world.employee(union, name="孙离职", is_active=False, left_on=dt.date(2026, 8, 1))
    world.cover(one)
    return one


def _uninsured(world: World, union: Any) -> Any:
    return world.employee(union, name="周没保")


def _past(world: World, union: Any) -> Any:
    one = world.employee(union, name="吴过期")
    world.cover(one, "GX-2025", starts_on=dt.date(2025, 1, 1), ends_on=dt.date(2025, 12, 31))
    return one


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (_uninsured, "hospital", "没有参保记录，不能申请"),
        (_left, "hospital", "已于 2026-08-01 离职"),
        (_past, "hospital", "申请截止日 2026-08-31 已过"),
    ],
)
def test_who_cannot_be_chosen_says_why_and_what_to_do_xm_84(
    filer: Filer, world: World, union: Any, make: Callable[..., Any], kind: str, words: str
) -> None:
    one = make(world, union)
    answer = filer.look_up(one.name, kind)
    page = says(filer.get(answer.location))
    assert "不能选择的人员" in page and one.name in page and words in page
    assert "确定" not in page
    refused = filer.begin(one, kind)
    assert refused.status_code == 422 and words in says(refused)


def test_a_second_death_claim_is_not_begun_xm_84(filer: Filer, person: Any) -> None:
    claim = filer.filed(person, "death")
    page = says(filer.get(f"{NEW}?kind=death&person={person.id}"))
    assert f"亡故慰问金已经申请过（申报号 {claim.number}" in page and "查看这份申请" in page


def test_an_own_unfinished_application_is_continued(filer: Filer, person: Any) -> None:
    at = filer.start(person, "injury")
    page = filer.get(f"{NEW}?kind=injury&person={person.id}").get_data(as_text=True)
    assert "您有一份没写完的申请" in page and f'href="{at}/form"' in page


def test_a_hospital_claim_of_the_dead_is_made_with_the_familys_account_xm_114(
    filer: Filer, world: World, union: Any
) -> None:
    one = world.employee(union, name="郑已故", is_deceased=True, is_active=False)
    world.cover(one)
    assert "名册已登记亡故，收款请用家属的账户" in says(filer.get(f"{NEW}?person={one.id}"))
    at = filer.start(one)
    assert filer.claim(at).is_own_account is False
    assert "家属手机号码" in says(filer.get(f"{at}/form"))


def test_consent_is_asked_before_anything_is_typed(filer: Filer, person: Any) -> None:
    refused = filer.begin(person, informed="")
    assert refused.status_code == 422 and behalf.NOT_INFORMED in says(refused)
    assert database.session.query(Claim).count() == 0


def test_the_chair_may_file_and_others_may_not(app: Any, world: World, union: Any) -> None:
    assert Filer(app, world, union, CHAIR, OPERATOR).get(NEW).status_code == 200
    client = world.sign_in(app.test_client(), staff=world.staff("first_reviewer"))
    assert client.get(NEW).status_code == 403


# --- filling in and handing in (XM-85)


@pytest.mark.parametrize("kind", ["hospital", "injury", "death"])
def test_filled_in_uploaded_and_handed_in_xm_85(filer: Filer, person: Any, kind: str) -> None:
    claim = filer.filed(person, kind)
    assert (claim.state, claim.filed_by_id, claim.is_by_agent) == ("first_review", filer.user.id, True)
    assert claim.award and claim.award["total_fen"] > 0
    page = says(filer.get(f"/admin/claims/filings/{claim.number}"))
    assert claim.number in page and "待初核" in page and "办理进度" in page
    assert claim.number in says(filer.get("/admin/claims/filings"))
    assert claim.number in says(filer.get("/admin/mine")), "我的办件"


def test_a_form_sent_twice_is_one_application(filer: Filer, person: Any) -> None:
    at = filer.filled(person, "hospital")
    page = hidden(filer.get(f"{at}/check").get_data(as_text=True))
    first = filer.client.post(f"{at}/check", data={**page, "declared": "y"})
    again = filer.client.post(f"{at}/check", data={**page, "declared": "y"})
    assert (first.location, again.location) == (at, at)
    assert filer.claim(at).version == 1


@pytest.mark.parametrize("kind", ["hospital", "injury", "death"])
def test_an_empty_form_says_everything_that_is_missing_and_keeps_what_was_typed(
    filer: Filer, person: Any, kind: str
) -> None:
    at = filer.start(person, kind)
    answer = filer.send(f"{at}/form", {"payee_branch": "示例支行", "do": "next"})
    said = says(answer)
    assert answer.status_code == 422 and "处需要改正" in said and "示例支行" in answer.get_data(as_text=True)
    wanted = {"hospital": "请填写就诊医院", "injury": "请选择受伤日期", "death": "请选择亡故日期"}
    assert wanted[kind] in said and "请上传代办人身份证正面" in said
    assert filer.hand_in(at).status_code == 422
    assert filer.claim(at).state == "draft"


def test_an_agent_without_their_certificate_is_asked_for_it_xm_112(filer: Filer, person: Any) -> None:
    at = filer.start(person)
    account = {"payee_name": person.name, "payee_bank": "示例银行", "payee_card": CARD}
    answer = filer.fill(at, "hospital", account, (*PAPERS["hospital"], "bank_card"))
    said = says(answer)
    assert answer.status_code == 422
    assert "请上传代办人身份证正面" in said and "请上传代办人身份证背面" in said
    assert "某某市人民医院" in answer.get_data(as_text=True)
    assert filer.fill(at, "hospital", account, AGENT).location == f"{at}/check", "the rest was kept"


def test_for_oneself_only_the_own_certificate_is_needed_xm_111(app: Any, world: World, union: Any) -> None:
    member = world.employee(union)
    world.cover(member)
    one = Filer(app, world, union)
    with transaction():
        one.user.id_number = member.id_number
    claim = one.filed(member, who="self")
    assert claim.state == "first_review"
    kinds = {row.kind for row in database.session.query(ClaimDocument).filter_by(claim_id=claim.id)}
    assert {"id_front", "id_back"} <= kinds and not kinds & set(AGENT)


def test_the_agents_certificate_is_uploaded_once_for_many(
    filer: Filer, world: World, union: Any, person: Any
) -> None:
    filer.filed(person)
    other = world.employee(union)
    world.cover(other)
    at = filer.start(other)
    assert "用上次上传的代办人证件" in says(filer.get(f"{at}/form"))
    filer.send(f"{at}/form", {"do": "agent_photos"})
    account = {"payee_name": other.name, "payee_bank": "示例银行", "payee_card": "6222021234567890136"}
    stay = {"receipt_number": "0099999999"}
    answer = filer.fill(at, "hospital", {**account, **stay}, (*PAPERS["hospital"], "bank_card"))
    assert answer.location == f"{at}/check", says(answer)
    claim = filer.claim(at)
    from claims.service import checks, suspicions

    codes = {check.code for check in checks.run(claim)}
    assert not codes & {"picture_elsewhere", "picture_again"}, "the agent's own photos mean nothing"
    assert not [check for check in suspicions.for_reviewer(claim) if check.code == "picture_elsewhere"]


def test_anothers_account_needs_a_statement_relation_and_reason_xm_114(filer: Filer, person: Any) -> None:
    at = filer.start(person)
    data = {**RELATIVE, "payee_relation": "", "why_other": ""}
    answer = filer.fill(at, "hospital", data, (*PAPERS["hospital"], *AGENT))
    said = says(answer)
    assert answer.status_code == 422
    for words in ("请上传情况说明", "请上传收款人身份证正面", "请上传收款人身份证背面", "请上传收款人银行卡",
                  "请选择与被保障人的关系", "请填写被保障人无法申领的原因"):  # fmt: skip
        assert words in said, words
    assert "李家属" in answer.get_data(as_text=True)
    assert filer.fill(at, "hospital", RELATIVE, OTHER).location == f"{at}/check"
    claim = filer.claim(at)
    assert (claim.payee_relation, claim.why_other, claim.is_own_account) == ("配偶", "本人已亡故", False)


def test_changing_whose_card_it_is_keeps_the_rest_and_forgets_the_card(filer: Filer, person: Any) -> None:
    at = filer.start(person)
    own = {"payee_name": person.name, "payee_bank": "示例银行", "payee_card": CARD, "hospital": "某某医院"}
    filer.send(f"{at}/form", {**own, "do": "other"})
    claim = filer.claim(at)
    assert (claim.is_own_account, claim.hospital, claim.payee_name, claim.payee_card) == (
        False,
        "某某医院",
        "",
        None,
    )
    filer.send(f"{at}/form", {"do": "own"})
    claim = filer.claim(at)
    assert (claim.is_own_account, claim.payee_name) == (True, person.name)


def test_a_first_class_card_is_hinted_at_xm_113(filer: Filer, person: Any) -> None:
    at = filer.start(person)
    assert "请尽量用一类银行卡，二类卡可能限额" in says(filer.get(f"{at}/form"))


@pytest.mark.parametrize("typed", ["11", "0", "十一级", "-1"])
def test_a_grade_there_is_not_is_refused_kindly_xm_104(filer: Filer, person: Any, typed: str) -> None:
    at = filer.start(person, "injury")
    account = {"payee_name": person.name, "payee_bank": "示例银行", "payee_card": CARD}
    answer = filer.fill(at, "injury", {**account, "injury_grade": typed}, ())
    assert answer.status_code == 422
    assert "伤残等级是 1 级到 10 级" in says(answer) and "2026-03-01" in answer.get_data(as_text=True)
    assert filer.claim(at).injury_grade is None
    blocked = filer.get(f"{at}/check")
    assert "伤残等级没有看懂" in says(blocked) or "请选择伤残等级" in says(blocked)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"event_on": "2099-01-01"}, "受伤日期不能晚于今天"),
        ({"recognised_on": "2026-02-01"}, "工伤认定日期不能早于受伤日期（2026-03-01）"),
        ({"event_on": "去年"}, "受伤日期没有看懂"),
        ({"event_on": "2024-03-01"}, "受伤日期不在保障期内"),
    ],
)
def test_dates_of_an_injury_are_checked_in_words(
    filer: Filer, person: Any, data: dict[str, str], words: str
) -> None:
    at = filer.start(person, "injury")
    answer = filer.fill(at, "injury", data, ())
    assert answer.status_code == 422 and words in says(answer)


def test_a_graver_grade_later_pays_the_difference(filer: Filer, person: Any, world: World) -> None:
    """The award engine remembers: grade 7 was paid 4,500, grade 4 is worth 10,000."""
    from claims.service import review
    from core.roles import FIRST_REVIEWER, SECOND_REVIEWER
    from tests.office import actor

    first = filer.filed(person, "injury")
    assert first.award["total_fen"] == 450_000
    with transaction():
        for role in (FIRST_REVIEWER, SECOND_REVIEWER):
            review.approve(first, actor(world.staff(role), role), first.version, "已核对")
    second = filer.filed(person, "injury", injury_grade="4")
    assert second.award["total_fen"] == 550_000
    assert "此前已补助 4,500.00" in str(second.award["lines"])


def test_one_injury_is_applied_for_once_at_a_time(filer: Filer, person: Any) -> None:
    first = filer.filed(person, "injury")
    at = filer.filled(person, "injury", payee_bank="另一银行")
    answer = filer.hand_in(at)
    assert answer.status_code == 422 and f"（申报号 {first.number}）" in says(answer)


def test_words_speak_of_the_person_not_to_them(filer: Filer, world: World, union: Any) -> None:
    one = world.employee(union)
    world.cover(one, starts_on=dt.date(2026, 5, 1))
    at = filer.start(one, "injury")
    said = says(filer.fill(at, "injury", {}, ()))
    assert "该职工的保障期" in said and "您的保障期" not in said


def test_the_cover_of_a_former_union_still_counts(filer: Filer, world: World, union: Any) -> None:
    """Who changed unions is chosen by the union they are in now, by the cover they brought along."""
    former = world.union("原单位工会")
    one = world.employee(former, name="冯调动")
    world.cover(one)
    with transaction():
        one.union_id = union.id
    claim = filer.filed(one)
    assert (claim.union_id, claim.coverage_id is not None) == (union.id, True)


# --- who reads what


def test_the_filer_and_the_person_are_both_told_xm_85(filer: Filer, person: Any) -> None:
    claim = filer.filed(person)
    rows = database.session.query(InboxMessage).filter(InboxMessage.kind.like("%submitted")).all()
    assert {(row.owner_kind, row.owner_id, row.kind) for row in rows} == {
        ("employee", person.id, "helped_submitted"),
        ("staff", filer.user.id, "filed_submitted"),
    }
    sms = database.session.query(OutboxMessage).filter_by(kind="helped_submitted", channel="sms").all()
    assert [row.address for row in sms] == [person.phone] or not sms  # by WeChat where they follow
    assert claim.number not in "".join(row.params or "" for row in sms)


def test_the_person_reads_it_on_the_phone_and_changes_nothing(
    app: Any, filer: Filer, world: World, person: Any
) -> None:
    claim = filer.filed(person)
    phone = world.sign_in(app.test_client(), person=person)
    at = f"/h5/claims/{claim.number}"
    page = phone.get(at).get_data(as_text=True)
    assert "由工会代办" in page and "某某市人民医院" in page
    assert "撤回申请" not in page and f"{at}/withdraw" not in page
    assert claim.number in phone.get("/h5/claims").get_data(as_text=True)
    for path in ("/1", "/check", "/fix", "/payee", "/withdraw", "/submitted"):
        assert phone.get(at + path).status_code == 404, path
    papers = {row.kind: row.id for row in database.session.query(ClaimDocument).filter_by(claim_id=claim.id)}
    assert phone.get(f"{at}/documents/{papers['id_front']}/thumb").status_code == 200
    assert phone.get(f"{at}/documents/{papers['agent_id_front']}/thumb").status_code == 404, "the agent's own"
    assert str(papers["agent_id_front"]) not in page


def test_a_draft_of_the_union_is_not_the_persons_to_see(
    app: Any, filer: Filer, world: World, person: Any
) -> None:
    at = filer.start(person)
    number = at.rsplit("/", 1)[1]
    phone = world.sign_in(app.test_client(), person=person)
    assert phone.get(f"/h5/claims/{number}").status_code == 404
    assert number not in phone.get("/h5/claims").get_data(as_text=True)


def test_returned_to_the_filer_who_hands_it_in_again_under_its_number_xm_94(
    app: Any, filer: Filer, world: World, person: Any
) -> None:
    from claims.service import review
    from core.roles import FIRST_REVIEWER
    from tests.office import actor

    claim = filer.filed(person)
    clerk = actor(world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    with transaction():
        review.return_to_filer(claim, clerk, claim.version, "发票照片不清楚", ["invoice"])
    phone = world.sign_in(app.test_client(), person=person)
    home = phone.get("/h5/").get_data(as_text=True)
    assert "需要您处理" not in home and "去修改" not in home, "it is not theirs to change"
    assert "由工会经办人修改" in phone.get(f"/h5/claims/{claim.number}").get_data(as_text=True)
    at = f"/admin/claims/filings/{claim.number}"
    shown = says(filer.get(at))
    assert "发票照片不清楚" in shown and "去修改" in shown
    assert "还没有改动" in says(filer.get(f"{at}/check"))
    answer = filer.send(f"{at}/form", {**filer.photos("invoice"), "diagnosis": "改过的诊断", "do": "next"})
    assert answer.location == f"{at}/check", says(answer)
    assert filer.hand_in(at).location == at
    again = fresh(claim)
    assert (again.state, again.number, again.diagnosis) == ("first_review", claim.number, "改过的诊断")


def test_the_filer_takes_it_back_and_deletes_a_draft(filer: Filer, person: Any) -> None:
    claim = filer.filed(person)
    at = f"/admin/claims/filings/{claim.number}"
    assert filer.send(f"{at}/withdraw", {"do": "confirm"}).location == at
    assert fresh(claim).state == "withdrawn"
    draft = filer.start(person)
    assert filer.send(f"{draft}/delete", {"do": "confirm"}).location == "/admin/claims/filings"
    assert database.session.query(Claim).count() == 1


def test_nobody_decides_on_what_they_filed(app: Any, filer: Filer, person: Any) -> None:
    from claims.service import review

    claim = filer.filed(person)
    assert "代办提交" in review.why_not(claim, filer.by)


def test_a_colleague_sees_only_what_they_filed_themselves(
    app: Any, world: World, filer: Filer, union: Any, person: Any
) -> None:
    at = filer.start(person)
    colleague = Filer(app, world, union)
    assert colleague.get(at).status_code == 404
    assert colleague.get(f"{at}/form").status_code == 404
    assert at.rsplit("/", 1)[1] not in says(colleague.get("/admin/claims/filings"))


def test_an_appeal_is_the_filers_once(filer: Filer, world: World, person: Any) -> None:
    from claims.service import review
    from core.roles import FIRST_REVIEWER
    from tests.office import actor

    claim = filer.filed(person)
    with transaction():
        clerk = actor(world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
        review.refuse(claim, clerk, claim.version, "excluded", "见计划第三条")
    at = f"/admin/claims/filings/{claim.number}"
    assert "见计划第三条" in says(filer.get(at))
    assert filer.send(f"{at}/appeal", {"note": ""}).status_code == 422
    assert filer.send(f"{at}/appeal", {"note": "材料可以证明"}).location == at
    assert fresh(claim).state == "second_review"


# --- two at once, and rights that end


def test_the_same_stay_from_phone_and_counter_is_refused_with_the_other_number(
    app: Any, filer: Filer, world: World, person: Any
) -> None:
    from tests.claims.conftest import Worker

    worker = Worker(world, app.test_client(), person)
    on_phone = worker.claim(worker.submit()).number
    at = filer.start(person)
    account = {"payee_name": person.name, "payee_bank": "示例银行", "payee_card": CARD}
    answer = filer.fill(at, "hospital", account, (*PAPERS["hospital"], *AGENT, "bank_card"))
    assert answer.status_code == 422
    assert f"这次住院已经申请过（申报号 {on_phone}）" in says(answer)
    assert "某某市人民医院" in answer.get_data(as_text=True)
    refused = filer.hand_in(at)
    assert refused.status_code == 422 and filer.claim(at).state == "draft"


def test_phone_and_counter_at_the_same_moment_one_wins(
    app: Any, filer: Filer, world: World, person: Any
) -> None:
    """Both looked complete; whoever comes second waits for the lock and reads the other's number."""
    import threading

    from claims.service import filing
    from core.errors import Invalid
    from tests.claims.conftest import Worker

    worker = Worker(world, app.test_client(), person)
    phone = worker.claim(worker.fill()).id
    desk = filer.claim(filer.filled(person, "hospital")).id
    said: list[str] = []
    ready = threading.Barrier(2)

    def hand_in(claim_id: Any, by: Any, how: Any) -> None:
        with app.app_context():
            ready.wait(20)
            try:
                with transaction():
                    how(database.session.get_one(Claim, claim_id), by)
                said.append("in")
            except Invalid as refusal:
                said.append(refusal.text)
            finally:
                database.session.remove()

    threads = [
        threading.Thread(target=hand_in, args=(phone, worker.actor, filing.submit)),
        threading.Thread(target=hand_in, args=(desk, filer.by, behalf.submit)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    database.session.rollback()
    database.session.expire_all()
    states = sorted(database.session.get_one(Claim, one).state for one in (phone, desk))
    assert states == ["draft", "first_review"]
    assert sorted(word == "in" for word in said) == [False, True]
    assert any("已经申请过（申报号" in word for word in said)


def test_a_right_that_ended_ends_it_at_once(app: Any, filer: Filer, world: World, person: Any) -> None:
    from staff.models import Grant

    at = filer.start(person)
    elsewhere = world.union("别处工会").id
    with transaction():
        grant = database.session.query(Grant).filter_by(staff_id=filer.user.id).one()
        grant.union_id = elsewhere
    assert filer.get(f"{at}/form").status_code == 404
    assert at.rsplit("/", 1)[1] not in says(filer.get("/admin/claims/filings"))


def test_an_automatic_claim_after_a_union_filing_is_the_filers_too(
    app: Any, filer: Filer, world: World, person: Any
) -> None:
    from claims.service import automatic, payment, review
    from core.roles import FINANCE_CHECKER, FIRST_REVIEWER, SECOND_REVIEWER
    from tests.office import actor

    claim = filer.filed(person, "hospital", total="90000", pooled="20000", self_paid="60000")
    with transaction():
        for role in (FIRST_REVIEWER, SECOND_REVIEWER):
            review.approve(claim, actor(world.staff(role), role), claim.version, "已核对")
        by = actor(world.staff(FINANCE_CHECKER), FINANCE_CHECKER)
        payment.start_paying([claim.id], by)
        automatic.hold_people([claim.id])
        payment.paid(claim.id, by)
        given = automatic.grant_after(claim)
    if given is None:  # settled by `paid` itself
        given = database.session.query(Claim).filter_by(kind="automatic").one()
    assert (given.filed_by_kind, given.filed_by_id) == ("staff", filer.user.id)


def test_what_came_back_is_gone_on_with_when_the_filer_has_left(
    app: Any, filer: Filer, world: World, union: Any, person: Any
) -> None:
    claim = filer.filed(person)
    with transaction():
        claim.state = "returned"
    colleague = Filer(app, world, union, name="钱接手")
    seen, at = f"/admin/claims/{claim.number}", f"/admin/claims/filings/{claim.number}"
    assert "接着办理" not in says(colleague.get(seen)), "the filer is there"
    token = hidden(colleague.get(NEW).get_data(as_text=True))["csrf_token"]
    assert colleague.client.post(f"{at}/take-over", data={"csrf_token": token}).status_code == 409
    with transaction():
        filer.user.is_active = False
    assert "接着办理" in says(colleague.get(seen))
    assert colleague.send(f"{at}/take-over", page=seen).location == at
    assert fresh(claim).filed_by_id == colleague.user.id
    assert colleague.get(f"{at}/form").status_code == 200


def test_a_claim_of_the_dead_from_the_phone_is_gone_on_with_by_the_union(
    app: Any, filer: Filer, world: World, person: Any
) -> None:
    from claims.service import review
    from core.roles import FIRST_REVIEWER
    from tests.claims.conftest import Worker
    from tests.office import actor

    worker = Worker(world, app.test_client(), person)
    claim = worker.claim(worker.submit())
    with transaction():
        clerk = actor(world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
        review.return_to_filer(claim, clerk, claim.version, "请补材料", [])
    filer.filed(person, "death")
    at = f"/admin/claims/filings/{claim.number}"
    assert filer.send(f"{at}/take-over", page=f"/admin/claims/{claim.number}").location == at
    page = says(filer.get(f"{at}/form"))
    assert "代办人身份证正面" in page and "改用家属的卡" in page
