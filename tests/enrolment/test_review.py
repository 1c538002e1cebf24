"""Who decides on an enrolment, who may not, and what follows? (XM-67, XM-69)"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from core.db import db as database
from core.db import transaction
from core.errors import Conflict, Missing, NotAllowed, Refused
from core.history import timeline
from core.roles import CHAIR, FINANCE_MAKER, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER
from enrolment.queries import listing, story
from enrolment.service import filing, people, review
from notify.models import InboxMessage
from plans.models import Coverage
from tests.enrolment.hall import PLAN, Hall
from tests.world import World, as_staff


def refusal(call: Any, *args: Any) -> Refused:
    with pytest.raises(Refused) as refused, transaction():
        call(*args)
    return refused.value


def test_first_then_second_review_by_different_people(hall: Hall) -> None:
    row = hall.hand_in(hall.draft())
    hall.pass_first(row)
    assert (row.state, row.first_reviewer_id) == ("second_review", hall.first.id)
    both = as_staff(hall.first, FIRST_REVIEWER, SECOND_REVIEWER)
    refused = refusal(review.approve, row, both, row.version)
    assert (
        isinstance(refused, NotAllowed) and refused.text == "您做过本件的初核，不能再做复核，请交给其他人员"
    )
    hall.pass_second(row)
    assert row.state == "awaiting_voucher" and row.approved_at


@pytest.mark.parametrize("role", [FIRST_REVIEWER, SECOND_REVIEWER, OPERATOR, FINANCE_MAKER])
def test_each_level_has_its_own_role(hall: Hall, world: World, role: str) -> None:
    row = hall.hand_in(hall.draft())
    by = as_staff(world.staff(role), role)
    if role == FIRST_REVIEWER:
        with transaction():
            review.approve(row, by, row.version)
    else:
        assert isinstance(refusal(review.approve, row, by, row.version), NotAllowed)


def test_nobody_reviews_what_they_filed_or_handed_in(hall: Hall) -> None:
    row = hall.hand_in(hall.draft())
    filer = as_staff(hall.operator, OPERATOR, FIRST_REVIEWER)
    assert refusal(review.approve, row, filer, row.version).text.startswith("这份参保申请是您提交的")
    with transaction():
        row.filed_by_id = hall.second.id  # handed in by one, in charge of another by now
    assert isinstance(refusal(review.approve, row, filer, row.version), NotAllowed)


def test_who_comes_second_reads_who_was_first(hall: Hall, world: World) -> None:
    row = hall.hand_in(hall.draft())
    seen = row.version
    hall.pass_first(row)
    late = as_staff(world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    refused = refusal(review.send_back, row, late, seen, "迟到")
    assert isinstance(refused, Conflict) and "已由 温初审" in refused.text


def test_returned_twice_under_the_same_number_and_each_time_told_why(hall: Hall) -> None:
    row = hall.draft()
    number = row.number
    for n, level in enumerate(("first", "second"), 1):
        hall.hand_in(row)
        by = as_staff(hall.first, FIRST_REVIEWER)
        if level == "second":
            hall.pass_first(row)
            by = as_staff(hall.second, SECOND_REVIEWER)
        with transaction():
            review.send_back(row, by, row.version, f"第 {n} 次的原因")
        assert (row.state, row.number, row.first_reviewer_id) == ("draft", number, None)
        back = story.last_return(timeline(row.id))
        assert back is not None and back.note == f"第 {n} 次的原因"
    texts = database.session.scalars(
        select(InboxMessage).where(InboxMessage.kind == "enrolment_returned").order_by(InboxMessage.id)
    )
    assert [f"第 {n} 次的原因" in (one.text or "") for n, one in enumerate(texts, 1)] == [True, True]
    hall.hand_in(row)
    assert story.last_return(timeline(row.id)) is None, "handed in again"


def test_a_return_needs_a_reason(hall: Hall) -> None:
    row = hall.hand_in(hall.draft())
    refused = refusal(review.send_back, row, as_staff(hall.first, FIRST_REVIEWER), row.version, "  ")
    assert (refused.text, refused.field) == ("请填写退回原因，经办人要看到", "note")


def test_what_went_wrong_meanwhile_must_be_answered_for(hall: Hall) -> None:
    row = hall.hand_in(hall.draft())
    with transaction():
        row.headcount = 5
    by = as_staff(hall.first, FIRST_REVIEWER)
    assert "没有处理" in refusal(review.approve, row, by, row.version).text
    with transaction():
        review.approve(row, by, row.version, "已电话核实，含劳务派遣")


def test_xm_69_the_fee_is_people_times_the_plans_fee(hall: Hall) -> None:
    row = hall.hand_in(hall.draft(7))
    assert review.fee_of(row) == 7 * 10_000
    hall.pass_second(hall.pass_first(row))
    assert (row.fee_due_fen, row.due_on) == (70_000, dt.date(2026, 12, 29))


def test_scope_who_sees_which_enrolment(hall: Hall, world: World) -> None:
    """Keepers their own from the start, reviewers what was handed in, finance what is to be paid."""
    row = hall.draft()
    beside = world.union("旁边工会")

    def sees(*roles: str, union: Any = None) -> bool:
        by = as_staff(world.staff(*roles), *roles, union_id=union.id if union else None)
        try:
            return listing.find(row.number, by).id == row.id
        except Missing:
            return False

    assert sees(OPERATOR, union=hall.union) and sees(CHAIR, union=hall.union)
    assert not sees(OPERATOR, union=beside) and not sees(FIRST_REVIEWER) and not sees(FINANCE_MAKER)
    hall.hand_in(row)
    assert sees(FIRST_REVIEWER) and not sees(FIRST_REVIEWER, union=beside) and not sees(FINANCE_MAKER)
    hall.pass_second(hall.pass_first(row))
    assert sees(FINANCE_MAKER) and not sees(FINANCE_MAKER, union=beside)


def test_what_waits_is_counted_for_whose_turn_it_is(hall: Hall) -> None:
    row = hall.hand_in(hall.draft())
    first = as_staff(hall.first, FIRST_REVIEWER)
    assert listing.own_work(first, listing.counts(first)) == 1
    assert listing.own_work(hall.by, listing.counts(hall.by)) == 0
    assert listing.next_for(first) is row
    hall.pass_second(hall.pass_first(row))
    assert listing.own_work(hall.by, listing.counts(hall.by)) == 1, "the union has to pay"


def test_supplement_adds_people_later_under_its_own_number(hall: Hall, day: Any, world: World) -> None:
    first = hall.approved(8)
    with transaction():  # as finance's confirmation leaves it
        first.state = "done"
        for one in reading_ids(first):
            database.session.add(
                Coverage(employee_id=one, union_id=hall.union.id, plan_code=PLAN,
                         starts_on=dt.date(2027, 1, 1), ends_on=dt.date(2027, 12, 31))
            )  # fmt: skip
    day.move_to(dt.datetime(2027, 6, 1, 2, tzinfo=dt.UTC))
    late = hall.employees(1)[0]
    with transaction():
        second = filing.supplement(first, hall.by)
    assert second.supplement_of_id == first.id and second.number != first.number
    assert [one.number for one in listing.supplements_of(first, listing.scope(hall.by))] == [second.number]
    with transaction():
        added = people.add_all(second, hall.by)
    assert added.people == 1 and list(reading_ids(second)) == [late.id]
    day.move_to(dt.datetime(2027, 12, 1, 2, tzinfo=dt.UTC))
    assert "补充参保已在 2027-11-30 截止" in refusal(filing.supplement, first, hall.by).text


def reading_ids(row: Any) -> list[Any]:
    from enrolment.models import Participant

    return list(database.session.scalars(
        select(Participant.employee_id).where(Participant.enrolment_id == row.id)))  # fmt: skip
