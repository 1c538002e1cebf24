"""Filed by staff for somebody: are the insured person and whoever filed it both told? (XM-94, GX-25)"""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from claims.models import Claim
from claims.rules import ON_BEHALF, WORKFLOW
from claims.service import filing, leaving, payment, review
from claims.service import undo as undoing
from core.db import db as database
from core.db import transaction
from core.errors import Missing
from core.roles import FINANCE_CHECKER, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER
from employee.models import Employee
from notify.models import InboxMessage, OutboxMessage
from staff.models import StaffUser
from tests.office import Office, actor, fresh
from tests.world import World, as_employee


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


@pytest.fixture
def clerk(world: World) -> StaffUser:
    return world.staff(OPERATOR, name="李经办")


def filed(office: Office, clerk: StaffUser, **values: Any) -> Claim:
    """A claim that `clerk` filed for its person."""
    claim = office.file()
    with transaction():
        for name, value in {"filed_by_kind": "staff", "filed_by_id": clerk.id, **values}.items():
            setattr(claim, name, value)
    return fresh(claim)


def told(since: set[uuid.UUID]) -> set[tuple[str, str]]:
    """(who, kind) of every message of the inbox that was not there before."""
    rows = database.session.query(InboxMessage).all()
    return {(row.owner_kind, row.kind) for row in rows if row.id not in since}


def before() -> set[uuid.UUID]:
    return {row.id for row in database.session.query(InboxMessage)}


def send_back(claim: Claim, by: Any) -> None:
    with transaction():
        review.return_to_filer(claim, by, claim.version, "发票照片不清楚", ["invoice"])


def test_a_return_is_told_to_the_person_and_to_whoever_filed_it_xm_94(
    office: Office, clerk: StaffUser
) -> None:
    claim, seen = filed(office, clerk), before()
    send_back(claim, actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER))
    assert told(seen) == {("employee", "helped_returned"), ("staff", "filed_returned")}
    mine = database.session.query(InboxMessage).filter_by(owner_id=clerk.id).one()
    assert "发票照片不清楚" in mine.text
    assert mine.link == f"/admin/claims/filings/{claim.number}"
    sms = database.session.query(OutboxMessage).filter_by(owner_id=clerk.id).one()
    assert sms.address == clerk.phone
    assert claim.number not in (sms.params or "")


def test_approval_payment_and_bounce_are_told_to_both_xm_94(office: Office, clerk: StaffUser) -> None:
    claim, seen = filed(office, clerk), before()
    by = actor(office.world.staff(FINANCE_CHECKER), FINANCE_CHECKER)
    with transaction():
        for role in (FIRST_REVIEWER, SECOND_REVIEWER):
            review.approve(claim, actor(office.world.staff(role), role), claim.version, "代办材料已核对")
        payment.start_paying([claim.id], by)
        payment.bounced(claim.id, "户名不符", by)
    assert told(seen) == {
        ("employee", "helped_approved"), ("staff", "filed_approved"),
        ("employee", "helped_payment_failed"), ("staff", "filed_payment_failed"),
    }  # fmt: skip


def test_nobody_is_told_what_they_did_themselves(office: Office, clerk: StaffUser) -> None:
    claim, seen = filed(office, clerk), before()
    with transaction():
        filing.withdraw(claim, actor(clerk, OPERATOR))
    assert told(seen) == {("employee", "helped_withdrawn")}


def test_the_person_reads_what_the_union_filed_and_changes_nothing(office: Office, clerk: StaffUser) -> None:
    claim = filed(office, clerk)
    person = database.session.get_one(Employee, claim.employee_id)
    with pytest.raises(Missing), transaction():
        filing.withdraw(claim, as_employee(person))


def test_who_takes_consent_back_ends_what_the_union_filed_and_the_filer_is_told(
    office: Office, clerk: StaffUser
) -> None:
    claim, seen = filed(office, clerk), before()
    person = database.session.get_one(Employee, claim.employee_id)
    with transaction():
        leaving.withdraw_all(person.id, as_employee(person))
    assert ("staff", "filed_withdrawn") in told(seen)
    assert fresh(claim).state == "withdrawn"


def test_a_person_who_filed_alone_is_told_once(office: Office) -> None:
    claim = office.file()
    seen = before()
    send_back(claim, actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER))
    assert told(seen) == {("employee", "claim_returned")}


def test_of_a_death_only_whoever_filed_it_is_told(office: Office, clerk: StaffUser) -> None:
    claim, seen = filed(office, clerk, kind="death"), before()
    with transaction():
        review.return_to_filer(
            claim, actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER), claim.version, "请补材料", []
        )
    assert told(seen) == {("staff", "filed_returned")}


def test_undoing_unsays_both(office: Office, clerk: StaffUser) -> None:
    claim, seen = filed(office, clerk), before()
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    send_back(claim, by)
    with transaction():
        undoing.undo(claim, by, claim.version)
    assert told(seen) == set()
    waiting = database.session.query(OutboxMessage).filter_by(kind="filed_returned", status="pending")
    assert waiting.count() == 0


def test_every_message_after_the_filing_has_words_for_the_filer() -> None:
    tells = {move.tells for move in WORKFLOW.moves if move.tells}
    assert tells == set(ON_BEHALF)
