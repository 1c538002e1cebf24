"""我的办件: every kind of case in one list, a line a case, read by who did it (XM-68)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from flask import Flask

from changes.service import review as change_review
from core.db import db as database
from core.db import transaction
from core.history import begin, perform
from core.roles import ADMINISTRATOR, CHAIR, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER
from employee.models import Rebind
from employee.rules import REBIND
from employee.service import deaths, upkeep
from membership import service as membership
from staff import service as staff
from tests.changes.conftest import Person
from tests.claims.paper import says
from tests.office import Office
from tests.payout.conftest import PayOffice
from tests.workbench.test_news import handed_in
from tests.world import World, as_staff
from workbench import mine


@pytest.fixture
def sits(app: Flask, world: World) -> Any:
    return lambda person: world.sign_in(app.test_client(), staff=person)


def lines(client: Any) -> list[tuple[str, ...]]:
    """The cells of the list, as somebody reads them."""
    page = client.get("/admin/mine").get_data(as_text=True)
    rows = re.findall(r'<tr role="row"><td.*?</tr>', page, re.S)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in rows]
    return [tuple(re.sub(r"<[^>]+>", "", cell).strip() for cell in row) for row in cells]


def test_every_kind_stands_in_one_list_with_what_comes_next(
    app: Flask, office: Office, sits: Any, world: World
) -> None:
    """XM-68: 首页 → 我的办件: number, kind, state and what to do, whatever it was."""
    union, other = world.union("甲厂工会"), world.union("乙厂工会")
    clerk = world.staff(FIRST_REVIEWER, OPERATOR, CHAIR)
    by = staff.actor_at_work(clerk.id)
    assert by
    claim = office.file(passed_by=clerk)
    person = Person(world, app.test_client(), world.insured(union=union))
    change = person.ask(phone="13811112222")
    with transaction():
        change_review.send_back(changes_of(change), by, change.version, "照片看不清")
    lost = world.employee(union, name="李测试")
    with transaction():
        rebind = Rebind(
            employee_id=lost.id, openid="oTestLost", name="李测试", phone="13700000000", reason="换号",
            state="submitted", version=0,
        )  # fmt: skip
        database.session.add(rebind)
        database.session.flush()
        begin(REBIND, rebind, as_staff(clerk))
        perform(REBIND, rebind, "approve", by)
    work = handed_in(union, clerk, "preview")
    moved = world.employee(other, name="王测试")
    with transaction():
        membership.ask_for_employee("王测试", moved.id_number, union.id, "调入", by)
    gone = world.employee(union, name="赵测试")
    with transaction():
        deaths.note_death(gone.id, dt.date(2026, 11, 1), upkeep.on_file(gone).seen, by)
    found = lines(sits(clerk))
    assert [row[0] for row in found] == [
        "亡故登记", "会籍变更", "名册导入", "找回绑定", "信息变更", "补助申请"
    ]  # fmt: skip
    table = {row[0]: row for row in found}
    assert table["补助申请"][1] == claim.number and table["补助申请"][5:] == ("待复核", "等复核")
    assert table["信息变更"][1] == change.number
    assert table["信息变更"][6] == "等申请人修改后重新提交"
    assert table["找回绑定"][2] == "李*试" and table["找回绑定"][5:] == ("通过", "—")
    assert table["名册导入"][1] == work.file_name
    assert table["名册导入"][5:] == ("待确认", "请核对后确认导入")
    assert table["会籍变更"][2] == "王*试 转到“甲厂工会”" and table["会籍变更"][6] == "等工会审核"
    assert table["亡故登记"][2] == "赵*试" and table["亡故登记"][5] == "已登记亡故"
    page = sits(clerk).get("/admin/mine").get_data(as_text=True)
    for href in re.findall(r'class="row-link" href="([^"]+)"', page):
        assert sits(clerk).get(href).status_code == 200, href


def changes_of(change: Any) -> Any:
    database.session.refresh(change)
    return change


def test_a_case_stands_once_with_the_last_thing_done(office: Office, sits: Any, world: World) -> None:
    clerk = world.staff(FIRST_REVIEWER, SECOND_REVIEWER)
    office.file(passed_by=clerk)
    batch_office = PayOffice(world)
    batch = batch_office.prepared(batch_office.approved())
    assert len(lines(sits(clerk))) == 1
    found = lines(sits(batch_office.making))
    assert [one[0] for one in found].count("打款批次") == 1
    row = next(one for one in found if one[0] == "打款批次")
    assert row[:2] == ("打款批次", batch.number) and row[3] == "生成批次" and row[6] == "等另一位财务复核"


def test_what_is_out_of_reach_now_is_not_told(sits: Any, world: World) -> None:
    union = world.union("甲厂工会")
    clerk = world.staff(OPERATOR, union=union)
    work = handed_in(union, clerk)
    client = sits(clerk)
    assert work.file_name in client.get("/admin/mine").text
    with transaction():
        staff.end_grant(_grant_of(clerk), as_staff(world.staff(ADMINISTRATOR), ADMINISTRATOR))
    page = says(client.get("/admin/mine"))
    assert "不在您现在的权限范围内" in page
    assert work.file_name not in page and "甲厂工会" not in page


def _grant_of(person: Any) -> Any:
    from staff.models import Grant

    return database.session.query(Grant).filter_by(staff_id=person.id).one().id


def test_the_pages_turn_without_losing_or_repeating_anything(world: World, sits: Any) -> None:
    union = world.union()
    clerk = world.staff(OPERATOR, union=union)
    for n in range(45):
        handed_in(union, clerk, days_ago=n % 3)
    by, seen, cursor = staff.actor_at_work(clerk.id), [], ""
    assert by
    for _ in range(3):
        turn = mine.page(by, after=cursor)
        seen += [row.case.url for row in turn.rows]
        cursor = turn.after
    assert len(seen) == len(set(seen)) == 45 and cursor == ""


def test_the_cost_does_not_grow_with_the_list(world: World, sits: Any, statements: Any) -> None:
    union = world.union()
    clerk = world.staff(OPERATOR, union=union)
    client = sits(clerk)
    client.get("/admin/mine")
    counted = []
    for more in (1, 30):
        for _ in range(more):
            handed_in(union, clerk)
        with statements() as seen:
            assert client.get("/admin/mine").status_code == 200
        counted.append([one for one in seen if one.lstrip().upper().startswith("SELECT")])
    assert len(counted[0]) == len(counted[1]) <= 7, "\n\n".join(counted[1])


# Articles have a desk of their own; an export is a person's own matter; tables of reports are listed in
# 我的导出, the finder's runs on its own page.
WITHOUT = {"content", "export", "finder", "report"}


def test_every_workflow_that_staff_act_in_has_a_door() -> None:
    """A feature joins with one line in `DOORS`; whoever forgets it reads so here."""
    from handbook import WORKFLOWS

    names = {workflow.name for _, workflow in WORKFLOWS} - WITHOUT
    assert names == set(mine.KINDS), "add a Door to workbench/mine.py, or say above why there is none"
