"""Who comes into an enrolment, who cannot, and what does the plan ask for? (XM-59, XM-62 … XM-65)"""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.db import db as database
from core.db import transaction
from core.errors import Invalid, Refused
from core.roles import OPERATOR
from employee.models import Employee
from enrolment.models import Participant
from enrolment.queries import people as reading
from enrolment.rules.words import EMPTY_ROSTER, lacking, share, some_names
from enrolment.service import checks, filing, people
from plans.rules import load_plan, threshold
from tests.enrolment.hall import PLAN, Hall
from tests.world import World, as_staff

YEAR = {"starts_on": dt.date(2027, 1, 1), "ends_on": dt.date(2027, 12, 31)}


def test_xm_62_only_those_of_the_roster_who_are_free_come_in(hall: Hall, world: World) -> None:
    free, covered, gone = hall.employees(3)
    stranger = world.employee(world.union("别家工会"))
    world.cover(covered, PLAN, **YEAR)
    with transaction():
        gone.is_active = False
    row = hall.start()
    with transaction():
        added = people.add(row, [free.id, covered.id, gone.id, stranger.id, uuid.uuid4()], hall.by)
    assert (added.people, row.participant_count) == (1, 1)
    assert (
        added.refused
        == f"1 人本期已参保，不能重复参保：{covered.name[0]}**{covered.name[-1]}（示例厂工会委员会）"
    )


def test_choosing_nobody_is_said(hall: Hall) -> None:
    row = hall.start()
    with pytest.raises(Refused, match="请先勾选职工"), transaction():
        people.add(row, [], hall.by)


def test_xm_63_everybody_at_once_is_one_statement(hall: Hall, world: World, statements: Any) -> None:
    everybody = hall.employees(7)
    world.cover(everybody[0], PLAN, **YEAR)
    world.cover(everybody[1])  # the period before means nothing
    row = hall.start()
    with statements() as seen, transaction():
        added = people.add_all(row, hall.by)
    assert added.people == row.participant_count == 6
    assert sum(one.startswith("INSERT INTO enrolment_participant") for one in seen) == 1
    with transaction():
        assert people.add_all(row, hall.by).people == 0, "a second press changes nothing"


def test_xm_64_nobody_is_enrolled_twice_in_a_period_by_the_database(hall: Hall, world: World) -> None:
    person = hall.employees(1)[0]
    row, other = hall.start(), Hall(world).start()
    with transaction():
        people.add(row, [person.id], hall.by)
    with pytest.raises(IntegrityError), transaction():
        database.session.add(Participant(enrolment_id=other.id, employee_id=person.id, plan_code=PLAN))


def test_xm_64_who_was_enrolled_elsewhere_a_second_ago_is_named_without_naming_where(
    hall: Hall, world: World
) -> None:
    """They moved here, but the old union's enrolment still holds them; its name is not ours to see."""
    old = Hall(world)
    person = old.employees(1, name="欧阳示例")[0]
    there = old.start()
    with transaction():
        people.add(there, [person.id], old.by)
        database.session.get(Employee, person.id).union_id = hall.union.id  # type: ignore[union-attr]
    row = hall.start()
    with transaction():
        added = people.add(row, [person.id], hall.by)
    assert (added.people, added.refused) == (0, "1 人本期已参保，不能重复参保：欧**例（其他工会）")
    above = as_staff(world.staff(OPERATOR), OPERATOR)
    with transaction():
        assert "示例厂工会委员会" in people.add(row, [person.id], above).refused, "who sees all reads where"


def test_xm_64_two_unions_that_choose_at_once_share_nobody(app: Any, hall: Hall, world: World) -> None:
    """One person, two drafts, at the same moment: the second waits for the first and goes without."""
    person = hall.employees(1)[0]
    first, second = hall.start(), Hall(world).start()
    ids, counts = (first.id, second.id), []
    by, barrier, person_id = hall.by, threading.Barrier(2), person.id

    def choose(enrolment_id: Any) -> None:
        with app.app_context():
            row = database.session.get(type(first), enrolment_id)
            barrier.wait()
            with transaction():
                chosen = select(Employee.id).where(Employee.id == person_id)
                counts.append(people._insert(row, chosen, by))

    threads = [threading.Thread(target=choose, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 1]


def test_xm_65_an_empty_roster_says_what_to_do(hall: Hall) -> None:
    row = hall.start()
    with pytest.raises(Refused) as refused, transaction():
        people.add_all(row, hall.by)
    assert refused.value.text == EMPTY_ROSTER and "请先到职工名册中添加职工" in EMPTY_ROSTER


def test_people_are_taken_out_and_may_come_in_again(hall: Hall) -> None:
    row = hall.draft(4)
    ids = list(database.session.scalars(select(Participant.employee_id)))
    with transaction():
        assert people.remove(row, ids[:2], hall.by) == 2
    assert row.participant_count == 2 and reading.free(row) == 2
    with transaction():
        assert people.add_all(row, hall.by).people == 2


def test_who_left_after_being_chosen_is_named_and_taken_out_at_once(hall: Hall) -> None:
    row = hall.draft(4)
    with transaction():
        database.session.scalars(select(Employee).limit(1)).one().is_active = False
    with pytest.raises(Invalid) as refused, transaction():
        filing.submit(row, hall.by, row.version)
    assert refused.value.errors["unfit"].startswith("1 人已经不在本单位名册，请移出后再提交：")
    with transaction():
        assert people.remove_unfit(row, hall.by) == 1
    hall.hand_in(row)
    assert row.participant_count == 3


def test_xm_64_the_roster_is_filtered_by_cover_in_this_period(hall: Hall, world: World) -> None:
    in_draft, covered, free = hall.employees(3)
    world.cover(covered, PLAN, **YEAR)
    world.cover(free)  # last period
    row = hall.start()
    with transaction():
        people.add(row, [in_draft.id], hall.by)
    assert [line.id for line in reading.choosing(row, False).rows] == [free.id]
    assert {line.id for line in reading.choosing(row, True).rows} == {in_draft.id, covered.id}
    assert {line.id: line.is_covered for line in reading.choosing(row, None).rows}[free.id] is False


def test_a_page_of_people_costs_the_same_for_a_few_and_for_many(hall: Hall, statements: Any) -> None:
    row = hall.draft(3)
    with statements() as few:
        reading.listed(row), reading.choosing(row, True)
    hall.employees(40)
    with transaction():
        people.add_all(row, hall.by)
    with statements() as many:
        reading.listed(row), reading.choosing(row, True)
    assert len(many) == len(few)


@pytest.mark.parametrize(
    "nature,headcount,joining,words,is_short",
    [
        ("国企", 10, 7, "还差 1 人达到 80%", True),
        ("国企", 10, 8, "已达到 80%", False),
        ("国企", 11, 8, "还差 1 人达到 80%", True),  # 8.8: nobody joins by a fraction
        ("国企", 15, 12, "已达到 80%", False),
        ("其他", 15, 7, "还差 1 人达到 50%", True),
        ("其他", 15, 8, "已达到 50%", False),
    ],
)
def test_xm_59_the_threshold_is_exact_to_the_last_person(
    nature: str, headcount: int, joining: int, words: str, is_short: bool
) -> None:
    rule = threshold(load_plan("config/plans/guangxi-2027.toml"), nature, headcount)
    assert rule is not None
    have = checks.Standing(joining, 0, headcount, rule)
    assert (have.lacking, have.is_short) == (words, is_short)


def test_xm_59_too_few_only_warn_unless_the_plan_blocks(hall: Hall) -> None:
    row = hall.draft(3)  # 3 of 10, a state-owned company
    found = next(one for one in checks.run(row) if one.field == "share")
    assert (found.level, found.text) == ("look", "参保比例 30%，还差 5 人达到 80%")
    hall.hand_in(row)


@pytest.mark.parametrize(
    "joining,headcount,words",
    [(79, 95, "83.16%"), (8, 10, "80%"), (1, 3, "33.33%"), (5, 0, ""), (0, 9, "0%")],
)
def test_xm_59_the_share_is_derived(joining: int, headcount: int, words: str) -> None:
    assert share(joining, headcount) == words


def test_names_are_some_and_then_more() -> None:
    assert some_names(["张*", "李*"], 2) == "张*、李*"
    assert some_names([f"{n}*" for n in range(9)], 9) == "0*、1*、2*、3*、4*等"
    assert lacking(8, "80%", 5) == "还差 3 人达到 80%"
