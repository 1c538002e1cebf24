"""领取: the next free claim, never the same to two people, never one's own, gone after a while."""

from __future__ import annotations

import threading

import pytest
import time_machine
from flask import Flask

from claims.service import holds, review
from core.access import Actor
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.errors import Conflict, NotAllowed
from core.roles import AUDITOR, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER
from tests.claims.paper import TODAY
from tests.office import Office, actor, fresh
from tests.world import World


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def take(by: Actor) -> str:
    with transaction():
        claim = holds.take_next(by)
        return claim.number if claim else ""


def test_the_longest_waiting_comes_first(office: Office) -> None:
    rows = office.rows(5, office.world.union())
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    assert [take(by) for _ in range(6)] == [*(row.number for row in rows), ""]


def test_what_somebody_else_holds_is_passed_over(office: Office) -> None:
    rows = office.rows(2, office.world.union())
    one, other = (actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER) for _ in range(2))
    assert [take(one), take(other), take(one)] == [rows[0].number, rows[1].number, ""]


def test_only_levels_of_ones_own_role(office: Office) -> None:
    union = office.world.union()
    office.rows(1, union, "first_review")
    second = office.rows(1, union, "second_review")
    office.rows(1, union, "approved")
    by = actor(office.world.staff(SECOND_REVIEWER), SECOND_REVIEWER)
    assert [take(by), take(by)] == [second[0].number, ""]


def test_not_ones_own_first_review_filing_or_case(office: Office) -> None:
    union, world = office.world.union(), office.world
    clerk = world.staff(FIRST_REVIEWER, SECOND_REVIEWER)
    by = actor(clerk, FIRST_REVIEWER, SECOND_REVIEWER)
    office.rows(1, union, "second_review", first_reviewer_id=clerk.id)
    (filed,) = office.rows(1, union)
    own = office.file(office.person(union, phone="13900139777"))
    with transaction():
        filed.filed_by_kind, filed.filed_by_id = "staff", clerk.id
        clerk.phone = "13900139777"
    assert own.state == "first_review"
    assert take(by) == ""


def test_only_inside_ones_own_union_subtree_a1(office: Office) -> None:
    top, elsewhere = office.world.union("上级工会"), office.world.union("别处工会")
    below = office.world.union("下级工会", parent=top)
    office.rows(1, elsewhere)
    (mine,) = office.rows(1, below)
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER, union=top)
    assert [take(by), take(by)] == [mine.number, ""]


def test_eight_people_at_once_never_get_the_same_claim(app: Flask, office: Office) -> None:
    office.rows(20, office.world.union())
    clerks = [actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER) for _ in range(8)]
    database.session.rollback()
    gate, taken = threading.Barrier(8), []

    def run(by: Actor) -> None:
        with app.app_context():
            gate.wait()
            for _ in range(2):
                taken.append(take(by))

    threads = [threading.Thread(target=run, args=(by,)) for by in clerks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 16
    assert "" not in taken


def test_a_hold_lapses_by_itself_and_its_since_starts_anew(office: Office) -> None:
    (claim,) = office.rows(1, office.world.union())
    one, other = (actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER) for _ in range(2))
    with transaction():
        first = holds.hold(claim, one)
        since = first.since
    with transaction():
        assert holds.hold(claim, other).staff_id == one.id
    with time_machine.travel(TODAY + holds.HOLD * 1.1, tick=True):
        assert holds.holder(claim.id) is None
        with transaction():
            again = holds.hold(claim, other)
        assert again.staff_id == other.id
        assert again.since > since


def test_taking_over_is_written_down(office: Office) -> None:
    (claim,) = office.rows(1, office.world.union())
    one, other = (actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER) for _ in range(2))
    with transaction():
        holds.hold(claim, one)
    with transaction():
        assert holds.hold(claim, other, take_over=True).staff_id == other.id
    entry = database.session.query(AuditEntry).filter_by(action="claim.take_over").one()
    assert entry.actor_id == other.id
    with pytest.raises(Conflict):
        holds.must_be_free(fresh(claim), one)


def test_nobody_takes_what_they_may_not_decide(office: Office) -> None:
    claim = office.file()
    for role in (OPERATOR, SECOND_REVIEWER, AUDITOR):
        with pytest.raises(NotAllowed):
            review.may_take(claim, actor(office.world.staff(role), role))
    with transaction():
        claim.state = "approved"
    with pytest.raises(Conflict):
        review.may_take(fresh(claim), actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER))
