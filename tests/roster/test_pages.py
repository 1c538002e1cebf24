"""What does an operator see and do on the roster's pages? Through requests, on the real stores."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

import pytest
import requests

from core import clock
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.fields import mask_id
from core.identifiers import ID_TYPES, birth_on, is_male
from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, OPERATOR
from employee import queries as employees
from roster.models import RosterCheck, RosterImport
from roster.service import single, vouching
from tests.roster.conftest import filled, import_of, number, people_of, rows_of, upload, work

TODAY = clock.today()


@pytest.fixture
def no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment with nobody to ask about names and numbers."""
    monkeypatch.setattr("employee.service.identity.is_asked", lambda: False)


def page(client: Any, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status, answer.get_data(as_text=True)[-600:])
    return str(answer.get_data(as_text=True))


def actions() -> list[str]:
    database.session.rollback()
    found = database.session.query(AuditEntry.action, AuditEntry.detail).order_by(AuditEntry.seq)
    return [action for action, _ in found if action.startswith("roster")]


# --- the list (XM-26, XM-30) ---


def test_the_menu_leads_to_the_roster_of_ones_own_union(tree, sits, world) -> None:
    """XM-26, XM-30: 职工名册 in the menu of operator and chair, with names, masked numbers and the cover."""
    person = world.employee(tree.plant, name="甲磳样")
    world.cover(person, starts_on=TODAY - dt.timedelta(1), ends_on=TODAY + dt.timedelta(9))
    other = world.employee(tree.plant, name="乙样本")
    for role in (OPERATOR, CHAIR):
        client = sits(tree.plant, role)
        assert 'href="/admin/roster"' in page(client, "/admin/") and "职工名册" in page(client, "/admin/")
        shown = page(client, "/admin/roster")
        for words in ("示例厂工会", "甲磳样", "乙样本", ID_TYPES["resident_id"], "已参保", "未参保"):
            assert words in shown
        assert mask_id(person.id_number) in shown
        for hidden in (person.id_number, person.phone, other.id_number, other.phone):
            assert hidden not in shown


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("", {"在保", "脱保"}),
        ("&covered=yes", {"在保"}),
        ("&covered=no", {"脱保"}),
        ("&state=left", {"离开"}),
        ("&covered=nonsense&state=nonsense", {"在保", "脱保"}),
    ],
)
def test_the_filters_stand_in_the_address(tree, sits, world, address: str, names: set[str]) -> None:
    for name in ("在保", "脱保", "离开"):
        person = world.employee(tree.plant, name=name)
        if name == "在保":
            world.cover(person, starts_on=TODAY, ends_on=TODAY)
        else:
            world.cover(person, starts_on=TODAY - dt.timedelta(30), ends_on=TODAY - dt.timedelta(1))
        if name == "离开":
            with transaction():
                person.is_active, person.left_on = False, TODAY
    shown = page(sits(tree.plant), f"/admin/roster?union={tree.plant.id}{address}")
    assert {name for name in ("在保", "脱保", "离开") if f">{name}<" in shown} == names


def test_a_page_costs_the_same_with_one_person_and_with_many(tree, sits, world, statements) -> None:
    client = sits(tree.plant)
    world.employee(tree.plant)

    def cost(path: str) -> int:
        with statements() as seen:
            page(client, path)
        return len(seen)

    cost(f"/admin/roster?union={tree.plant.id}")  # the session's own row is touched by the first look
    few = cost(f"/admin/roster?union={tree.plant.id}")
    for _ in range(employees.PAGE + 5):
        world.employee(tree.plant)
    assert cost(f"/admin/roster?union={tree.plant.id}") == few


def test_the_pages_turn_without_losing_or_repeating_anybody(tree, sits, world) -> None:
    import re

    people = [world.employee(tree.plant) for _ in range(2 * employees.PAGE + 3)]
    client, path, seen = sits(tree.plant), f"/admin/roster?union={tree.plant.id}", []
    for _ in range(3):
        shown = page(client, path)
        seen += re.findall(r"/admin/roster/people/([0-9a-f-]{36})", shown)
        found = re.search(r'href="([^"]+)" rel="next"', shown)
        path = found[1].replace("&amp;", "&") if found else ""
    assert seen == [str(person.id) for person in people] and not path


def test_the_counts_of_a_union_are_of_that_union(tree, sits, world) -> None:
    for union in (tree.plant, tree.plant, tree.floor, tree.shop):
        world.employee(union)
    assert "在职 2 人，其中已参保 0 人、未参保 2 人" in page(sits(tree.plant), "/admin/roster")
    assert "在职 1 人" in page(sits(tree.city), f"/admin/roster?union={tree.shop.id}")


# --- searching ---


def test_a_number_finds_its_person_anywhere_in_scope_and_stays_out_of_the_address(tree, sits, world) -> None:
    person, foreign = world.employee(tree.floor, name="丁样本"), world.employee(tree.shop, name="戊样本")
    client = sits(tree.plant)
    for typed in (person.id_number, person.phone, f" {person.phone[:3]} {person.phone[3:]} "):
        answer = client.submit("/admin/roster/search", {"q": typed}, page="/admin/roster")
        assert answer.status_code == 303 and str(person.id) in answer.location
        assert person.phone not in answer.location and person.id_number not in answer.location
        assert "丁样本" in page(client, answer.location)
    for typed in (foreign.id_number, foreign.phone, "13000000000"):
        answer = client.submit("/admin/roster/search", {"q": typed}, page="/admin/roster")
        assert answer.status_code == 422 and "没有找到" in answer.get_data(as_text=True)
    assert "戊样本" not in page(client, f"/admin/roster?person={foreign.id}")
    assert actions().count("roster.search") == 6
    details = [str(entry.detail) for entry in database.session.query(AuditEntry)]
    assert not any(person.phone in one or person.id_number in one for one in details)


def test_a_part_of_a_name_is_looked_for_in_one_union(tree, sits, world, monkeypatch) -> None:
    wanted = world.employee(tree.plant, name="阿依古丽·买买提")
    world.employee(tree.floor, name="古丽在别处")
    client = sits(tree.plant)
    given = {"union": str(tree.plant.id)}
    answer = client.submit("/admin/roster/search", {"q": "古丽•买", **given}, page="/admin/roster")
    assert answer.location.count("person=") == 1 and str(wanted.id) in answer.location
    monkeypatch.setattr(employees, "MOST_SCANNED", 0)
    answer = client.submit("/admin/roster/search", {"q": "古丽", **given}, page="/admin/roster")
    assert answer.status_code == 422 and "请写完整的证件号码或手机号码" in answer.get_data(as_text=True)


def test_whoever_keeps_several_unions_chooses_one_by_name(tree, sits, world) -> None:
    client = sits(None, ADMINISTRATOR)
    shown = page(client, "/admin/roster")
    assert "请先选择工会" in shown and "示例店工会" in shown
    assert "示例店工会" not in page(client, "/admin/roster?choose=1&part=车间")
    answer = client.submit("/admin/roster/search", {"q": "王"}, page="/admin/roster")
    assert "按姓名查找请先选择工会" in answer.get_data(as_text=True)
    own = page(sits(tree.plant), "/admin/roster?choose=1")
    assert "示例车间工会" in own and "示例店工会" not in own


# --- scope: own, sibling, parent, child ---


def test_no_page_and_no_download_leaves_the_union_tree(tree, sits, world, no_check) -> None:
    """A1, A3: every page about a person or an import of another union looks like nothing at all."""
    people, imports = {}, {}
    for union in (tree.city, tree.plant, tree.shop, tree.floor):
        people[union.name] = world.employee(union)
        client = sits(union)
        assert upload(client, union, filled([["样张", None, number(len(people))]])).status_code == 303
        work()
        assert client.submit(_at(union, "confirm"), {"seen": import_of(union).version}, page=_at(union))
        work()
        imports[union.name] = import_of(union).id
    client = sits(tree.plant)
    reach = {"示例城工会": 404, "示例厂工会": 200, "示例店工会": 404, "示例车间工会": 200}
    for union in (tree.city, tree.plant, tree.shop, tree.floor):
        status = reach[union.name]
        person, found = (
            f"/admin/roster/people/{people[union.name].id}",
            f"/admin/roster/imports/{imports[union.name]}",
        )
        for path in (
            f"/admin/roster?union={union.id}",
            f"/admin/roster/imports?union={union.id}",
            f"/admin/roster/import?union={union.id}",
            f"/admin/roster/new?union={union.id}",
            person,
            f"{person}/edit",
            f"{person}/leave",
            found,
        ):
            page(client, path, status)
        for path, given in (
            (f"{person}/edit", {"name": "改名"}),
            (f"{person}/leave", {"left_on": str(TODAY)}),
            (f"{person}/come-back", {}),
            (f"{person}/reveal", {"field": "phone", "reason": "call"}),
            (f"{found}/confirm", {"seen": "1"}),
            (f"{found}/cancel", {"seen": "1"}),
            (f"{found}/result", {}),
            ("/admin/roster/import", {"union": str(union.id), "op": secrets.token_urlsafe(24)}),
            ("/admin/roster/new", {"union": str(union.id), "op": secrets.token_urlsafe(24)}),
        ):
            answer = client.submit(path, given, page="/admin/roster")
            assert (answer.status_code == 404) == (status == 404), (path, answer.status)
    assert people_of(tree.shop)[0].is_active and people_of(tree.city)[0].is_active


def _at(union: Any, rest: str = "") -> str:
    return f"/admin/roster/imports/{import_of(union).id}" + (f"/{rest}" if rest else "")


def test_who_only_reads_finds_no_button_and_no_way(tree, sits, world, no_check) -> None:
    person = world.employee(tree.plant, name="张磳国")
    upload(sits(tree.plant), tree.plant, filled([["样张", None, number(1)]]))
    work()
    for role in (ADMINISTRATOR, AUDITOR):
        client = sits(tree.plant, role)
        shown = page(client, "/admin/roster") + page(client, _at(tree.plant))
        assert "新增</a>" not in shown and "导入职工信息" not in shown and "确认导入" not in shown
        assert ("张磳国" in shown) == (role == ADMINISTRATOR) and "样张" not in shown or role == ADMINISTRATOR
        for path in ("import", "new", f"people/{person.id}/edit", f"people/{person.id}/leave"):
            assert client.get(f"/admin/roster/{path}").status_code == 403
        assert client.submit(_at(tree.plant, "confirm"), {"seen": 2}, page="/admin/roster").status_code == 403


# --- one person ---


def test_a_number_is_shown_for_a_reason_and_on_record(tree, sits, world) -> None:
    person = world.employee(tree.plant)
    client, at = sits(tree.plant), f"/admin/roster/people/{person.id}"
    refused = client.submit(f"{at}/reveal", {"field": "id_number"}, page=at)
    assert refused.status_code == 422 and person.id_number not in refused.get_data(as_text=True)
    shown = client.submit(f"{at}/reveal", {"field": "id_number", "reason": "roster"}, page=at)
    assert person.id_number in shown.get_data(as_text=True)
    assert client.submit(f"{at}/reveal", {"field": "name", "reason": "roster"}, page=at).status_code == 404
    assert actions() == ["roster.reveal"]
    told = client.submit(
        f"{at}/reveal",
        {"field": "phone", "reason": "call"},
        page=at,
        headers={"X-Requested-With": "fetch"},
    )
    assert told.get_json() == {"value": person.phone}


NEW = {"name": "石爨", "id_type": "resident_id", "phone": "13900001111"}


def add(client: Any, union: Any, **values: str) -> Any:
    given = {
        **NEW,
        "id_number": number(77),
        "union": str(union.id),
        "op": secrets.token_urlsafe(24),
        **values,
    }
    return client.submit("/admin/roster/new", given, page=f"/admin/roster/new?union={union.id}")


def test_one_person_is_added_with_what_the_number_says(tree, sits, no_check) -> None:
    """XM-36, XM-40: 新增 one by one; a rare character stays the character that was pasted."""
    for name in ("石爨", "𠮷磳", "阿依古丽·买买提"):
        serial = {"石爨": 1, "𠮷磳": 2}.get(name, 3)
        answer = add(sits(tree.plant), tree.plant, name=name, id_number=number(serial))
        assert answer.status_code == 303, answer.get_data(as_text=True)
        person = people_of(tree.plant)[-1]
        assert (person.name, person.id_number) == (name, number(serial)) and name in page(
            sits(tree.plant), answer.location
        )
        assert person.born_on.isoformat().startswith("1975") and person.sex in ("男", "女")
    assert actions() == ["roster.add"] * 3


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "石 爨"}, "中文姓名中间不能有空格"),
        ({"name": ""}, "没有填姓名"),
        ({"id_number": "450101197505010"}, "证件号码应为 18 位，现在是 15 位"),
        ({"phone": "123"}, "手机号码应为 11 位数字"),
        ({"born_on": "1980-01-01"}, "出生日期与证件号码不一致"),
        ({"id_type": "made-up"}, "这种证件类型"),
    ],
)
def test_a_form_is_refused_in_the_imports_own_words(tree, sits, values, words) -> None:
    """XM-36, XM-39: the same rules, the same words, nothing typed is lost."""
    answer = add(sits(tree.plant), tree.plant, **values)
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422 and words in body and "13900001111" in body or "phone" in values
    assert people_of(tree.plant) == []


def test_somebody_on_a_roster_already_is_shown_or_asked_for(tree, sits, world, no_check) -> None:
    here, there = world.employee(tree.plant, name="甲样本"), world.employee(tree.shop, name="乙样本")
    client = sits(tree.plant)
    twice = add(client, tree.plant, name="甲样本", id_number=here.id_number).get_data(as_text=True)
    assert single.HERE in twice and f"/admin/roster/people/{here.id}" in twice
    body = add(client, tree.plant, name="乙样本", id_number=there.id_number).get_data(as_text=True)
    assert "示例店工会" in body and "申请调入" in body
    stranger = add(client, tree.plant, name="丙样本", id_number=there.id_number).get_data(as_text=True)
    assert (
        "登记的是另一个姓名" in stranger
        and "示例店工会" not in stranger
        and "申请调入</button>" not in stranger
    )
    asked = add(client, tree.plant, name="乙样本", id_number=there.id_number, do="move")
    assert asked.status_code == 303 and "申请调入" in page(client, asked.location)
    assert people_of(tree.shop)[0].id == there.id and actions()[-1] == "roster.ask_over"


def test_the_same_form_sent_twice_adds_one(tree, sits, no_check) -> None:
    client, op = sits(tree.plant), secrets.token_urlsafe(24)
    first, second = (add(client, tree.plant, op=op) for _ in range(2))
    assert first.location == second.location and len(people_of(tree.plant)) == 1


def sound(world: Any, union: Any, **values: Any) -> Any:
    """Somebody whose sex and birthday are those of their number, as the forms ask."""
    person = world.employee(union, **values)
    with transaction():
        person.sex = "男" if is_male(person.id_number) else "女"
        person.born_on = birth_on(person.id_number)
    return person


def edit(client: Any, person: Any, **values: str) -> Any:
    import re

    at = f"/admin/roster/people/{person.id}/edit"
    shown = page(client, at)
    seen = re.search(r'name="seen" value="(\d+)"', shown)
    assert seen
    given = {"name": person.name, "id_type": person.id_type, "seen": seen[1], **values}
    return client.submit(at, given, page=at)


def test_a_correction_keeps_what_was_left_blank_and_tells_who_is_bound(tree, sits, world, no_check) -> None:
    """XM-38: who finds a difference corrects it here; numbers never stand in the form."""
    person = sound(world, tree.plant, name="甲样本")
    world.bind(person)
    old_phone, number_before = person.phone, person.id_number
    client = sits(tree.plant)
    shown = page(client, f"/admin/roster/people/{person.id}/edit")
    assert person.phone not in shown and person.id_number not in shown
    assert edit(client, person, name="甲样夲", phone="13900002222").status_code == 303
    after = people_of(tree.plant)[0]
    assert (after.name, after.phone, after.id_number) == ("甲样夲", "13900002222", number_before)
    from notify.models import InboxMessage, OutboxMessage

    assert [row.kind for row in database.session.query(InboxMessage)] == ["roster_changed"]
    sms = database.session.query(OutboxMessage).filter_by(channel="sms").one()
    assert sms.address == old_phone  # not to the number somebody has just typed
    entry = database.session.query(AuditEntry).filter_by(action="roster.edit").one()
    assert set(entry.detail["fields"]) == {"name", "phone"} and "13900002222" not in str(entry.detail)
    assert "没有任何改动" in edit(client, after).get_data(as_text=True)


def test_whoever_saves_second_is_told(tree, sits, world, no_check) -> None:
    person, client = sound(world, tree.plant), sits(tree.plant)
    at = f"/admin/roster/people/{person.id}"
    stale = edit(client, person, note="一", seen="7")
    assert stale.status_code == 409 and "刚刚被别人改过" in stale.get_data(as_text=True)
    assert client.submit(f"{at}/leave", {"left_on": str(TODAY), "seen": "7"}, page=at).status_code == 409
    taken = world.employee(tree.shop)
    refused = edit(client, person, id_number=taken.id_number, sex="", born_on="")
    assert refused.status_code == 422 and "已经登记在另一位职工名下" in refused.get_data(as_text=True)


def test_leaving_takes_nobody_their_cover_and_can_be_undone(tree, sits, world) -> None:
    import re

    person = world.employee(tree.plant)
    cover = world.cover(person, starts_on=TODAY, ends_on=TODAY)
    client, at = sits(tree.plant), f"/admin/roster/people/{person.id}"

    def send(rest: str, **values: str) -> Any:
        seen = re.search(
            r'name="seen" value="(\d+)"', page(client, at if rest == "come-back" else f"{at}/{rest}")
        )
        return client.submit(f"{at}/{rest}", {"seen": seen[1], **values}, page=at) if seen else None

    for wrong in ("", "2999-01-01", "昨天"):
        assert send("leave", left_on=wrong).status_code == 422
    assert send("leave", left_on=str(TODAY)).status_code == 303
    left = people_of(tree.plant)[0]
    assert (left.is_active, left.left_on) == (False, TODAY)
    from plans import queries as plans

    assert plans.coverage_on(person.id, TODAY).id == cover.id
    assert send("come-back").status_code == 303
    assert people_of(tree.plant)[0].is_active and people_of(tree.plant)[0].left_on is None
    assert actions() == ["roster.leave", "roster.come_back"]


# --- the identity check of one person ---


def silent(sandbox: str, is_silent: bool) -> None:
    """The identity check does not answer, or answers again."""
    given = {"service": "identity", "kind": "refuse"} if is_silent else {"clear": "identity"}
    requests.post(f"{sandbox}/faults.json", json=given, timeout=10).raise_for_status()


def check_of(person: Any) -> str:
    database.session.rollback()
    return str(database.session.get(RosterCheck, person.id).verdict)


def test_name_and_number_are_asked_about_afterwards_and_silence_is_nobodys_fault(tree, sits, sandbox) -> None:
    """XM-36, XM-39: a worker asks; match and mismatch show on the page; silence waits and is asked again."""
    client = sits(tree.plant)
    silent(sandbox, True)
    person_at = add(client, tree.plant).location
    person = people_of(tree.plant)[0]
    assert "正在核对姓名与证件号码" in page(client, person_at)
    vouching.work()
    assert check_of(person) == "waiting" and "正在核对" in page(client, person_at)
    database.session.query(RosterCheck).update({"ask_at": clock.now()})
    database.session.commit()
    silent(sandbox, False)
    vouching.work()
    assert check_of(person) == "match" and "姓名与证件号码一致" in page(client, person_at)
    assert edit(client, person, name="不符样本").status_code == 303
    assert check_of(person) == "waiting"
    vouching.work()
    assert check_of(person) == "mismatch" and "姓名与证件号码不一致" in page(client, person_at)
    assert "号码待核对" in page(client, f"/admin/roster?union={tree.plant.id}")


# --- importing ---


def test_the_template_says_how_to_fill_it(tree, sits) -> None:
    """XM-31: 职工模板下载 with 录入说明, a version mark and every heading."""
    answer = sits(tree.plant).get("/admin/roster/template")
    assert answer.status_code == 200 and "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    cells = [cell for row in rows_of(answer.data) for cell in row if cell]
    assert "录入说明：" in cells and any("模板版本：" in str(cell) for cell in cells)
    for heading in ("姓名", "证件类型", "证件号码", "性别", "出生日期", "手机号码", "社保类型", "备注"):
        assert heading in cells


def test_a_table_is_read_looked_over_confirmed_and_answered(tree, sits, world, no_check) -> None:
    """XM-32, XM-33, XM-34: upload, 未处理, preview, 确认导入, 已处理, 查看结果; upsert of new and changed."""
    held = world.employee(tree.plant, name="甲样本", id_number=number(1))
    gone = world.employee(tree.plant, name="缺席者")
    away = world.employee(tree.shop, name="乙样本")
    client = sits(tree.plant)
    table = filled(
        [
            ["甲样本", None, number(1), None, None, "13900003333"],
            ["丙样本", None, number(2)],
            ["丁 样本", None, number(3)],
            ["乙样本", None, away.id_number],
        ]
    )
    there = upload(client, tree.plant, table).location
    waiting = page(client, there)
    assert "未处理" in waiting and "系统检验数据需要时间" in waiting and "data-live" in waiting
    work()
    shown = page(client, there)
    assert "将新增 1 人、更新 1 人、1 行有错不导入" in shown and "待确认" in shown
    assert "中文姓名中间不能有空格" in shown and "丁 样本" in shown and "丙样本" not in shown
    assert "丙样本" in page(client, f"{there}?show=new")
    changed = page(client, f"{there}?show=changed")
    assert "139****3333" in changed and "13900003333" not in changed and held.phone not in changed
    assert "缺席者" in page(client, f"{there}?show=missing")
    moved = page(client, f"{there}?show=moved")
    assert "示例店工会" in moved and 'name="move"' in moved
    listed = page(client, f"/admin/roster/imports?union={tree.plant.id}")
    assert "名册.xlsx" in listed and "待确认" in listed and "未处理" not in listed
    done = client.submit(f"{there}/confirm", {"seen": import_of(tree.plant).version}, page=there)
    assert done.status_code == 303 and "处理中" in page(client, there)
    work()
    after = page(client, there)
    assert "已写入 2 人，2 行没有导入" in after and "已处理" in after
    assert {person.name for person in people_of(tree.plant)} == {"甲样本", "丙样本", "缺席者"}
    assert people_of(tree.shop)[0].id == away.id and gone.is_active
    result = client.submit(f"{there}/result", {}, page=there)
    said = {
        row[0]: row[-2:]
        for row in rows_of(result.data)
        if row[0] in ("甲样本", "丙样本", "丁 样本", "乙样本")
    }
    assert said["甲样本"][0] == "已更新" and said["丙样本"][0] == "已新增"
    assert said["丁 样本"][0] == "未导入" and "空格" in said["丁 样本"][1]
    assert "roster_import.result" in actions() and "roster_import.apply" in actions()


def test_differences_are_found_in_the_result_and_the_result_can_be_sent_again(tree, sits, no_check) -> None:
    """XM-38: what differs from the Excel stands in 导入结果, row by row; corrected there it is imported."""
    client = sits(tree.plant)
    there = upload(
        client, tree.plant, filled([["丁 样本", None, number(3)], ["丙样本", None, number(2)]])
    ).location
    work()
    client.submit(f"{there}/confirm", {"seen": import_of(tree.plant).version}, page=there)
    work()
    from io import BytesIO

    from openpyxl import load_workbook

    book = load_workbook(BytesIO(client.submit(f"{there}/result", {}, page=there).data))
    for row in book.active.iter_rows():
        if row[0].value == "丁 样本":
            row[0].value = "丁样本"
    out = BytesIO()
    book.save(out)
    again = upload(client, tree.plant, out.getvalue(), "导入结果.xlsx").location
    work()
    assert "将新增 1 人" in page(client, again)
    client.submit(f"{again}/confirm", {"seen": import_of(tree.plant).version}, page=again)
    work()
    assert sorted(person.name for person in people_of(tree.plant)) == ["丁样本", "丙样本"]


@pytest.mark.parametrize(
    ("content", "name", "status", "words"),
    [
        (b"", "空.xlsx", 422, "请选择填好的表格再上传"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "旧.xls", 415, "旧格式的表格（.xls）"),
        (b"%PDF-1.7 ...", "名册.xlsx", 415, "这个文件不是表格"),
        (b"PK\x03\x04" + b"broken" * 50, "坏.xlsx", 422, "已损坏"),
        (b"x" * (20 * 1024 * 1024 + 1), "大.csv", 413, "表格太大（超过 20 MB）"),
    ],
)
def test_what_cannot_be_a_table_is_refused_on_the_same_page(tree, sits, content, name, status, words) -> None:
    """XM-32: in words that say what to do; nothing is queued."""
    answer = upload(sits(tree.plant), tree.plant, content, name)
    body = answer.get_data(as_text=True)
    assert answer.status_code == status and words in body and "填好的表格" in body
    assert import_of(tree.plant) is None


def test_a_wrong_or_old_template_is_refused_as_a_whole(tree, sits) -> None:
    """XM-37: 检查模板 – the page says what differs and offers the template."""
    client = sits(tree.plant)
    from core.sheets import write_xlsx

    for above, heads, words in (
        ([], ["名字", "号码"], "这个表格不是职工名册模板"),
        (["模板版本：R2019-1"], ["姓名", "证件号码"], "这是旧模板（R2019-1）"),
        ([], ["姓名", "手机号码"], "列“证件号码”找不到，请用最新模板"),
    ):
        answer = upload(client, tree.plant, write_xlsx(heads, [["样张", "1"]], above=above))
        shown = answer.get_data(as_text=True)
        assert answer.status_code == 422 and words in shown and "/admin/roster/template" in shown
    assert people_of(tree.plant) == []


def test_two_operators_send_the_same_file_at_once(tree, sits, no_check) -> None:
    """The second is told whose is open; of two confirmations one counts, the other gets 409 and a name."""
    first, second = sits(tree.plant), sits(tree.plant)
    table = filled([["丙样本", None, number(2)]])
    there = upload(first, tree.plant, table).location
    answer = upload(second, tree.plant, table)
    assert answer.status_code == 409 and "还没有处理完" in answer.get_data(as_text=True)
    assert database.session.query(RosterImport).count() == 1
    work()
    seen = import_of(tree.plant).version
    assert first.submit(f"{there}/confirm", {"seen": seen}, page=there).status_code == 303
    late = second.submit(f"{there}/confirm", {"seen": seen}, page=there)
    assert late.status_code == 409 and "已由" in late.get_data(as_text=True)
    assert second.submit(f"{there}/cancel", {"seen": seen}, page=there).status_code == 409
    work()
    assert len(people_of(tree.plant)) == 1


def test_a_cancelled_import_leaves_the_roster_alone(tree, sits, no_check) -> None:
    client = sits(tree.plant)
    there = upload(client, tree.plant, filled([["丙样本", None, number(2)]])).location
    work()
    answer = client.submit(f"{there}/cancel", {"seen": import_of(tree.plant).version}, page=there)
    assert "已取消" in page(client, answer.location) and people_of(tree.plant) == []
    assert upload(client, tree.plant, filled([["丙样本", None, number(2)]])).status_code == 303


def test_the_ticks_ask_the_other_union(tree, sits, world, no_check) -> None:
    away = [world.employee(tree.shop) for _ in range(2)]
    client = sits(tree.plant)
    there = upload(client, tree.plant, filled([[p.name, None, p.id_number] for p in away])).location
    work()
    import re

    ticks = re.findall(r'name="move" value="(\d+)"', page(client, f"{there}?show=moved"))
    assert len(ticks) == 2
    seen = import_of(tree.plant).version
    client.submit(f"{there}/confirm", {"seen": seen, "move": [ticks[0], "nonsense"]}, page=there)
    work()
    shown = page(client, f"{there}?show=moved")
    assert shown.count("已申请") == 1 and shown.count("没有申请") == 1


def test_the_hours_of_the_identity_check_stand_on_the_page(make_app, world, tree) -> None:
    """XM-32, XM-35: the profile's hours in words; a profile without hours names none."""
    staff = world.staff(OPERATOR, union=tree.plant)
    for scheme, words in (("xiamen", "请在工作日 9 点至 18 点导入"), ("guangxi", "核实后自动更新名册")):
        app = make_app(SCHEME=scheme)
        with app.app_context():
            client = app.test_client()
            world.sign_in(client, staff=staff)
            assert words in page(client, "/admin/roster/import")


def test_rows_that_wait_for_the_check_are_the_systems_matter(tree, sits, sandbox) -> None:
    """XM-39: silence is said as waiting, never as a mistake; a mismatch names what to look at."""
    silent(sandbox, True)
    client = sits(tree.plant)
    there = upload(
        client, tree.plant, filled([["丙样本", None, number(2)], ["不符样", None, number(4)]])
    ).location
    work()
    client.submit(f"{there}/confirm", {"seen": import_of(tree.plant).version}, page=there)
    work()
    shown = page(client, there)
    assert "2 行在等公安接口核对" in shown and "不用重新导入" in shown and "检查姓名" not in shown
    silent(sandbox, False)
    from roster.models import RosterImportRow

    database.session.query(RosterImportRow).update({"ask_at": clock.now()})
    database.session.query(RosterImport).update({"ask_at": None, "lease_until": None})
    database.session.commit()
    work()
    after = page(client, there)
    assert "已写入 1 人，1 行没有导入" in after and "姓名与证件号码不一致" in after
