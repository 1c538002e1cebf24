"""What does an import do to people, and what if its worker dies in the middle? (XM-32, XM-34, XM-35)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import update

from core import clock
from core.db import transaction
from employee.models import Employee
from employee.service import bulk
from roster import jobs, service
from roster.models import RosterImport, RosterImportRow
from roster.service import applying, keeping, reading
from tests.roster import desk
from tests.roster.golden import number, workbook
from tests.roster.test_identity import people
from tests.world import World
from union.models import Union


class Killed(BaseException):
    """As SIGKILL: nothing is tidied up."""


@pytest.fixture
def union(db: SQLAlchemy, sandbox: str) -> Union:
    return World().union()


@pytest.fixture
def small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LOT", 4)
    monkeypatch.setattr(applying, "LOT", 4)
    monkeypatch.setattr(applying, "ASKED_AT_ONCE", 6)


def dies(db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch, room: Any, name: str, after: int) -> None:
    """The worker is killed at the `after`th call of that function; its lease runs out."""
    whole: Callable[..., Any] = getattr(room, name)
    calls = 0

    def die(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > after:
            raise Killed
        return whole(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(room, name, die)
        patch.setattr(keeping, "let_go", lambda *_: None)
        with pytest.raises(Killed):
            jobs.work()
    db.session.rollback()
    with transaction():
        past = clock.now() - dt.timedelta(seconds=1)
        db.session.execute(update(RosterImport).values(lease_until=past))


@pytest.mark.parametrize("after", range(4))
def test_a_worker_killed_while_reading_leaves_an_import_that_starts_over(
    union: Union, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch, small_lots: None, after: int
) -> None:
    work = desk.upload(union, workbook(people(15)))
    dies(db, monkeypatch, reading, "_stage", after)
    db.session.refresh(work)
    assert work.state == "reading" and desk.roster() == {}
    desk.worked(work)
    assert (work.state, work.new_count, work.rows_read) == ("preview", 15, 15)
    assert len(desk.rows_of(work)) == 15


@pytest.mark.parametrize(
    ("room", "name", "after"),
    [(bulk, "take_in", n) for n in range(4)]
    + [(applying, "_mark", n) for n in range(4)]
    + [(applying, "_take_up", n) for n in range(3)]
    + [(keeping, "keep", 0)],
)
def test_a_worker_killed_while_applying_leaves_nothing_half_and_nothing_twice(
    union: Union, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch, small_lots: None, room: Any, name: str,
    after: int,
) -> None:  # fmt: skip
    """XM-34: after the next worker's turn every row is on the roster once, and told once."""
    rows = people(14)
    rows[3][0] = "测不符"
    work = desk.confirm(desk.read(union, workbook(rows)))
    dies(db, monkeypatch, room, name, after)
    done = db.session.query(RosterImportRow).filter_by(is_applied=True).count()
    assert db.session.query(Employee).count() == done, "a lot is on the roster and marked, or neither"
    desk.worked(work)
    assert (work.state, work.applied_count, len(desk.roster())) == ("done", 13, 13)
    said = [line["处理结果"] for line in desk.result_of(work)]
    assert (said.count("已新增"), said.count("未导入"), len(said)) == (13, 1, 14)
    again = desk.imported(union, workbook(rows))
    assert (again.unchanged_count, again.applied_count) == (13, 0)


def test_who_was_changed_by_somebody_else_meanwhile_is_not_overwritten(union: Union, db: SQLAlchemy) -> None:
    """XM-38: the row is named in the result, and a second import brings it in."""
    rows = people(3)
    desk.imported(union, workbook(rows))
    for row in rows:
        row[5] = "13500000009"
    work = desk.read(union, workbook(rows))
    with transaction():
        person = db.session.query(Employee).filter(Employee.id_number.matches(rows[1][2])).one()
        person.phone = "13400000001"
    desk.worked(desk.confirm(work))
    said = [(line["处理结果"], line["原因"]) for line in desk.result_of(work)]
    late = "这位职工的资料刚刚被别人改过，没有导入这一行，请再导入一次"
    assert [result for result, _ in said] == ["已更新", "未导入", "已更新"]
    assert late in said[1][1] and desk.roster()[rows[1][2]][1] == "13400000001"
    again = desk.imported(union, workbook(rows))
    assert (again.changed_count, desk.roster()[rows[1][2]][1]) == (1, "13500000009")


def test_who_came_in_meanwhile_by_another_union_is_not_taken(union: Union, db: SQLAlchemy) -> None:
    other = World().union("测试三厂")
    rows = people(2)
    work = desk.read(union, workbook(rows))
    World().employee(other, name=rows[0][0], id_number=rows[0][2])
    desk.worked(desk.confirm(work))
    said = [(line["处理结果"], line["原因"]) for line in desk.result_of(work)]
    assert said[0][0] == "未导入" and "刚刚被别人改过" in said[0][1] and said[1][0] == "已新增"
    assert desk.roster()[rows[0][2]][7] == other.id


def test_who_left_comes_back_and_keeps_what_the_file_leaves_blank(union: Union, db: SQLAlchemy) -> None:
    rows = people(1)
    desk.imported(union, workbook(rows))
    with transaction():
        person = db.session.query(Employee).one()
        person.is_active, person.left_on, person.note = False, dt.date(2026, 1, 1), "一车间"
    rows[0][5] = None
    work = desk.imported(union, workbook(rows))
    db.session.refresh(person)
    assert (work.changed_count, person.is_active, person.left_on) == (1, True, None)
    assert (person.note, person.phone) == ("一车间", "13600000000")


def test_people_the_file_does_not_name_are_counted_and_left_alone(union: Union) -> None:
    desk.imported(union, workbook(people(6)))
    before = desk.roster()
    rows = people(3)
    rows[2][0] = "测 丙"
    work = desk.imported(union, workbook(rows))
    assert (work.missing_count, work.wrong_count) == (3, 1)
    assert desk.roster() == before


def test_one_import_at_a_time_and_each_in_its_turn(union: Union, db: SQLAlchemy) -> None:
    """XM-33, XM-34: reading goes before applying, and the position is the one that is worked by."""
    first = desk.upload(union, workbook(people(1)))
    second = desk.upload(World().union("测试三厂"), workbook(people(1, 50)))
    assert [service.position(one) for one in (first, second)] == [0, 1]
    with transaction():
        mine = keeping.claim_due()
    assert mine is not None and mine.id == first.id
    with transaction():
        assert keeping.claim_due() is None
        keeping.let_go(mine, None)
    desk.worked(first)
    db.session.refresh(second)
    assert (first.state, second.state) == ("preview", "preview")
    desk.confirm(first)
    third = desk.upload(World().union("测试四厂"), workbook(people(1, 90)))
    assert [service.position(one) for one in (first, third)] == [1, 0]


def test_a_table_that_ends_every_worker_is_refused_in_the_end(
    union: Union, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_TRIES", 3)
    work = desk.upload(union, workbook(people(2)))
    for _ in range(3):
        dies(db, monkeypatch, reading, "_stage", 0)
    desk.worked(work)
    assert work.state == "refused" and "没能读完" in work.problem and desk.rows_of(work) == {}


def test_an_error_gives_the_import_back_for_a_later_try(
    union: Union, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = desk.upload(union, workbook(people(2)))
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "on_file", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            jobs.work()
    db.session.refresh(work)
    assert work.lease_until is None and work.ask_at and work.ask_at > clock.now()
    desk.wait_over(work)
    assert desk.worked(work).state == "preview"


def test_the_clock_works_itself_when_nobody_hears_the_bell(
    union: Union, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis may be away, or no worker listen: the import goes on."""
    work = desk.upload(union, workbook(people(2)))
    monkeypatch.setattr(jobs, "ring", lambda _: False)
    jobs.sweep()
    db.session.refresh(work)
    assert work.state == "preview"
    desk.confirm(work)
    monkeypatch.setattr(jobs, "ring", lambda _: True)
    jobs.sweep()
    db.session.refresh(work)
    assert work.state == "applying", "a worker was rung for"
    with transaction():
        old = clock.now() - dt.timedelta(minutes=2)
        db.session.execute(update(RosterImport).values(state_at=old))
    jobs.sweep()
    db.session.refresh(work)
    assert work.state == "done"


def test_nobody_is_missing_from_a_roster_of_nobody(union: Union) -> None:
    assert bulk.missing_from(union.id, []) == 0
    assert desk.imported(union, workbook([["张测试", None, number(1)]])).missing_count == 0
