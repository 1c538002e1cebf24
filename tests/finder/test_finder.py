"""回头望: settled stays matched with who is insured and has not applied; told once, gently, or not at all."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import func, select, update

from core import context
from core.db import db as database
from core.db import transaction
from core.files.models import StoredFile
from core.roles import ADMINISTRATOR, AUDITOR, OPERATOR
from core.sheets import write_xlsx
from finder import jobs, rules
from finder.models import FinderFault, FinderRun, FinderStay
from finder.rules import find_layout, read_row
from finder.service import leasing, matching, telling
from notify.models import InboxMessage, OutboxMessage
from tests.claims.paper import TODAY, says
from tests.office import Office
from tests.world import World

RUNS = "/admin/finder/runs"
MARCH = ("2026-03-01", "2026-03-08")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def sign(app: Flask, world: World) -> Callable[..., Any]:
    def make(*roles: str, **values: Any) -> Any:
        client = app.test_client()
        return world.sign_in(client, staff=world.staff(*roles, **values))

    return make


@pytest.fixture
def boss(sign: Callable[..., Any]) -> Any:
    return sign(ADMINISTRATOR)


def table(*rows: tuple[Any, ...]) -> bytes:
    return write_xlsx(rules.TITLES, rows, above=rules.instructions())


def upload(client: Any, content: bytes, name: str = "结算.xlsx", **typed: str) -> Any:
    file = (io.BytesIO(content), name)
    import re

    page = client.get(RUNS).text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    hidden.setdefault("op", "0123456789abcdef02")
    return client.post(RUNS, data={**hidden, "file": file, **typed}, content_type="multipart/form-data")


def only() -> FinderRun:
    database.session.rollback()
    database.session.expire_all()
    return database.session.scalars(select(FinderRun).order_by(FinderRun.id.desc())).first()


def count(model: Any, *rules_: Any) -> int:
    return int(database.session.scalar(select(func.count()).select_from(model).where(*rules_)) or 0)


def run(client: Any, *rows: tuple[Any, ...]) -> FinderRun:
    answer = upload(client, table(*rows))
    assert answer.status_code == 303, says(answer)
    jobs.work()
    return only()


def tell(client: Any) -> Any:
    made = only()
    answer = client.submit(f"{RUNS}/{made.id}/tell", {"seen": made.version}, page=f"{RUNS}/{made.id}")
    jobs.work()
    return answer


# --- the rules of a row


@pytest.mark.parametrize(
    "cells,words",
    [
        (["450100196801010009", "2026-03-01", "2026-03-08"], ""),
        (["450100196801010009", dt.date(2026, 3, 1), dt.datetime(2026, 3, 8, 9)], ""),
        (["450100196801010009", 46082, "20260308"], ""),
        ([None, "2026-03-01", "2026-03-08"], "没有填证件号码"),
        ([450100196801010000.0, "2026-03-01", "2026-03-08"], "被表格存成了数字"),
        (["450100196801010009", "", "2026-03-08"], "没有填入院日期"),
        (["450100196801010009", "三月一日", "2026-03-08"], "入院日期看不懂"),
        (["450100196801010009", "2026-03-09", "2026-03-08"], "出院日期早于入院日期"),
        (["450100196801010009", "2026-03-01", "2027-03-08"], "出院日期不能晚于今天"),
        (["450100196801010009", "2026-03-01", "2026-03-08", "某院", "很多"], "医疗总费用请填数字"),
        (["号码", "2026-03-01", "2026-03-08"], "证件号码有误"),
    ],
)
def test_a_row_is_read_or_explained(cells: list[Any], words: str) -> None:
    layout = find_layout([list(rules.TITLES)])
    assert not isinstance(layout, str)
    found = read_row(cells, layout, dt.date(2026, 11, 20))
    if words:
        assert isinstance(found, list) and words in "；".join(found)
    else:
        assert not isinstance(found, list)
        assert (found.admitted_on, found.discharged_on) == (dt.date(2026, 3, 1), dt.date(2026, 3, 8))


@pytest.mark.parametrize(
    "top,words",
    [
        ([["姓名", "手机"]], "不是结算数据模板"),
        ([["证件号码", "入院日期", "入院日期", "出院日期"]], "有两列"),
        ([["说明"], [], ["证件号码*", "入院日期（必填）", "出院日期"]], ""),
    ],
)
def test_the_headings_are_found_or_the_table_is_refused(top: list[list[str]], words: str) -> None:
    found = find_layout(top)
    assert (words in found) if isinstance(found, str) else (not words and found.header == 3)


# --- matching


def test_who_is_insured_and_has_not_applied_is_found_and_nobody_else(world: World, boss: Any) -> None:
    """One row of each kind: each is counted with its reason, and only the find is kept."""
    office = Office(world)
    person, other = world.insured(), world.insured()
    applied = office.file(office.person())
    from employee.models import Employee

    his = database.session.get(Employee, applied.employee_id)
    bare = world.employee()
    new = world.employee()
    world.cover(new, is_first_time=True, starts_on=dt.date(2026, 3, 1))
    dead = world.employee(is_deceased=True)
    world.cover(dead)
    work = run(
        boss,
        (person.id_number, *MARCH, "某某市人民医院", "12000.00", "7000.00", "3206.30"),
        (person.id_number, *MARCH),
        (his.id_number, "2026-10-02", "2026-10-09"),
        (bare.id_number, *MARCH),
        (other.id_number, "2024-03-01", "2024-03-05"),
        (new.id_number, "2026-03-05", "2026-03-09"),
        (dead.id_number, *MARCH),
        (other.id_number, *MARCH, "某某医院", "300.00", "0.00", "100.00"),
        ("450100190001019999", *MARCH),
        ("", *MARCH),
    )
    assert work.state == "found" and work.rows_read == 10
    said = {name: getattr(work, name) for name in
            ("found", "known", "claimed", "uncovered", "outside", "nothing_due", "strangers",
             "wrong")}  # fmt: skip
    assert said == {
        "found": 1, "known": 1, "claimed": 1, "uncovered": 1, "outside": 3, "nothing_due": 1, "strangers": 1,
        "wrong": 1,
    }  # fmt: skip
    kept = database.session.scalars(select(FinderStay)).one()
    assert (kept.employee_id, kept.admitted_on, kept.self_paid_fen) == (
        person.id,
        dt.date(2026, 3, 1),
        320_630,
    )
    assert kept.hospital == "某某市人民医院" and kept.apply_until == dt.date(2027, 8, 31)
    page = says(boss.get(f"{RUNS}/{work.id}"))
    assert "没有填证件号码" in page and "住院时没有参保 1" in page and "将提醒 1 人" in page


def test_the_table_is_sealed_and_erased_when_it_has_been_read(world: World, boss: Any) -> None:
    person = world.insured()
    upload(boss, table((person.id_number, *MARCH)))
    file = database.session.scalars(select(StoredFile).where(StoredFile.kind == "finder")).one()
    key = f"{file.id}/0"
    assert person.id_number.encode() not in context.storage().get(key)
    jobs.work()
    database.session.expire_all()
    assert only().state == "found" and not context.storage().exists(key) and file.erased_at


def test_a_wrong_table_is_refused_at_once_in_words(boss: Any) -> None:
    for content, words in ((b"", "请选择填好的表格"), (write_xlsx(["姓名"], [("某",)]), "不是结算数据模板"),
                           (b"%PDF-1.4", "不是表格")):  # fmt: skip
        answer = upload(boss, content)
        assert answer.status_code in (415, 422) and words in says(answer), words
    assert count(FinderRun) == 0


def test_csv_is_read_too(world: World, boss: Any) -> None:
    person = world.insured()
    content = f"证件号码,入院日期,出院日期\r\n{person.id_number},2026/3/1,2026.3.8\r\n".encode("gb18030")
    assert upload(boss, content, "结算.csv").status_code == 303
    jobs.work()
    assert only().found == 1


def test_the_template_explains_itself_and_can_be_uploaded_again(world: World, boss: Any) -> None:
    answer = boss.get("/admin/finder/template")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert "填写说明" in str(rows) and list(rules.TITLES) == rows[-1]
    assert upload(boss, answer.data).status_code == 303
    jobs.work()
    assert (only().state, only().rows_read) == ("found", 0)


def test_one_look_at_a_time(world: World, boss: Any) -> None:
    person = world.insured()
    upload(boss, table((person.id_number, *MARCH)))
    answer = upload(boss, table((person.id_number, *MARCH)), op="0123456789abcdef03")
    assert answer.status_code == 409 and "没有处理完" in says(answer) and count(FinderRun) == 1


def test_a_killed_workers_successor_goes_on_and_counts_nothing_twice(
    world: World, boss: Any, monkeypatch
) -> None:
    monkeypatch.setattr(matching, "LOT", 2)
    people = [world.insured() for _ in range(5)]
    upload(boss, table(*[(one.id_number, *MARCH) for one in people]))
    with transaction():
        work = leasing.claim_due()
        run_id, lease = work.id, work.lease_until
    with transaction():
        matching.read_some(leasing.held(run_id, lease))
    jobs.work()
    assert only().rows_read == 2, "somebody may still be at it"
    with time_machine.travel(TODAY + dt.timedelta(minutes=5), tick=True):
        with transaction():
            assert leasing.claim_due() is not None
        with pytest.raises(leasing.LeaseLost), transaction():
            leasing.held(run_id, lease)
    with time_machine.travel(TODAY + dt.timedelta(minutes=10), tick=True):
        jobs.work()
    assert (only().state, only().rows_read, only().found, count(FinderStay)) == ("found", 5, 5, 5)


# --- telling


def test_one_gentle_message_each_by_inbox_sms_and_wechat(world: World, boss: Any) -> None:
    """Two stays of one person are one message; the SMS says nothing of hospital or money."""
    person = world.insured()
    run(boss, (person.id_number, *MARCH), (person.id_number, "2026-05-01", "2026-05-03"))
    assert tell(boss).status_code == 303
    assert (only().state, only().told) == ("done", 1)
    inbox = database.session.scalars(select(InboxMessage).where(InboxMessage.owner_id == person.id)).one()
    assert inbox.title == "您可能有补助还没有申请" and inbox.link == "/h5/hints"
    out = database.session.scalars(select(OutboxMessage).where(OutboxMessage.owner_id == person.id)).all()
    assert {row.channel for row in out} == {"sms", "wechat"}
    assert count(FinderStay, FinderStay.told_at.is_not(None)) == 2


def test_nobody_is_told_twice_of_a_stay(world: World, boss: Any) -> None:
    """The same stay in next month's table: known, not told; a new stay is told once more."""
    person = world.insured()
    run(boss, (person.id_number, *MARCH))
    tell(boss)
    work = run(boss, (person.id_number, *MARCH))
    assert (work.found, work.known) == (0, 1)
    answer = tell(boss)
    assert answer.status_code == 422 and "没有要提醒的人" in says(answer)
    boss.submit(f"{RUNS}/{work.id}/close", {"seen": work.version}, page=f"{RUNS}/{work.id}")
    run(boss, (person.id_number, *MARCH), (person.id_number, "2026-06-01", "2026-06-03"))
    tell(boss)
    assert count(InboxMessage, InboxMessage.owner_id == person.id) == 2
    assert count(InboxMessage, InboxMessage.kind == "benefit_hint") == 2


def test_who_switched_it_off_who_died_and_who_applied_meanwhile_is_not_told(
    world: World, boss: Any, app: Flask
) -> None:
    office = Office(world)
    people = [office.person() for _ in range(4)]
    mute, dead, quick, told = people
    run(boss, *[(one.id_number, "2026-10-01", "2026-10-08") for one in people])
    client = world.sign_in(app.test_client(), person=_bound(world, mute))
    assert "现在是打开的" in says(client.get("/h5/settings"))
    client.submit("/h5/settings/hints", {"hints": "0"}, page="/h5/settings")
    with transaction():
        from employee.models import Employee

        database.session.execute(update(Employee).where(Employee.id == dead.id).values(is_deceased=True))
    office.file(quick)
    assert "将提醒 1 人" in says(boss.get(f"{RUNS}/{only().id}"))
    tell(boss)
    hinted = set(
        database.session.scalars(select(InboxMessage.owner_id).where(InboxMessage.kind == "benefit_hint"))
    )
    assert hinted == {told.id} and only().told == 1


def _bound(world: World, person: Any) -> Any:
    world.bind(person)
    return person


def test_a_worker_that_dies_while_telling_tells_nobody_twice(world: World, boss: Any, monkeypatch) -> None:
    monkeypatch.setattr(telling, "CHUNK", 2)
    people = [world.insured() for _ in range(5)]
    made = run(boss, *[(one.id_number, *MARCH) for one in people])
    boss.submit(f"{RUNS}/{made.id}/tell", {"seen": made.version}, page=f"{RUNS}/{made.id}")
    with transaction():
        work = leasing.claim_due()
        run_id, lease = work.id, work.lease_until
    with transaction():
        telling.tell_some(leasing.held(run_id, lease))
    with time_machine.travel(TODAY + dt.timedelta(minutes=5), tick=True):
        jobs.work()
    assert (only().state, only().told) == ("done", 5)
    assert count(InboxMessage, InboxMessage.kind == "benefit_hint") == 5


def test_what_is_known_can_be_looked_at_again(world: World, boss: Any) -> None:
    person = world.insured()
    made = run(boss, (person.id_number, *MARCH))
    boss.submit(f"{RUNS}/{made.id}/close", {"seen": made.version}, page=f"{RUNS}/{made.id}")
    answer = upload(boss, b"", do="again", op="0123456789abcdef04")
    assert answer.status_code == 303
    jobs.work()
    assert (only().state, only().known) == ("found", 1)
    tell(boss)
    assert count(InboxMessage, InboxMessage.kind == "benefit_hint") == 1
    answer = upload(boss, b"", do="again", op="0123456789abcdef05")
    assert answer.status_code == 422 and "没有以前上传的数据" in says(answer)


# --- who sees it


def test_the_union_sees_its_own_list_masked_with_every_state(world: World, boss: Any, sign: Any) -> None:
    office = Office(world)
    east = world.union("东厂工会")
    told, new, mute, claimed = (office.person(east, name=f"欧阳{n}") for n in "甲乙丙丁")
    far = office.person(world.union("西厂工会"), name="邻家人")
    everybody = (told, mute, claimed, far)
    run(boss, *[(one.id_number, "2026-10-01", "2026-10-08") for one in everybody])
    with transaction():
        from employee.models import Employee

        database.session.execute(update(Employee).where(Employee.id == mute.id).values(wants_hints=False))
    tell(boss)
    office.file(claimed)
    made = run(boss, (new.id_number, "2026-10-01", "2026-10-08"))
    assert made.found == 1
    asker = sign(OPERATOR, union=east)
    answer = asker.get("/admin/finder")
    page = says(answer)
    for words in ("还没提醒", "已提醒", "已申请", "不接收提醒"):
        assert words in page
    assert "欧*甲" in page and "欧阳甲" not in page and told.id_number not in answer.text and "邻" not in page
    for state, person in (("new", "欧*乙"), ("told", "欧*甲"), ("muted", "欧*丙"), ("claimed", "欧*丁")):
        page = says(asker.get(f"/admin/finder?state={state}"))
        names = {name for name in ("欧*甲", "欧*乙", "欧*丙", "欧*丁") if name in page}
        assert names == {person}, state
    assert asker.get(RUNS).status_code == 403 and "结算数据" not in says(asker.get("/admin/finder"))
    assert sign(AUDITOR).get(RUNS).status_code == 200


def test_the_person_reads_which_stay_and_until_when(world: World, boss: Any, app: Flask) -> None:
    person, other = world.insured(), world.insured()
    run(boss, (person.id_number, *MARCH))
    me = world.sign_in(app.test_client(), person=person)
    page = says(me.get("/h5/hints"))
    assert "2026-03-01" in page and "2027年8月31日" in page and "申请住院补助金" in page
    page = says(world.sign_in(app.test_client(), person=other).get("/h5/hints"))
    assert "没有发现漏申请的住院" in page and "2026-03-01" not in page


def test_faults_are_told_for_a_month(world: World, boss: Any) -> None:
    made = run(boss, ("", *MARCH))
    boss.submit(f"{RUNS}/{made.id}/close", {"seen": made.version}, page=f"{RUNS}/{made.id}")
    jobs.sweep()
    assert count(FinderFault) == 1
    with time_machine.travel(TODAY + dt.timedelta(days=31), tick=True):
        jobs.sweep()
    assert count(FinderFault) == 0
