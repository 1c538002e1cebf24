"""免申即享 (XM-116): a second claim by rule when a payment lifts a sum over a threshold, once, to the fen."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from claims.models import AutomaticGrant, Claim, ClaimDocument
from claims.rules import AUTOMATIC
from claims.service import automatic, checks, correction, filing, leaving, payment, pictures, review
from claims.service.figures import approval_mark
from core import clock
from core.db import db as database
from core.db import transaction
from core.errors import Conflict, Refused
from core.history import timeline
from core.numbers import numbered
from core.roles import FINANCE_CHECKER, FINANCE_MAKER, FIRST_REVIEWER, SECOND_REVIEWER
from employee import service as employees
from notify.models import InboxMessage, OutboxMessage
from payout import service as payouts
from payout.models import PayoutBatch
from plans import service as plans
from plans.service import Memory
from tests.claims.paper import says
from tests.office import Office, actor, fresh, picture
from tests.payout.conftest import answers, as_csv, card
from tests.world import World, as_employee, as_staff

OTHER_CARD = "6222021234567890128"


class Treasury:
    """Somebody whose claims are approved with a known net sum, and an office that pays them."""

    def __init__(self, world: World, plan_code: str = "GX-2026") -> None:
        self.world, self.plan_code = world, plan_code
        self.making, self.checking = world.staff(FINANCE_MAKER), world.staff(FINANCE_CHECKER)
        self.maker = as_staff(self.making, FINANCE_MAKER)
        self.checker = as_staff(self.checking, FINANCE_CHECKER)
        self.person = world.employee()
        world.bind(self.person)
        world.cover(self.person, plan_code)

    def approved(self, net_yuan: float, **values: Any) -> Claim:
        """A claim that adds `net_yuan` to the sum of the automatic benefit."""
        plan = plans.plan(self.plan_code)
        used = {"paid_fen": 0, "days": 0, "deductible_fen": 0, "base_fen": round(net_yuan * 100), "events": 0}
        award = {"lines": [], "notes": [], "total_fen": 10_000,
                 "usage": {"total_fen": 10_000, "used": {"DBBZ": used}}}  # fmt: skip
        person = values.pop("person", self.person)
        with transaction():
            plans.freeze(plan)
            claim = Claim(
                number=numbered("BZ"), kind="hospital", employee_id=person.id, union_id=person.union_id,
                filed_by_kind="employee", filed_by_id=person.id, state="approved", version=3,
                submitted_at=clock.now(), decided_at=clock.now(), award=award, award_fen=10_000,
                plan_code=plan.code, plan_version=plan.version, payee_name=person.name,
                payee_bank="示例银行", payee_branch="某某支行", payee_card=card(self.world.serial), **values,
            )  # fmt: skip
            claim.approval_bi = approval_mark(claim)
            database.session.add(claim)
        return claim

    def pay(self, *claims: Claim, failed: dict[int, str] | None = None) -> None:
        """One batch from making to the bank's answer."""
        batch = self.exported(*claims)
        with transaction():
            payouts.settle(batch, as_csv(answers(batch, failed)), self.checker, batch.version)

    def exported(self, *claims: Claim) -> Any:
        with transaction():
            batch = payouts.prepare([claim.id for claim in claims], self.maker)
        with transaction():
            payouts.check(batch, self.checker, batch.version)
        with transaction():
            payouts.export(batch, "csv", self.maker, batch.version)
        return batch

    def give_other_card(self, claim: Claim) -> None:
        """What the person does after a bounce (GX-29)."""
        claim, person = fresh(claim), as_employee(self.person)
        with transaction():
            employees.give_consent(self.person.id, ["health", "account", "certificates"], person)
            if not checks.documents_of(claim):
                filing.add_document(claim, "bank_card", picture(), person)
            correction.fix_payee(claim, {"payee_card": OTHER_CARD}, person, has_looked=True)

    def given(self) -> list[Claim]:
        database.session.rollback()
        database.session.expire_all()
        query = database.session.query(Claim).filter_by(employee_id=self.person.id, kind=AUTOMATIC)
        return query.order_by(Claim.id).all()

    def sums(self) -> list[int]:
        return [(claim.award_fen or 0) // 100 for claim in self.given()]


@pytest.fixture
def treasury(world: World) -> Treasury:
    return Treasury(world)


# --- when, how much, and traced line by line ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("nets", "sums"),
    [
        ([9_999.99], []),
        ([10_000], [1500]),
        ([20_000], [1500]),
        ([20_000.01], [3000]),
        ([8_000, 4_000], [1500]),
        ([12_000, 9_000], [1500, 1500]),
        ([12_000, 3_000], [1500]),
        ([30_000, 30_000, 60_000], [3000, 17_000, 30_000]),
    ],
)
def test_a_payment_over_a_threshold_gives_and_a_higher_tier_gives_the_difference_xm_116(
    treasury: Treasury, nets: list[float], sums: list[int]
) -> None:
    for net in nets:
        treasury.pay(treasury.approved(net))
    assert treasury.sums() == sums


def test_only_what_is_paid_counts_xm_116(treasury: Treasury) -> None:
    waiting, paid = treasury.approved(9_000), treasury.approved(9_000)
    treasury.pay(paid)
    assert treasury.sums() == [], "an approved claim that was not paid counts for nothing yet"
    treasury.pay(waiting)
    assert treasury.sums() == [1500]


def test_the_second_claim_is_approved_by_the_system_and_goes_to_the_account_just_paid(
    treasury: Treasury,
) -> None:
    trigger = treasury.approved(12_000)
    with transaction():
        file = pictures.store(picture(), "claim")
        for kind in ("bank_card", "invoice"):
            row = ClaimDocument(claim_id=trigger.id, file_id=file.id, kind=kind, position=1)
            database.session.add(row)
    treasury.pay(trigger)
    (claim,) = treasury.given()
    assert claim.state == "approved"
    assert claim.approval_bi == approval_mark(claim), "sealed like a reviewer's approval"
    for name in ("payee_name", "payee_bank", "payee_branch", "payee_card", "is_own_account"):
        assert getattr(claim, name) == getattr(fresh(trigger), name)
    assert [(s.action, s.to_state, s.actor_kind) for s in timeline(claim.id)] == [
        ("create", "draft", "system"), ("grant", "approved", "system"),
    ]  # fmt: skip
    assert claim.submitted_at is None, "nobody asked"
    kinds = database.session.query(ClaimDocument.kind).filter_by(claim_id=claim.id)
    assert [kind for (kind,) in kinds] == ["bank_card"], "the account's photo and nothing medical"


def test_its_lines_say_which_claims_counted_xm_116(treasury: Treasury) -> None:
    one, two, nothing = treasury.approved(8_000), treasury.approved(4_000), treasury.approved(0)
    for claim in (one, nothing, two):
        treasury.pay(claim)
    (claim,) = treasury.given()
    assert claim.award
    (line,) = claim.award["lines"]
    assert line["label"] == "大病补助"
    assert line["steps"] == [
        f"{one.number} 计入 8,000.00",
        f"{two.number} 计入 4,000.00",
        "本期累计 12,000.00",
        "12,000.00 属于 10,000.00 至 20,000.00 档，补助 1,500.00",
    ]
    row = database.session.query(AutomaticGrant).one()
    assert (row.trigger_id, row.base_fen, row.amount_fen) == (two.id, 1_200_000, 150_000)
    assert automatic.trigger_of(claim) == two.number
    assert automatic.given_by(two.id) == claim.number
    treasury.pay(treasury.approved(15_000))
    assert "此前已补助 1,500.00，本次补差额 1,500.00" in treasury.given()[1].award["lines"][0]["steps"][-1]  # type: ignore[index]


def test_an_automatic_claim_gives_rise_to_none(treasury: Treasury) -> None:
    treasury.pay(treasury.approved(12_000))
    treasury.pay(*treasury.given())
    assert treasury.sums() == [1500]
    assert treasury.given()[0].state == "paid"


def test_a_plan_without_such_a_benefit_gives_nothing(treasury: Treasury) -> None:
    claim = treasury.approved(50_000)
    with transaction():
        claim.plan_code = claim.plan_version = None
    treasury.pay(claim)
    assert treasury.given() == []


# --- exactly once ------------------------------------------------------------------------------------------


def test_settling_again_gives_nothing_again_xm_116(treasury: Treasury) -> None:
    claim = treasury.approved(12_000)
    batch = treasury.exported(claim)
    content = as_csv(answers(batch))
    with transaction():
        payouts.settle(batch, content, treasury.checker, batch.version)
    with pytest.raises(Conflict), transaction():
        payouts.settle(batch, content, treasury.checker, batch.version)
    with transaction():
        automatic.grant_after(fresh(claim))
    assert treasury.sums() == [1500]


def test_the_database_refuses_a_second_grant_of_one_payment(treasury: Treasury) -> None:
    treasury.pay(treasury.approved(12_000))
    row = database.session.query(AutomaticGrant).one()
    again = AutomaticGrant(
        claim_id=row.claim_id, trigger_id=row.trigger_id, employee_id=row.employee_id,
        plan_code=row.plan_code, benefit=row.benefit, base_fen=1, amount_fen=1,
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction():
        database.session.add(again)
        database.session.flush()


def test_a_settlement_that_fails_leaves_no_grant(treasury: Treasury) -> None:
    good, broken = treasury.approved(12_000), treasury.approved(1_000)
    batch = treasury.exported(good, broken)
    with transaction():
        database.session.execute(
            Claim.__table__.update().where(Claim.id == broken.id).values(state="approved")
        )
    with pytest.raises(Conflict), transaction():
        payouts.settle(batch, as_csv(answers(batch)), treasury.checker, batch.version)
    assert treasury.given() == []
    assert database.session.query(AutomaticGrant).count() == 0
    assert database.session.query(InboxMessage).filter_by(kind="automatic_granted").count() == 0


def test_a_bounced_payment_counts_for_nothing_until_it_arrives(treasury: Treasury) -> None:
    claim = treasury.approved(12_000)
    treasury.pay(claim, failed={1: "账户已销户"})
    assert treasury.given() == []
    treasury.give_other_card(claim)
    treasury.pay(fresh(claim))
    assert treasury.sums() == [1500]


def test_a_dropped_batch_gives_nothing(treasury: Treasury) -> None:
    claim = treasury.approved(12_000)
    with transaction():
        batch = payouts.prepare([claim.id], treasury.maker)
    with transaction():
        payouts.drop(batch, treasury.maker, batch.version, "示例作废")
    assert treasury.given() == []


def test_what_was_waived_is_not_given_again(treasury: Treasury) -> None:
    treasury.pay(treasury.approved(12_000))
    with transaction():
        leaving.withdraw_all(treasury.person.id, as_employee(treasury.person))
    assert [claim.state for claim in treasury.given()] == ["withdrawn"]
    treasury.pay(treasury.approved(15_000))
    assert [claim.award_fen for claim in treasury.given()] == [None, 150_000]


def settle_at_once(app: Flask, treasury: Treasury, batches: list[Any]) -> list[BaseException]:
    """All of them at the same moment, each on a connection of its own; what went wrong."""
    jobs = [(batch.id, batch.version, as_csv(answers(batch))) for batch in batches]
    start, wrong = threading.Barrier(len(jobs)), []

    def settle(batch_id: Any, version: int, content: bytes) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    batch = database.session.get_one(PayoutBatch, batch_id)
                    payouts.settle(batch, content, treasury.checker, version)
            except Exception as error:
                wrong.append(error)
            finally:
                database.session.remove()

    threads = [threading.Thread(target=settle, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_two_settlements_at_once_give_the_right_sum_once_xm_116(treasury: Treasury, app: Flask) -> None:
    """Two batches with claims of one person, settled at the same moment: neither misses the other's sum."""
    batches = [treasury.exported(treasury.approved(9_000), treasury.approved(3_000)) for _ in range(3)]
    assert settle_at_once(app, treasury, batches) == []
    assert sum(treasury.sums()) == 6_000, "36,000 in all: the tier of 30,000 to 40,000"
    assert len({row.trigger_id for row in database.session.query(AutomaticGrant)}) == len(treasury.given())


def test_people_in_two_batches_in_opposite_order_do_not_wait_for_each_other(
    treasury: Treasury, app: Flask
) -> None:
    other = treasury.world.insured()
    batches = []
    for order in ((treasury.person, other), (other, treasury.person)):
        batches.append(treasury.exported(*[treasury.approved(6_000, person=person) for person in order]))
    assert settle_at_once(app, treasury, batches) == []
    assert database.session.query(AutomaticGrant).count() == 2


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), nets=st.lists(st.integers(0, 4_500_000), min_size=1, max_size=4))
def test_any_order_of_the_same_claims_gives_the_same_total_xm_116(
    db: Any, data: st.DataObject, nets: list[int]
) -> None:
    """However they come into batches, in which order, with bounces between: the sum is the tier's."""
    treasury = Treasury(World())
    claims = [treasury.approved(fen / 100) for fen in nets]
    left, returned = list(data.draw(st.permutations(claims))), list[Claim]()
    while left:
        size = data.draw(st.integers(1, len(left)))
        some, left = [fresh(claim) for claim in left[:size]], left[size:]
        bounces = len(returned) < 2 and data.draw(st.booleans())
        treasury.pay(*some, failed={1: "户名不符"} if bounces else None)
        bounced = [claim for claim in some if fresh(claim).state == "pay_failed"]
        for claim in bounced:
            treasury.give_other_card(claim)
        left += bounced
        returned += bounced
    plan = plans.plan("GX-2026")
    everything = Memory.sum(Memory.from_dict(fresh(c).award["usage"]) for c in claims)  # type: ignore[index]
    assert sum(c.award_fen or 0 for c in treasury.given()) == plans.automatic(plan, everything).total_fen


# --- it is paid, it bounces, it is told --------------------------------------------------------------------


def test_it_is_paid_in_the_next_batch_and_bounces_like_others_xm_116(treasury: Treasury) -> None:
    treasury.pay(treasury.approved(12_000))
    (claim,) = treasury.given()
    assert [row.number for row in payment.payable(10)] == [claim.number]
    assert payment.payable(10)[0].is_automatic
    treasury.pay(claim, failed={1: "户名不符"})
    assert fresh(claim).state == "pay_failed"
    with pytest.raises(Refused), transaction():
        correction.fix_payee(fresh(claim), {"payee_card": OTHER_CARD}, as_employee(treasury.person))
    treasury.give_other_card(claim)
    treasury.pay(fresh(claim))
    assert [(c.state, c.award_fen) for c in treasury.given()] == [("paid", 150_000)]
    assert payment.awaiting() == (0, 0)


def test_the_person_is_told_without_having_asked_xm_116(treasury: Treasury) -> None:
    treasury.pay(treasury.approved(12_000))
    (claim,) = treasury.given()
    message = database.session.query(InboxMessage).filter_by(kind="automatic_granted").one()
    for words in ("无需申请", "大病补助", "1,500.00", claim.number):
        assert words in message.text
    sent = {row.channel for row in database.session.query(OutboxMessage).filter_by(kind="automatic_granted")}
    assert sent == {"sms", "wechat"}


@pytest.mark.parametrize("how", ["roster", "reported"])
def test_nobody_writes_to_the_dead(treasury: Treasury, how: str) -> None:
    clerk = treasury.world.staff("operator")
    with transaction():
        if how == "roster":
            treasury.person.is_deceased = True
        else:
            database.session.add(
                Claim(
                    number=numbered("BZ"), kind="death", employee_id=treasury.person.id,
                    union_id=treasury.person.union_id, filed_by_kind="staff", filed_by_id=clerk.id,
                    state="first_review", version=1,
                )
            )  # fmt: skip
    treasury.pay(treasury.approved(12_000))
    assert treasury.sums() == [1500], "the family is paid"
    for table in (InboxMessage, OutboxMessage):
        assert database.session.query(table).filter_by(owner_id=treasury.person.id).count() == 0


# --- what people see ---------------------------------------------------------------------------------------


def test_employee_and_staff_see_the_mark_and_the_lines_xm_116(treasury: Treasury, app: Flask) -> None:
    trigger = treasury.approved(12_000)
    treasury.pay(trigger)
    (claim,) = treasury.given()
    phone = treasury.world.sign_in(app.test_client(), person=treasury.person)
    listed = says(phone.get("/h5/claims"))
    assert "免申即享补助（无需申请）" in listed
    detail = phone.get(f"/h5/claims/{claim.number}")
    counted = f"{trigger.number} 计入"
    for words in ("无需申请", "不用申请，也不用交材料", "本期累计 12,000.00", counted, "待打款"):
        assert words in says(detail)
    for words in ("就诊医院", "入院日期", "没有填"):
        assert words not in says(detail)
    assert f"/h5/claims/{trigger.number}" in detail.text
    assert f"/h5/claims/{claim.number}" in phone.get(f"/h5/claims/{trigger.number}").text
    desk = treasury.world.sign_in(app.test_client(), staff=treasury.world.staff(SECOND_REVIEWER))
    shown = says(desk.get(f"/admin/claims/{claim.number}"))
    for words in ("没有人申请这笔补助", trigger.number, "本期累计 12,000.00", "系统"):
        assert words in shown
    assert "系统核对" not in shown
    assert "免申即享补助（无需申请）" in says(desk.get("/admin/claims"))
    money = treasury.world.sign_in(app.test_client(), staff=treasury.making)
    assert re.search(rf'{claim.number} <span class="tag">无需申请', money.get("/admin/payouts/prepare").text)
    assert "大病" not in money.get(f"/admin/claims/{claim.number}").text, "finance sees nothing medical"


def test_a_stranger_does_not_see_it(treasury: Treasury, app: Flask) -> None:
    treasury.pay(treasury.approved(12_000))
    (claim,) = treasury.given()
    other = treasury.world.insured()
    client = treasury.world.sign_in(app.test_client(), person=other)
    assert client.get(f"/h5/claims/{claim.number}").status_code == 404


# --- both example plans, the whole way ---------------------------------------------------------------------


@pytest.fixture
def scheme_app(make_app: Callable[..., Flask], request: Any) -> Iterator[tuple[Flask, str]]:
    app = make_app(SCHEME=request.param)
    with app.app_context():
        yield app, request.param
        database.session.rollback()
        database.session.remove()


@pytest.mark.parametrize("scheme_app", ["guangxi", "xiamen"], indirect=True)
def test_both_example_plans_give_from_the_photo_to_the_bank_xm_116(scheme_app: tuple[Flask, str]) -> None:
    app, scheme = scheme_app
    world = World()
    treasury = Treasury(world, "GX-2026" if scheme == "guangxi" else "XM-2026")
    office = Office(world)
    sums = {"total_fen": 9_000_000, "pooled_fen": 5_000_000, "self_paid_fen": 3_000_000,
            "own_expense_fen": 500_000}  # fmt: skip
    claim = office.file(treasury.person, **sums)
    levels = {"union_review": "operator", "first_review": FIRST_REVIEWER, "second_review": SECOND_REVIEWER}
    while claim.state in levels:
        role = levels[claim.state]
        with transaction():
            review.approve(claim, actor(world.staff(role), role), claim.version, "已核对")
    treasury.pay(claim)
    # 30,000 − 12,250 by bands, or 30,000 − 6,000 by 20 %: 17,750 and 24,000 net.
    assert treasury.sums() == [1500 if scheme == "guangxi" else 3000]
    treasury.pay(*treasury.given())
    (given_one,) = treasury.given()
    assert given_one.state == "paid"
    phone = world.sign_in(app.test_client(), person=treasury.person)
    assert "办结" in says(phone.get(f"/h5/claims/{given_one.number}"))
