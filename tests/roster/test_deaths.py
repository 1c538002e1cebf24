"""Does somebody who died stay off the roster, until an administrator puts an error right?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from core import clock
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.errors import Conflict, Refused
from core.history import Transition, timeline
from core.roles import ADMINISTRATOR, AUDITOR, OPERATOR
from employee import service as employees
from employee.models import Death, Employee
from employee.service import deaths, upkeep
from notify import service as notify
from roster import service
from roster.rules import states
from roster.service import single
from tests.roster import desk
from tests.roster.golden import KEYS, number, workbook
from tests.world import World, as_staff
from union.models import Union

WORDS = states.DECEASED.format(operator="广西职工保障互助协会")
DAY = dt.date(2026, 10, 1)


@pytest.fixture
def union(db: Any, sandbox: str) -> Union:
    return World().union()


@pytest.fixture
def boss(world: World) -> Any:
    return as_staff(world.staff(ADMINISTRATOR), ADMINISTRATOR)


def died(world: World, union: Union, n: int, name: str, *, was_active: bool = True) -> Employee:
    person = world.employee(union, name=name, id_number=number(n), phone=f"13700000{n}")
    if not was_active:
        with transaction():
            person.is_active, person.left_on = False, dt.date(2026, 5, 1)
    with transaction():
        deaths.note_death(person.id, DAY, upkeep.on_file(person).seen, desk.BY)
    return person


def a_row(n: int, name: str) -> list[Any]:
    return [{"name": name, "id_number": number(n), "phone": "13900000000"}.get(key) for key in KEYS]


def test_an_import_refuses_the_row_with_whom_to_ask_and_keeps_the_rest(union: Union, world: World) -> None:
    gone = died(world, union, 950, "赵亡故")
    work = desk.read(union, workbook([a_row(950, "赵亡故"), a_row(951, "钱在职")]))
    assert (work.new_count, work.wrong_count) == (1, 1)
    (row, other) = (desk.rows_of(work)[n] for n in sorted(desk.rows_of(work)))
    assert row.verdict == "wrong" and [one.words for one in service.findings_of(row)] == [WORDS]
    assert other.verdict == "new"
    desk.worked(desk.confirm(work))
    lines = desk.result_of(work)
    assert [line["处理结果"] for line in lines] == ["未导入", "已新增"]
    assert WORDS in lines[0]["原因"]
    database.session.refresh(gone)
    assert gone.is_deceased and not gone.is_active and gone.left_on == DAY


def test_another_union_hears_of_it_only_by_name(union: Union, world: World) -> None:
    there = world.union("测试二厂工会委员会")
    died(world, there, 950, "赵亡故")
    for name, words in (("赵亡故", WORDS), ("冒名者", states.OTHER_NAME_ELSEWHERE)):
        work = desk.read(union, workbook([a_row(950, name)]))
        (row,) = desk.rows_of(work).values()
        assert [one.words for one in service.findings_of(row)] == [words]
        with transaction():
            service.cancel(work, desk.BY, work.version)


def test_who_died_between_preview_and_import_does_not_come_back(union: Union, world: World) -> None:
    person = world.employee(union, name="赵离职", id_number=number(950), phone="13700000950")
    with transaction():
        person.is_active, person.left_on = False, dt.date(2026, 5, 1)
    work = desk.read(union, workbook([a_row(950, "赵离职")]))
    assert work.changed_count == 1
    with transaction():
        deaths.note_death(person.id, DAY, upkeep.on_file(person).seen, desk.BY)
    desk.worked(desk.confirm(work))
    database.session.refresh(person)
    assert work.applied_count == 0 and not person.is_active and person.is_deceased


def test_by_hand_nobody_brings_them_back_either(union: Union, world: World, monkeypatch: Any) -> None:
    gone = died(world, union, 950, "赵亡故")
    person = _person(950, "赵亡故")
    with pytest.raises(Refused, match="已亡故"), transaction():
        single.add(union.id, person, desk.BY)
    with pytest.raises(Refused, match="已亡故"), transaction():
        single.come_back(gone, upkeep.on_file(gone).seen, desk.BY)
    with pytest.raises(Refused), transaction():
        single.ask_over(world.union("测试三厂工会").id, person, desk.BY)
    database.session.refresh(gone)
    assert not gone.is_active


def _person(n: int, name: str) -> Any:
    from roster.rules.diagnosis import Person

    return Person(name, "resident_id", number(n), "", None, "13900000000", "", "", None, "")


@pytest.mark.parametrize("was_active", [True, False])
def test_an_administrator_puts_an_error_right_with_a_reason(
    union: Union, world: World, boss: Any, was_active: bool
) -> None:
    gone = died(world, union, 950, "赵亡故", was_active=was_active)
    with pytest.raises(Refused, match="更正的原因"), transaction():
        single.correct_death(gone, " ", boss)
    with transaction():
        single.correct_death(gone, "与单位电话核实，登记时选错了人", boss)
    database.session.refresh(gone)
    assert not gone.is_deceased and gone.is_active is was_active
    assert gone.left_on is None if was_active else gone.left_on == DAY
    row = database.session.query(Death).one()
    assert row.state == "corrected"
    steps = timeline(row.id)
    assert [(step.action, step.note) for step in steps] == [
        ("create", None),
        ("correct", "与单位电话核实，登记时选错了人"),
    ]
    said = [one.action for one in database.session.query(AuditEntry).order_by(AuditEntry.seq)]
    assert "employee.note_death" in said and "employee.correct_death" in said
    details = [str(one.detail) for one in database.session.query(AuditEntry)]
    assert not any("电话核实" in detail for detail in details), "the reason is sealed, not in the trail"
    if was_active:
        work = desk.imported(union, workbook([a_row(950, "赵亡故")]))
        assert work.applied_count == 1, "the living can be imported again"


def test_only_an_administrator_corrects(union: Union, world: World) -> None:
    from core.errors import NotAllowed

    gone = died(world, union, 950, "赵亡故")
    for role in (OPERATOR, AUDITOR):
        with pytest.raises(NotAllowed), transaction():
            single.correct_death(gone, "想恢复", as_staff(world.staff(role), role))
    assert database.session.get_one(Employee, gone.id).is_deceased


def test_nothing_is_sent_to_the_dead(union: Union, world: World) -> None:
    gone = died(world, union, 950, "赵亡故")
    found = employees.recipient(gone.id)
    assert found is not None and found.is_deceased
    with transaction():
        notify.send("roster_changed", employee=gone.id, dedupe="x")
    from notify.models import OutboxMessage

    assert database.session.query(OutboxMessage).filter_by(owner_id=gone.id).count() == 0


def test_the_pages_say_what_stands_and_who_can_change_it(app: Flask, union: Union, world: World) -> None:
    person = world.employee(union, name="赵在职", id_number=number(950))
    clerk = world.sign_in(app.test_client(), staff=world.staff(OPERATOR, union=union))
    chief = world.sign_in(app.test_client(), staff=world.staff(ADMINISTRATOR))
    at = f"/admin/roster/people/{person.id}"
    ahead = (clock.today() + dt.timedelta(days=1)).isoformat()
    wrong = clerk.submit(f"{at}/death", {"died_on": ahead})
    assert wrong.status_code == 422 and "亡故日期不能晚于今天" in wrong.text and ahead in wrong.text
    page = clerk.get(f"{at}/death").text
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert clerk.submit(f"{at}/death", {"died_on": "2026-10-01", "seen": seen}).status_code == 303
    shown = clerk.get(at).text
    assert "已亡故" in shown and "亡故日期" in shown and "恢复在职" not in shown.split("不能恢复在职")[0]
    assert f"{at}/death/correct" not in shown and f"{at}/death/correct" in chief.get(at).text
    done = chief.submit(f"{at}/death/correct", {"note": "登记时选错了人"})
    assert done.status_code == 303 and "在职" in chief.get(at).text
    again = chief.submit(f"{at}/death/correct", {"note": "再更正一次"}, page=at)
    assert again.status_code == 422 and "没有登记亡故" in again.text, "there is nothing to put right any more"


def test_the_second_to_note_it_is_told(union: Union, world: World) -> None:
    gone = died(world, union, 950, "赵亡故")
    with pytest.raises(Conflict), transaction():
        deaths.note_death(gone.id, DAY, upkeep.on_file(gone).seen, desk.BY)
    assert database.session.query(Transition).filter_by(workflow="death").count() == 1
