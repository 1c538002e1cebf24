"""撤销: for thirty seconds, by whoever decided, when nobody acted since (GX-25, GX-61, GX-62)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from claims.models import Claim, ReturnMark
from claims.queries.progress import last_return, steps
from claims.rules import UNDO_SECONDS
from claims.service import checks, holds, payment, review
from claims.service import undo as undoing
from claims.service.marks import Spot
from core.db import db as database
from core.db import transaction
from core.errors import Conflict, NotAllowed
from core.history import timeline
from core.roles import FINANCE_MAKER, FIRST_REVIEWER, SECOND_REVIEWER
from employee.models import Employee
from notify.models import InboxMessage, OutboxMessage
from tests.claims.paper import TODAY, says
from tests.office import Office, actor, at_level, fresh
from tests.world import World

DECISIONS = [
    ("first_review", "approve"), ("first_review", "return"), ("first_review", "refuse"),
    ("second_review", "approve"), ("second_review", "return"), ("second_review", "refuse"),
]  # fmt: skip
ROLE = {"first_review": FIRST_REVIEWER, "second_review": SECOND_REVIEWER}
KEPT = ("award_fen", "decided_at", "approval_bi", "return_items", "refusal_code", "first_reviewer_id",
        "second_reviewer_id")  # fmt: skip


WAITS = """SELECT channel, extract(epoch FROM not_before - clock_timestamp())::int
FROM outbox_message WHERE kind = 'claim_returned'"""


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def decide(verb: str, claim: Claim, by: Any) -> None:
    with transaction():
        if verb == "approve":
            review.approve(claim, by, claim.version)
        elif verb == "return":
            review.return_to_filer(claim, by, claim.version, "发票照片不清楚", ["invoice"])
        else:
            review.refuse(claim, by, claim.version, "excluded", "属于条款写明的情形")


def take_back(claim: Claim, by: Any, seen: int | None = None) -> None:
    with transaction():
        undoing.undo(claim, by, claim.version if seen is None else seen)


def waiting_to_leave() -> list[str]:
    rows = database.session.query(OutboxMessage).filter(OutboxMessage.status == "pending")
    return sorted(row.kind for row in rows)


@pytest.mark.parametrize(("level", "verb"), DECISIONS)
def test_a_decision_taken_back_leaves_everything_as_it_was(office: Office, level: str, verb: str) -> None:
    claim = at_level(office, level)
    office.world.bind(database.session.get_one(Employee, claim.employee_id))
    by = actor(office.world.staff(ROLE[level]), ROLE[level])
    before = {name: getattr(fresh(claim), name) for name in KEPT}
    told = set(waiting_to_leave())
    decide(verb, fresh(claim), by)
    take_back(fresh(claim), by)
    claim = fresh(claim)
    assert claim.state == level
    assert {name: getattr(claim, name) for name in KEPT} == before
    assert [step.action for step in timeline(claim.id)][-1].startswith("undo_"), "it is a row of the history"
    assert not set(waiting_to_leave()) - told
    kinds = {row.kind for row in database.session.query(InboxMessage)}
    assert not kinds & {"claim_returned", "claim_refused", "claim_approved"}
    held = holds.holder(claim.id)
    assert held is not None
    assert held.staff_id == by.id


def test_the_person_never_reads_of_what_was_taken_back(office: Office) -> None:
    claim, by = office.file(), actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    told = [step.label for step in steps(claim, timeline(claim.id))]
    decide("return", claim, by)
    take_back(fresh(claim), by)
    claim = fresh(claim)
    assert [step.label for step in steps(claim, timeline(claim.id))] == told


@pytest.mark.parametrize(("seconds", "may"), [(0, True), (UNDO_SECONDS - 2, True), (UNDO_SECONDS + 1, False)])
def test_for_thirty_seconds(office: Office, seconds: int, may: bool) -> None:
    claim, by = office.file(), actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    with time_machine.travel(TODAY + dt.timedelta(hours=1), tick=False):
        decide("approve", fresh(claim), by)
    with time_machine.travel(TODAY + dt.timedelta(hours=1, seconds=seconds), tick=False):
        if may:
            take_back(fresh(claim), by)
        else:
            with pytest.raises(Conflict, match="超过 30 秒，不能撤销了"):
                take_back(fresh(claim), by)
    assert fresh(claim).state == ("first_review" if may else "second_review")


def test_only_by_whoever_decided(office: Office) -> None:
    claim = office.file()
    one, other = (
        actor(office.world.staff(FIRST_REVIEWER, name=n), FIRST_REVIEWER) for n in ("王审核", "李审核")
    )
    decide("approve", claim, one)
    with pytest.raises((Conflict, NotAllowed)):
        take_back(fresh(claim), other)
    assert fresh(claim).state == "second_review"


def test_not_once_somebody_acted_on_it(office: Office) -> None:
    """GX-27: finance had put it into a batch; the second person had decided."""
    one = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    two = actor(office.world.staff(SECOND_REVIEWER), SECOND_REVIEWER)
    claim = office.file()
    decide("approve", claim, one)
    seen = fresh(claim).version
    decide("approve", fresh(claim), two)
    with pytest.raises(Conflict, match="已由"):
        take_back(fresh(claim), one, seen)
    seen = fresh(claim).version
    with transaction():
        payment.start_paying([claim.id], actor(office.world.staff(FINANCE_MAKER), FINANCE_MAKER))
    with pytest.raises((Conflict, NotAllowed)):
        take_back(fresh(claim), two, seen)
    assert fresh(claim).state == "paying"


@pytest.mark.parametrize("by_what", ["read", "sent"])
def test_not_once_the_person_knows(office: Office, by_what: str) -> None:
    person = office.person()
    office.world.bind(person)
    claim, by = office.file(person), actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    decide("return", claim, by)
    with transaction():
        if by_what == "read":
            row = database.session.query(InboxMessage).filter_by(kind="claim_returned").one()
            row.read_at = row.created_at
        else:
            sent = database.session.query(OutboxMessage).filter_by(kind="claim_returned").first()
            assert sent is not None
            sent.status, sent.attempt = "sending", 1
    with pytest.raises(Conflict, match="申请人已经看到"):
        take_back(fresh(claim), by)
    assert fresh(claim).state == "returned"
    assert "claim_returned" in {row.kind for row in database.session.query(InboxMessage)}, "nothing half done"


def test_not_once_the_persons_next_claim_was_reckoned_with_it(office: Office) -> None:
    person, first = office.person(), office.world.staff(FIRST_REVIEWER)
    by = actor(office.world.staff(SECOND_REVIEWER), SECOND_REVIEWER)
    july = {"admitted_on": dt.date(2026, 7, 1), "discharged_on": dt.date(2026, 7, 8)}
    one, two = office.file(person, passed_by=first), office.file(person, passed_by=first, **july)
    decide("approve", fresh(one), by)
    decide("approve", fresh(two), by)
    with pytest.raises(Conflict, match="另一份申请"):
        take_back(fresh(one), by)


def test_messages_of_a_decision_wait_for_the_undo(office: Office) -> None:
    """GX-25: told by SMS and WeChat, thirty seconds later."""
    person = office.person()
    office.world.bind(person)
    claim, by = office.file(person), actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    decide("return", claim, by)
    rows = database.session.execute(text(WAITS)).all()
    assert {channel for channel, _ in rows} == {"sms", "wechat"}
    assert all(UNDO_SECONDS - 10 <= seconds <= UNDO_SECONDS for _, seconds in rows)


def test_rectangles_of_a_return_taken_back_are_shown_to_nobody(office: Office) -> None:
    claim, by = office.file(), actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    document = checks.documents_of(claim)[0]
    spot = Spot(document.id, document.kind, 0.1, 0.1, 0.2, 0.2, "看不清")
    with transaction():
        review.return_to_filer(claim, by, claim.version, "看不清", [], [spot])
    assert database.session.query(ReturnMark).count() == 1
    take_back(fresh(claim), by)
    assert last_return(timeline(claim.id)) is None


def test_the_next_page_offers_it_and_takes_it_back(app: Flask, office: Office) -> None:
    """GX-61: 已同意 BZ…，撤销（30 秒内）."""
    one, two = office.file(), office.file()
    client = office.world.sign_in(app.test_client(), staff=office.world.staff(FIRST_REVIEWER))
    answer = client.submit(f"/admin/claims/{one.number}/approve", {"seen": one.version})
    assert answer.location == f"/admin/claims/{two.number}"
    page = client.get(answer.location)
    for words in (f"已同意 {one.number}，", f"撤销 {one.number} 的办理", "（30 秒内）", "已为您打开下一件。"):
        assert words in says(page), words
    back = client.submit(
        f"/admin/claims/{one.number}/undo", {"seen": fresh(one).version}, page=answer.location
    )
    assert (back.status_code, back.location) == (303, f"/admin/claims/{one.number}")
    assert f"已撤销 {one.number} 的办理" in says(client.get(back.location))
    assert fresh(one).state == "first_review"


def test_too_late_says_so_on_the_claims_page(app: Flask, office: Office) -> None:
    one = office.file()
    client = office.world.sign_in(app.test_client(), staff=office.world.staff(FIRST_REVIEWER))
    client.submit(f"/admin/claims/{one.number}/approve", {"seen": one.version})
    seen = fresh(one).version
    with time_machine.travel(TODAY + dt.timedelta(minutes=2)):
        page = client.get("/admin/")
        assert "撤销" not in says(page)
        answer = client.submit(f"/admin/claims/{one.number}/undo", {"seen": seen}, page="/admin/")
    assert answer.status_code == 409
    assert "超过 30 秒，不能撤销了" in says(answer)
