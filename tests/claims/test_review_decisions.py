"""Who may decide what, at which level, and who must not (XM-93, XM-94, GX-25, M2, M10)."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from typing import Any

import pytest
from flask import Flask

from claims.models import Claim
from claims.rules import LEVEL_ROLES, REFUSALS
from claims.service import reasons, review
from core.access import Actor
from core.db import db as database
from core.db import transaction
from core.errors import Conflict, NotAllowed, Refused
from core.history import timeline
from core.roles import (
    ADMINISTRATOR,
    AUDITOR,
    CHAIR,
    EDITOR,
    FINANCE_CHECKER,
    FINANCE_MAKER,
    FIRST_REVIEWER,
    OPERATOR,
    SECOND_REVIEWER,
)
from employee import service as employees
from notify.models import OutboxMessage
from tests.claims.paper import CARD
from tests.office import Office, actor, at_level, fresh
from tests.world import World

ROLES = (
    OPERATOR, CHAIR, FIRST_REVIEWER, SECOND_REVIEWER, FINANCE_MAKER, FINANCE_CHECKER, EDITOR, AUDITOR,
    ADMINISTRATOR,
)  # fmt: skip
VERBS = ("approve", "return", "refuse")
GOES_TO = {
    ("union_review", "approve"): "first_review",
    ("first_review", "approve"): "second_review",
    ("second_review", "approve"): "approved",
    ("union_review", "return"): "returned",
    ("first_review", "return"): "returned",
    ("second_review", "return"): "returned",
    ("first_review", "refuse"): "refused",
    ("second_review", "refuse"): "refused",
}


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def decide(verb: str, claim: Claim, by: Actor, seen: int | None = None) -> None:
    seen = claim.version if seen is None else seen
    with transaction():
        if verb == "approve":
            review.approve(claim, by, seen)
        elif verb == "return":
            review.return_to_filer(claim, by, seen, "发票照片不清楚", ["invoice"])
        else:
            review.refuse(claim, by, seen, "excluded", "属于条款写明的情形")


@pytest.mark.parametrize("level", ["union_review", "first_review", "second_review"])
def test_each_level_is_decided_by_its_role_and_no_other_xm_93(office: Office, level: str) -> None:
    """GX-61, GX-62."""
    clerks = {role: office.world.staff(role) for role in ROLES}
    passed_by = office.world.staff(FIRST_REVIEWER)
    claim = at_level(office, level, passed_by)
    for role, clerk in clerks.items():
        if role == LEVEL_ROLES[level]:
            continue
        for verb in VERBS:
            with pytest.raises((NotAllowed, Conflict)):
                decide(verb, fresh(claim), actor(clerk, role))
            assert fresh(claim).state == level, (role, verb)


@pytest.mark.parametrize(("level", "verb"), GOES_TO)
def test_a_decision_moves_the_claim_and_says_who_and_when(office: Office, level: str, verb: str) -> None:
    claim = at_level(office, level)
    clerk = office.world.staff(LEVEL_ROLES[level])
    decide(verb, claim, actor(clerk, LEVEL_ROLES[level]))
    assert fresh(claim).state == GOES_TO[level, verb]
    last = timeline(claim.id)[-1]
    assert (last.actor_id, last.from_state, last.to_state) == (clerk.id, level, claim.state)


def test_the_last_level_fixes_the_sum_seals_it_and_tells_the_person(office: Office) -> None:
    """GX-27, GX-62: it waits for finance, and the person knows."""
    claim = at_level(office, "second_review")
    clerk = office.world.staff(SECOND_REVIEWER)
    decide("approve", claim, actor(clerk, SECOND_REVIEWER))
    claim = fresh(claim)
    assert claim.state == "approved"
    assert claim.award is not None
    assert claim.award_fen == claim.award["total_fen"] > 0
    assert claim.approval_bi is not None
    assert claim.second_reviewer_id == clerk.id
    kinds = {row.kind for row in database.session.query(OutboxMessage)}
    assert "claim_approved" in kinds


def test_nobody_decides_on_their_own_claim_m10(office: Office) -> None:
    claim = office.file()
    clerk = office.world.staff(FIRST_REVIEWER)
    with transaction():
        clerk.id_number = employees.card(claim.employee_id).id_number
    assert review.why_not(claim, actor(clerk, FIRST_REVIEWER)) == review.OWN_CLAIM
    for verb in VERBS:
        with pytest.raises(NotAllowed, match="您本人的申请"):
            decide(verb, fresh(claim), actor(clerk, FIRST_REVIEWER))


def test_nobody_decides_when_the_phone_is_their_own_m10(office: Office) -> None:
    person = office.person(phone="13900139123")
    claim = office.file(person)
    clerk = office.world.staff(FIRST_REVIEWER)
    with transaction():
        clerk.phone = "13900139123"
    with pytest.raises(NotAllowed, match="手机号是您本人的"):
        decide("approve", claim, actor(clerk, FIRST_REVIEWER))


def test_nobody_decides_on_what_is_paid_to_their_name(office: Office) -> None:
    claim = office.file()
    clerk = office.world.staff(FIRST_REVIEWER)
    with transaction():
        claim.is_own_account, claim.payee_name, claim.payee_card = False, clerk.name, CARD
    with pytest.raises(NotAllowed, match="收款账户"):
        decide("approve", fresh(claim), actor(clerk, FIRST_REVIEWER))


def test_nobody_decides_on_what_they_filed(office: Office) -> None:
    claim = office.file()
    clerk = office.world.staff(FIRST_REVIEWER)
    with transaction():
        claim.filed_by_kind, claim.filed_by_id = "staff", clerk.id
    with pytest.raises(NotAllowed, match="代办提交"):
        decide("return", fresh(claim), actor(clerk, FIRST_REVIEWER))


def test_second_review_is_another_persons_than_the_first(office: Office) -> None:
    clerk = office.world.staff(FIRST_REVIEWER, SECOND_REVIEWER)
    claim = office.file(passed_by=clerk)
    for verb in VERBS:
        with pytest.raises(NotAllowed, match="您做过本件的初核，不能再做复核"):
            decide(verb, fresh(claim), actor(clerk, FIRST_REVIEWER, SECOND_REVIEWER))


def test_whoever_comes_second_reads_who_was_first_and_when_m2(office: Office) -> None:
    claim = office.file()
    seen = claim.version
    first, second = (office.world.staff(FIRST_REVIEWER, name=name) for name in ("王审核", "李审核"))
    decide("approve", claim, actor(first, FIRST_REVIEWER))
    for verb in VERBS:
        with pytest.raises(Conflict, match=r"已由 王审核 于 2026-11-21 \d\d:\d\d:\d\d 处理"):
            decide(verb, fresh(claim), actor(second, FIRST_REVIEWER), seen)


def test_of_five_parallel_decisions_one_wins_m2(app: Flask, office: Office) -> None:
    claim = office.file()
    clerks = [actor(office.world.staff(FIRST_REVIEWER, name=f"审核{n}"), FIRST_REVIEWER) for n in range(5)]
    number, seen = claim.number, claim.version
    database.session.rollback()
    gate, answers = threading.Barrier(5), []

    def run(by: Actor) -> None:
        with app.app_context():
            mine = review.get(number)
            gate.wait()
            try:
                with transaction():
                    review.approve(mine, by, seen)
                answers.append("won")
            except Conflict as error:
                answers.append(error.text)

    threads = [threading.Thread(target=run, args=(by,)) for by in clerks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lost = [answer for answer in answers if answer != "won"]
    assert len(lost) == 4, answers
    assert all(answer.startswith("已由 审核") for answer in lost)
    assert [step.action for step in timeline(claim.id)].count("pass_first") == 1


def test_caps_hold_when_two_claims_of_one_person_are_decided_at_once(app: Flask, office: Office) -> None:
    """Each decision must see what the other used: together they get what one after the other would get."""

    def stay(month: int) -> dict[str, Any]:
        return {
            "admitted_on": dt.date(2026, month, 1),
            "discharged_on": dt.date(2026, month, 8),
            "total_fen": 90_000_000,
            "pooled_fen": 10_000_000,
            "self_paid_fen": 70_000_000,
            "own_expense_fen": 0,
        }

    def totals(parallel: bool) -> list[int]:
        person, clerk = office.person(), office.world.staff(FIRST_REVIEWER)
        claims = [office.file(person, passed_by=clerk, **stay(month)) for month in (7, 8)]
        second = actor(office.world.staff(SECOND_REVIEWER), SECOND_REVIEWER)
        keys = [(claim.number, claim.version) for claim in claims]
        database.session.rollback()
        gate = threading.Barrier(2 if parallel else 1)

        def run(number: str, seen: int) -> None:
            with app.app_context():
                mine = review.get(number)
                gate.wait()
                with contextlib.suppress(Refused), transaction():  # nothing left for the second
                    review.approve(mine, second, seen)

        threads = [threading.Thread(target=run, args=key) for key in keys]
        for thread in threads:
            thread.start()
            if not parallel:
                thread.join()
        for thread in threads:
            thread.join()
        now = [fresh(claim) for claim in claims]
        return sorted((claim.award_fen or 0) if claim.state == "approved" else 0 for claim in now)

    assert totals(parallel=True) == totals(parallel=False)


def test_while_somebody_else_has_it_open_nobody_decides(office: Office) -> None:
    claim = office.file()
    holder, other = (office.world.staff(FIRST_REVIEWER, name=name) for name in ("王审核", "李审核"))
    with transaction():
        review.hold(claim, actor(holder, FIRST_REVIEWER))
    with pytest.raises(Conflict, match=r"王审核 \d\d:\d\d 起正在处理，您可以查看，不能操作。"):
        decide("approve", fresh(claim), actor(other, FIRST_REVIEWER))
    decide("approve", fresh(claim), actor(holder, FIRST_REVIEWER))
    assert fresh(claim).state == "second_review"


@pytest.mark.parametrize("note", ["", "   ", "\n"])
def test_a_return_needs_a_reason_xm_94(office: Office, note: str) -> None:
    claim = office.file()
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    with pytest.raises(Refused, match="请填写退回原因，申请人要看到"), transaction():
        review.return_to_filer(claim, by, claim.version, note, [])


def test_a_return_counts_the_common_reasons_in_it_and_only_those_xm_94(office: Office) -> None:
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    with transaction():
        reasons.seed_reasons()
        used, other = (row.text for row in reasons.reasons()[:2])
    for _ in range(2):
        claim = office.file()
        with transaction():
            review.return_to_filer(claim, by, claim.version, f"{used}；另外请补交。", ["invoice", "nonsense"])
        assert fresh(claim).return_items == ["invoice"]
    uses = {row.text: row.uses for row in reasons.reasons()}
    assert (uses[used], uses[other]) == (2, 0)
    assert reasons.reasons()[0].text == used, "the most used comes first"


@pytest.mark.parametrize(
    ("code", "text", "field"),
    [("", "说明", "refusal_code"), ("because", "说明", "refusal_code"), ("excluded", " ", "note")],
)
def test_a_refusal_needs_a_reason_of_the_list_and_words(
    office: Office, code: str, text: str, field: str
) -> None:
    claim = office.file()
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    with pytest.raises(Refused) as refused, transaction():
        review.refuse(claim, by, claim.version, code, text)
    assert refused.value.field == field
    assert fresh(claim).state == "first_review"


@pytest.mark.parametrize("code", [reason.code for reason in REFUSALS])
def test_a_refusal_keeps_its_code_and_tells_the_words(office: Office, code: str) -> None:
    claim = office.file()
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    with transaction():
        review.refuse(claim, by, claim.version, code, "详见说明")
    assert fresh(claim).refusal_code == code
    words = next(reason.words for reason in REFUSALS if reason.code == code)
    assert timeline(claim.id)[-1].note == f"{words}：详见说明"


def test_what_does_not_fit_must_be_answered_before_agreeing(office: Office) -> None:
    claim = office.file()
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    with transaction():
        claim.payee_name = (claim.payee_name or "") + "某"
    with pytest.raises(Refused, match="还有 1 项“不符”没有处理，请在意见里说明") as refused, transaction():
        review.approve(fresh(claim), by, claim.version)
    assert refused.value.field == "note"
    with transaction():
        review.approve(fresh(claim), by, claim.version, "已电话核实，银行卡上是曾用名")
    assert fresh(claim).state == "second_review"


def test_nothing_to_pay_cannot_be_agreed_to(office: Office) -> None:
    clerk = office.world.staff(FIRST_REVIEWER)
    claim = office.file(passed_by=clerk)
    with transaction():
        claim.self_paid_fen = 100
    second = actor(office.world.staff(SECOND_REVIEWER), SECOND_REVIEWER)
    with pytest.raises(Refused, match="补助金额为 0 元"), transaction():
        review.approve(fresh(claim), second, claim.version, "同意")
