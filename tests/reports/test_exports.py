"""A table leaves once, with a reason, within the rights of three moments, and whole (XM-121, XM-122)."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
import time_machine
from openpyxl import load_workbook
from sqlalchemy import func, select, update

from core import clock, context
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.roles import AUDITOR, FIRST_REVIEWER, OPERATOR
from employee.models import DataLook
from reports import jobs
from reports.models import ReportExport
from reports.service import exporting, gathering, pieces
from tests.claims.paper import TODAY, says
from tests.office import Office
from tests.reports.conftest import Sign, Tree, take_away
from tests.world import World

COVER, CLAIMS, MINE = "/admin/reports/coverages", "/admin/reports/claims", "/admin/reports/exports"


def people(world: World, union: Any, *names: str) -> list[Any]:
    made = [world.employee(union, name=name) for name in names]
    for person in made:
        world.cover(person)
    return made


def asked(client: Any, path: str = COVER, **typed: str) -> Any:
    return client.submit(f"{path}/export", {"reason": "年度核对", **typed}, page=f"{path}/export")


def op_of(client: Any, path: str = COVER) -> dict[str, str]:
    page = client.get(f"{path}/export").text
    return {name: re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("op", "csrf_token")}


def ask(client: Any, path: str = COVER, query: str = "", **typed: str) -> Any:
    page = client.get(f"{path}/export{query}").text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    return client.post(f"{path}/export", data={"reason": "年度核对", **hidden, **typed})


def only() -> ReportExport:
    database.session.rollback()
    database.session.expire_all()
    return database.session.scalars(select(ReportExport)).one()


def fetched(client: Any, export_id: Any) -> Any:
    return client.submit(f"{MINE}/{export_id}/download", {}, page=COVER)


def sheet(answer: Any) -> list[list[Any]]:
    return [list(row) for row in load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)]


def body(answer: Any) -> list[list[Any]]:
    rows = sheet(answer)
    head = next(n for n, row in enumerate(rows) if "姓名" in row)
    return rows[head + 1 :]


def test_xm_121_a_table_is_asked_for_prepared_and_fetched_once(world: World, tree: Tree, sign: Sign) -> None:
    """XM-121: 准备中 → 可下载 → 已下载; who, when, why and what stand above the headings; masked."""
    first, _ = people(world, tree.one, "张示例", "=1+1")
    people(world, tree.far, "邻家人")
    asker = sign(OPERATOR, union=tree.east, name="王经办")
    answer = ask(asker, query="?union=一厂")
    assert (answer.status_code, answer.location) == (303, MINE)
    assert "准备中" in says(asker.get(MINE))
    jobs.gather()
    row = only()
    assert (row.state, row.row_count) == ("ready", 2) and "可下载" in says(asker.get(MINE))
    answer = fetched(asker, row.id)
    rows = sheet(answer)
    above = "".join(str(line[0]) for line in rows[:5])
    for words in ("王经办", "年度核对", "单位名称含：一厂", "2026-", "共 2 行", "已隐去部分内容"):
        assert words in above
    assert sorted(line[0] for line in rows[6:]) == sorted(["张*例", "=**1"])
    assert first.id_number not in str(rows) and "邻家" not in str(rows)
    again = fetched(asker, row.id)
    assert again.status_code == 409 and "已经下载过" in says(again)
    kept = set(database.session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "report")))
    assert {"report.ask", "report.prepare", "report.download"} <= kept


def test_xm_121_whole_numbers_only_for_who_may_see_them_and_the_person_reads_of_it(
    world: World, tree: Tree, sign: Sign
) -> None:
    """XM-121: the operator's own people in clear, told to each of them; the auditor is refused in words."""
    (person,) = people(world, tree.one, "=张示例")
    watcher = sign(AUDITOR, union=tree.one)
    answer = ask(watcher, whole="y")
    assert answer.status_code == 422 and "没有查看全部证件号码的权限" in says(answer)
    asker = sign(OPERATOR, union=tree.one)
    ask(asker, whole="y")
    jobs.gather()
    answer = fetched(asker, only().id)
    assert [row[:3] for row in body(answer)] == [["=张示例", "居民身份证", person.id_number]]
    cell = next(c for r in load_workbook(io.BytesIO(answer.data)).active.iter_rows() for c in r
                if c.value == "=张示例")  # fmt: skip
    assert cell.data_type == "s", "text, never a formula"
    look = database.session.scalars(select(DataLook)).one()
    assert (look.employee_id, look.what, look.about) == (person.id, "report", "职工参保信息")


def test_xm_122_sums_are_numbers_and_days_are_days(office: Office, tree: Tree, sign: Sign) -> None:
    """XM-122: what was decided as yuan; hospital, diagnosis and card are in no table."""
    claim = office.file(office.person(tree.one))
    with transaction():
        claim.state, claim.award_fen, claim.paid_at = "paid", 123_456, clock.now()
    asker = sign(OPERATOR, union=tree.one)
    ask(asker, CLAIMS)
    jobs.gather()
    answer = fetched(asker, only().id)
    (row,) = body(answer)
    assert row[0] == claim.number and 1234.56 in row and dt.datetime(2026, 10, 1) in row
    assert "示例诊断" not in str(sheet(answer)) and "人民医院" not in str(sheet(answer))


@pytest.mark.parametrize(
    "typed,words",
    [({"reason": " "}, "请填写导出原因"), ({"union": "没有这个"}, "没有符合条件的记录")],
)
def test_what_cannot_be_exported_is_said_and_nothing_is_lost(
    world: World, tree: Tree, sign: Sign, typed: dict[str, str], words: str
) -> None:
    people(world, tree.one, "张示例")
    answer = ask(sign(OPERATOR, union=tree.one), **typed)
    assert answer.status_code == 422 and words in says(answer)
    assert database.session.scalar(select(func.count()).select_from(ReportExport)) == 0


def test_a11_a_result_that_is_too_long_is_refused_in_the_very_words(
    world: World, tree: Tree, sign: Sign, monkeypatch
) -> None:
    people(world, tree.one, "甲某", "乙某", "丙某")
    monkeypatch.setattr(exporting, "limit", lambda: 2)
    answer = ask(sign(OPERATOR, union=tree.one))
    assert answer.status_code == 422 and "结果超过 2 行，请缩小范围后再导出" in says(answer)


def test_the_setting_says_how_many_rows(db) -> None:
    from reports.rules import TOO_MANY_ROWS, rows_words

    assert exporting.limit() == 50_000
    assert TOO_MANY_ROWS.format(most=rows_words(exporting.limit())) == "结果超过 5 万行，请缩小范围后再导出"


def test_rows_that_came_while_it_was_gathered_stop_it_too(
    world: World, tree: Tree, sign: Sign, monkeypatch
) -> None:
    people(world, tree.one, "甲某")
    asker = sign(OPERATOR, union=tree.one)
    ask(asker)
    people(world, tree.one, "乙某", "丙某")
    monkeypatch.setattr(exporting, "limit", lambda: 2)
    jobs.gather()
    assert only().state == "stopped" and "请缩小范围" in says(asker.get(MINE))


def test_two_clicks_are_one_table(world: World, tree: Tree, sign: Sign) -> None:
    people(world, tree.one, "甲某")
    asker = sign(OPERATOR, union=tree.one)
    typed = {"reason": "核对", **op_of(asker)}
    for _ in range(2):
        assert asker.post(f"{COVER}/export", data=typed).location == MINE
    assert only().state == "asked"


# --- the rights of three moments


@pytest.mark.parametrize("moment", ["before", "between", "after"])
def test_a1_whoever_lost_the_right_meanwhile_gets_nothing(
    world: World, tree: Tree, sign: Sign, monkeypatch, moment: str
) -> None:
    """Lost before it ran, while it ran, or after it was ready: refused, and not a byte is left."""
    people(world, tree.one, "甲某", "乙某", "丙某")
    monkeypatch.setattr(gathering, "PIECE", 2)
    asker = sign(OPERATOR, FIRST_REVIEWER, union=tree.one)
    ask(asker)
    if moment == "between":
        with transaction():
            row = gathering.claim_due()
            row_id, held = row.id, row.lease_until
        gathering.turn(row_id, held)
    if moment != "after":
        take_away(asker.staff)
        with time_machine.travel(TODAY + dt.timedelta(minutes=5), tick=True):
            jobs.gather()
        assert only().state == "stopped"
    else:
        jobs.gather()
        with transaction():  # the place of the right moves: other unions than the table's
            from staff.models import Grant

            database.session.execute(
                update(Grant).where(Grant.staff_id == asker.staff.id).values(union_id=tree.far.id)
            )
        answer = fetched(asker, only().id)
        assert answer.status_code == 409 and "权限变了" in says(answer)
        assert only().state == "stopped"
    row = only()
    assert row.erased_at and not any(
        context.storage().exists(key)
        for key in (pieces.whole_key(row.id), f"{row.id}/4/0", f"{row.id}/4/1", f"{row.id}/4/2")
    )


def test_a1_numbers_in_clear_need_their_right_at_every_moment(world: World, tree: Tree, sign: Sign) -> None:
    people(world, tree.one, "甲某")
    asker = sign(OPERATOR, AUDITOR, union=tree.one)
    ask(asker, whole="y")
    jobs.gather()
    with transaction():
        from staff.models import Grant

        mine = update(Grant).where(Grant.staff_id == asker.staff.id, Grant.role == OPERATOR)
        database.session.execute(mine.values(ended_at=clock.now()))
    assert fetched(asker, only().id).status_code == 409


def test_somebody_elses_table_looks_like_none(world: World, tree: Tree, sign: Sign) -> None:
    people(world, tree.one, "甲某")
    ask(sign(OPERATOR, union=tree.one))
    jobs.gather()
    other = sign(OPERATOR, union=tree.one)
    assert fetched(other, only().id).status_code == 404
    assert "年度核对" not in says(other.get(MINE))


# --- workers that die


def test_a_killed_workers_successor_goes_on_where_it_was(
    world: World, tree: Tree, sign: Sign, monkeypatch
) -> None:
    """Every piece once, in order; the dead worker's lease has to run out first."""
    monkeypatch.setattr(gathering, "PIECE", 2)
    names = {person.name for person in people(world, tree.one, *[f"某{letter}" for letter in "甲乙丙丁戊"])}
    asker = sign(OPERATOR, union=tree.one)
    ask(asker)
    with transaction():
        row = gathering.claim_due()
        row_id, held = row.id, row.lease_until
    gathering.turn(row_id, held)
    pieces.keep(row_id, 1, [["what a worker wrote before it died"]])
    jobs.gather()
    assert only().state == "asked", "somebody may still be at it"
    with time_machine.travel(TODAY + dt.timedelta(minutes=5), tick=True):
        jobs.gather()
    assert (only().state, only().row_count) == ("ready", 5)
    masked = {name[0] + "*" for name in names}
    assert sorted(line[0] for line in body(fetched(asker, row_id))) == sorted(["某*"] * 5) and masked == {
        "某*"
    }


def test_a_worker_that_was_replaced_writes_nothing_more(
    world: World, tree: Tree, sign: Sign, monkeypatch
) -> None:
    monkeypatch.setattr(gathering, "PIECE", 1)
    people(world, tree.one, "甲某", "乙某")
    ask(sign(OPERATOR, union=tree.one))
    with transaction():
        row = gathering.claim_due()
        row_id, held = row.id, row.lease_until
    with time_machine.travel(TODAY + dt.timedelta(minutes=5), tick=True):
        with transaction():
            assert gathering.claim_due() is not None
        with pytest.raises(gathering.LeaseLost):
            gathering.turn(row_id, held)
        database.session.rollback()
    assert only().pieces == 0


def test_a_table_that_always_fails_is_given_up(world: World, tree: Tree, sign: Sign, monkeypatch) -> None:
    people(world, tree.one, "甲某")
    asker = sign(OPERATOR, union=tree.one)
    ask(asker)
    with transaction():
        database.session.execute(update(ReportExport).values(tries=gathering.MOST_TRIES))
    jobs.gather()
    assert only().state == "stopped" and "已停止" in says(asker.get(MINE))


# --- what is left behind


def test_a_table_nobody_fetched_goes_after_a_day_and_a_fetched_one_at_once(
    world: World, tree: Tree, sign: Sign
) -> None:
    people(world, tree.one, "甲某")
    asker = sign(OPERATOR, union=tree.one)
    ask(asker)
    jobs.gather()
    row_id = only().id
    assert exporting.exports_of({str(row_id)}) == {str(row_id)}
    with time_machine.travel(TODAY + dt.timedelta(hours=25), tick=True):
        later = sign(staff=asker.staff)
        assert fetched(later, row_id).status_code == 409
        jobs.sweep()
        assert "已过期" in says(later.get(MINE))
    assert (
        not context.storage().exists(pieces.whole_key(row_id))
        and exporting.exports_of({str(row_id)}) == set()
    )


def test_bytes_in_the_store_are_sealed_and_tell_nothing(
    world: World, tree: Tree, sign: Sign, monkeypatch
) -> None:
    (person,) = people(world, tree.one, "独孤示例")
    ask(sign(OPERATOR, union=tree.one), whole="y")
    kept: list[bytes] = []
    put = type(context.storage()).put
    monkeypatch.setattr(
        type(context.storage()), "put", lambda self, key, data: (kept.append(data), put(self, key, data))[1]
    )
    jobs.gather()
    assert len(kept) == 2
    assert not any(person.id_number.encode() in data or "独孤".encode() in data for data in kept)
    assert all(data.startswith(b"HZF1") for data in kept)
