"""职工亡故慰问金: gentle, to the family alone, and never a message to the person (XM-103, XM-114)."""

from __future__ import annotations

from typing import Any

import pytest

from claims.models import Claim
from claims.service import payment, review
from core.db import db as database
from core.db import transaction
from core.roles import ADMINISTRATOR, FINANCE_CHECKER, FIRST_REVIEWER, SECOND_REVIEWER
from employee.models import Binding, Employee
from employee.service import deaths
from notify.models import InboxMessage, OutboxMessage
from tests.claims.filer import AGENT, OTHER, PAPERS, RELATIVE, Filer
from tests.claims.paper import CARD, says
from tests.office import actor, fresh
from tests.world import World

FAMILY = RELATIVE["contact_phone"]


@pytest.fixture
def union(world: World) -> Any:
    return world.union("示例一厂工会委员会")


@pytest.fixture
def filer(app: Any, world: World, union: Any) -> Filer:
    return Filer(app, world, union, name="郑经办")


@pytest.fixture
def person(world: World, union: Any) -> Any:
    return world.insured(union=union, name="王逝者")


def outgoing() -> list[OutboxMessage]:
    database.session.rollback()
    database.session.expire_all()
    return list(database.session.query(OutboxMessage).order_by(OutboxMessage.id))


def approve(world: World, claim: Claim) -> None:
    for role in (FIRST_REVIEWER, SECOND_REVIEWER):
        with transaction():
            review.approve(claim, actor(world.staff(role), role), claim.version, "材料已核对")


def test_the_family_hears_and_the_person_never_again(filer: Filer, world: World, person: Any) -> None:
    """From handing in to payment: SMS to the relative's phone, none to the person's phone or WeChat."""
    claim = filer.filed(person, "death")
    approve(world, claim)
    with transaction():
        by = actor(world.staff(FINANCE_CHECKER), FINANCE_CHECKER)
        payment.start_paying([claim.id], by)
        payment.bounced(claim.id, "户名不符", by)
    at = f"/admin/claims/filings/{claim.number}"
    account = {**RELATIVE, "payee_name": "李家属改", "do": "submit"}
    assert filer.send(f"{at}/payee", account).location == at
    with transaction():
        payment.start_paying([claim.id], by)
        payment.paid(claim.id, by)
    assert fresh(claim).state == "paid"
    rows = outgoing()
    to_family = [row.kind for row in rows if row.address == FAMILY]
    assert to_family == [
        "family_submitted", "family_approved", "family_helped", "family_helped", "family_paid"
    ]  # fmt: skip
    assert not [row for row in rows if row.owner_id == person.id or row.address == person.phone]
    assert not database.session.query(InboxMessage).filter_by(owner_id=person.id).count()
    said = "".join(str(row.params) for row in rows if row.address == FAMILY)
    for word in ("恭喜", "亡", "死", "评价", "满意", claim.number, person.name):
        assert word not in said


def test_what_was_waiting_for_the_person_ends_with_the_claim(filer: Filer, world: World, person: Any) -> None:
    stay = filer.filed(person)
    with transaction():
        review.approve(stay, actor(world.staff(FIRST_REVIEWER), FIRST_REVIEWER), stay.version)
        review.return_to_filer(
            stay, actor(world.staff(SECOND_REVIEWER), SECOND_REVIEWER), stay.version, "请补材料", []
        )
    waiting = [row for row in outgoing() if row.owner_id == person.id and row.status == "pending"]
    assert waiting
    filer.filed(person, "death")
    mine = [row for row in outgoing() if row.owner_id == person.id]
    assert {(row.status, row.why) for row in mine} == {("cancelled", "deceased")}
    assert database.session.query(Binding).filter_by(employee_id=person.id, ended_at=None).count() == 0
    row = database.session.get_one(Employee, person.id)
    assert (row.is_deceased, row.is_active, str(row.left_on)) == (True, False, "2026-06-18")


def test_the_page_is_quiet(filer: Filer, person: Any) -> None:
    """No tick, no thanks, no survey; gentle words and what happens now."""
    at = filer.filled(person, "death")
    check = filer.get(f"{at}/check").get_data(as_text=True)
    assert "不会再向亡故职工的手机和微信发送任何消息" in check and 'class="card good"' not in check
    filer.hand_in(at)
    page = filer.get(at).get_data(as_text=True)
    assert "已经收到" in page and "办理结果会用短信告诉家属" in page
    for word in ("成功", "恭喜", "满意", "评价", 'class="notice good"', 'class="card good"'):
        assert word not in page, word


def test_the_fewest_questions(filer: Filer, person: Any) -> None:
    page = filer.get(f"{filer.start(person, 'death')}/form").get_data(as_text=True)
    for name in ("hospital", "diagnosis", "total", "receipt_number", "injury_grade", "id_expires_on"):
        assert f'name="{name}"' not in page
    assert 'name="event_on"' in page and 'name="cause"' in page


def test_a_death_before_the_period_is_refused_and_everything_typed_is_kept(filer: Filer, person: Any) -> None:
    at = filer.start(person, "death")
    papers = (*PAPERS["death"], *AGENT, *OTHER)
    answer = filer.fill(at, "death", {**RELATIVE, "event_on": "2024-12-31"}, papers)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "亡故日期不在保障期内，请核对日期" in page
    for kept in ("2024-12-31", "李家属", "本人已亡故", FAMILY):
        assert kept in page
    claim = filer.claim(at)
    assert claim.state == "draft" and not database.session.get_one(Employee, person.id).is_deceased


def test_the_familys_phone_is_needed_and_is_not_the_persons_own(filer: Filer, person: Any) -> None:
    at = filer.start(person, "death")
    for phone, words in (
        ("", "请填写家属的手机号码"),
        (person.phone, "这是亡故职工本人的手机号码"),
        ("137", "11 位数字"),
    ):
        answer = filer.fill(at, "death", {**RELATIVE, "contact_phone": phone}, ())
        assert answer.status_code == 422 and words in says(answer)


def test_the_papers_of_a_death_xm_103(filer: Filer, person: Any) -> None:
    page = says(filer.get(f"{filer.start(person, 'death')}/form"))
    assert "死亡证明或户口注销证明" in page and "标有死亡原因和死亡时间" in page
    for words in ("情况说明", "收款人身份证正面", "收款人身份证背面", "收款人银行卡"):
        assert words in page


def test_a_second_claim_for_one_death_is_refused_at_the_end_too(
    app: Any, filer: Filer, world: World, union: Any, person: Any
) -> None:
    """Two desks began before either handed in."""
    colleague = Filer(app, world, union)
    first, second = filer.filled(person, "death"), colleague.filled(person, "death")
    assert filer.hand_in(first).location == first
    answer = colleague.hand_in(second)
    assert answer.status_code == 422
    assert f"（申报号 {first.rsplit('/', 1)[1]}）" in says(answer)
    assert colleague.claim(second).state == "draft"


def test_the_wrong_person_was_named_and_hears_again(filer: Filer, world: World, person: Any) -> None:
    """An administrator puts it right at the roster; the page that takes the claim back says so."""
    claim = filer.filed(person, "death")
    at = f"/admin/claims/filings/{claim.number}"
    assert "请马上联系" in says(filer.get(f"{at}/withdraw"))
    filer.send(f"{at}/withdraw", {"do": "confirm"})
    with transaction():
        admin = actor(world.staff(ADMINISTRATOR), ADMINISTRATOR)
        deaths.correct_death(person.id, "本人到工会核实，健在", admin)
    row = database.session.get_one(Employee, person.id)
    database.session.refresh(row)
    assert (fresh(claim).state, row.is_deceased, row.is_active) == ("withdrawn", False, True)
    again = filer.filed(person)
    assert [one.owner_id for one in outgoing() if one.kind == "helped_submitted"] == [person.id]
    assert again.state == "first_review"


def test_taken_back_for_another_reason_they_stay_silent(filer: Filer, person: Any) -> None:
    claim = filer.filed(person, "death")
    filer.send(f"/admin/claims/filings/{claim.number}/withdraw", {"do": "confirm"})
    row = database.session.get_one(Employee, person.id)
    database.session.refresh(row)
    assert row.is_deceased and not [one for one in outgoing() if one.owner_id == person.id]
    assert filer.filed(person, "death").number != claim.number, "and it can be asked for again"


def test_the_reviewer_reads_the_facts_and_papers_of_a_death(
    app: Any, filer: Filer, world: World, person: Any
) -> None:
    claim = filer.filed(person, "death")
    client = world.sign_in(app.test_client(), staff=world.staff(FIRST_REVIEWER))
    page = says(client.get(f"/admin/claims/{claim.number}"))
    for words in (
        "亡故日期", "2026年6月18日", "死亡原因", "疾病", "不是本人的卡，关系：配偶", "原因：本人已亡故",
        "家属手机", "137****1111", "代他人办理，经办人 郑经办", "死亡证明", "代办人证件正面",
        "亡故时在保障期内",
    ):  # fmt: skip
        assert words in page, words
    for words in ("就诊医院", "医疗总费用", "入院"):
        assert words not in page, words
    shown = client.submit(
        f"/admin/claims/{claim.number}/reveal", {"field": "contact_phone", "reason": "call"},
        page=f"/admin/claims/{claim.number}", headers={"X-Requested-With": "fetch"},
    )  # fmt: skip
    assert FAMILY in shown.get_data(as_text=True)
    asked = says(client.get(f"/admin/claims/{claim.number}/return"))
    assert "日期、等级和原因" in asked and "入院和出院日期" not in asked
    refusal = says(client.get(f"/admin/claims/{claim.number}/refuse"))
    assert "发生时不在保障期内" in refusal and "没有经过基本医疗保险结算" not in refusal


def test_whoever_is_the_payee_or_has_the_familys_phone_does_not_decide(
    filer: Filer, world: World, person: Any
) -> None:
    claim = filer.filed(person, "death")
    clerk = world.staff(FIRST_REVIEWER)
    with transaction():
        clerk.phone = FAMILY
    assert "收款账户或手机号是您本人的" in review.why_not(claim, actor(clerk, FIRST_REVIEWER))


def test_an_agent_who_pays_themselves_is_pointed_out(filer: Filer, person: Any) -> None:
    from claims.service import checks

    claim = filer.filed(person, "death", payee_name="郑经办")
    found = {check.code: check for check in checks.run(claim)}
    assert found["payee_is_agent"].level == "bad" and not found["payee_is_agent"].blocking


def test_anothers_account_is_paid_as_it_was_approved_xm_114(filer: Filer, world: World, person: Any) -> None:
    claim = filer.filed(person, "death")
    approve(world, claim)
    with transaction():
        due = payment.start_paying([claim.id], actor(world.staff(FINANCE_CHECKER), FINANCE_CHECKER))
    assert [(one.payee_name, one.payee_card, one.award_fen) for one in due] == [
        ("李家属", CARD, claim.award["total_fen"])
    ]


def test_the_phone_shows_nothing_to_the_bound_wechat_of_before(
    app: Any, filer: Filer, world: World, person: Any
) -> None:
    openid = database.session.query(Binding).filter_by(employee_id=person.id).one().openid
    phone = world.sign_in(app.test_client(), person=person)
    claim = filer.filed(person, "death")
    assert phone.get(f"/h5/claims/{claim.number}").status_code == 303, "to the way in, as anybody"
    fresh_phone = world.sign_in(app.test_client(), openid=openid)
    assert claim.number not in fresh_phone.get("/h5/").get_data(as_text=True)
