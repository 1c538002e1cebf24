"""Is every kind of damage in an uploaded roster told exactly? (XM-32, XM-34, XM-38, XM-39, XM-40)"""

from __future__ import annotations

import datetime as dt

import pytest
from flask_sqlalchemy import SQLAlchemy

from core.db import transaction
from core.sheets import read_rows, write_csv
from employee.models import Employee
from roster import service
from tests.roster import desk, golden
from tests.roster.golden import CASES, KEYS, TITLES, Case, number
from tests.world import World
from union.models import Union


@pytest.fixture
def union(db: SQLAlchemy, sandbox: str) -> Union:
    """A union with people on its roster, one who left, and two people with another union."""
    world = World()
    here, there = world.union(), world.union("测试二厂工会委员会")
    born = dt.date(1985, 3, 1)
    kept = {"born_on": born, "insurance_card": None, "insurance_type": ""}
    for n, name in ((900, "在册甲"), (901, "在册乙"), (902, "在册丙"), (903, "在册·丁"), (904, "离职甲")):
        world.employee(here, name=name, id_number=number(n), phone=f"13700000{n}")
    world.employee(there, name="外单位甲", id_number=number(905), phone="13700000905")
    world.employee(there, name="真名者", id_number=number(906), phone="13700000906")
    with transaction():
        for one in db.session.query(Employee):
            one.sex = "男" if int(one.id_number[16]) % 2 else "女"
            for key, value in kept.items():
                setattr(one, key, value)
            if one.name == "离职甲":
                one.is_active, one.left_on = False, dt.date(2026, 5, 1)
    return here


def test_there_are_more_than_forty_kinds_of_damage() -> None:
    assert len({case.what for case in CASES}) == len(CASES) >= 60


def test_the_preview_says_of_every_row_what_will_become_of_it_and_why(union: Union) -> None:
    """XM-39 and XM-40: the manual's words for names; XM-32: new, changed and unchanged are told apart."""
    content, expected = golden.golden_workbook()
    work = desk.read(union, content)
    assert (work.state, work.problem) == ("preview", "")
    staged = desk.rows_of(work)
    found = {
        number: (staged[number].verdict, [finding.words for finding in service.findings_of(staged[number])])
        if number in staged
        else ("unchanged", [])
        for number in expected
    }
    wanted = {number: (case.verdict, list(case.words)) for number, case in expected.items()}
    assert {number: found[number] for number in wanted if found[number] != wanted[number]} == {
        number: wanted[number] for number in wanted if found[number] != wanted[number]
    }
    for verdict in ("new", "changed", "unchanged", "moved", "wrong"):
        count = sum(case.verdict == verdict for case in CASES)
        assert getattr(work, f"{verdict}_count") == count, verdict
    assert work.rows_read == len(CASES)
    assert work.missing_count == 0, "who is named in a row with a mistake is not missing"


def test_the_result_file_tells_every_row_and_can_be_corrected_and_uploaded_again(union: Union) -> None:
    """XM-34, XM-38: a reason per row. The corrected file brings in who was refused, and nobody twice."""
    content, expected = golden.golden_workbook()
    work = desk.imported(union, content)
    assert work.state == "done"
    lines = desk.result_of(work)
    for line, (row, case) in zip(lines, sorted(expected.items()), strict=True):
        assert line["处理结果"] == case.ends_as, (row, case.what, line["原因"])
        for words in case.words:
            assert words in line["原因"], (row, case.what)
        if case.what in golden.AFTER_ASKING:
            assert line["原因"] == golden.AFTER_ASKING[case.what]
        assert line["原因"] or case.ends_as != "未导入", (row, case.what)

    before = desk.roster()
    wrong = [line for line in lines if line["处理结果"] == "未导入" and line["姓名"] == "张 测试"]
    for line in lines:
        if line in wrong:
            line["姓名"] = "张测试"
    again = desk.imported(union, _as_table(lines))
    refused_by_the_police = 2
    assert len(wrong) == again.applied_count == 1
    assert again.new_count == 1 + refused_by_the_police
    after = desk.roster()
    assert {key: after[key] for key in before} == before, "nobody else was touched"


def _as_table(lines: list[dict[str, object]]) -> bytes:
    titles = [*TITLES, "处理结果", "原因"]
    return write_csv(titles, [[line[title] for title in titles] for line in lines], "gbk")  # type: ignore[misc]


def test_what_was_imported_is_on_the_roster_as_it_was_written(union: Union) -> None:
    """XM-40: rare characters and the printed form of a name are kept; blank cells keep what is on file."""
    content, expected = golden.golden_workbook()
    desk.imported(union, content)
    people = {key: value[0] for key, value in desk.roster().items()}
    for place, case in enumerate(CASES):
        typed = dict(zip(KEYS, golden.cells_of(place), strict=True))
        if case.ends_as == "已新增" and isinstance(typed["id_number"], str) and typed["id_number"] in people:
            assert people[typed["id_number"]] == str(typed["name"]).replace("\u200b", "").strip(), case.what
    assert {"张磳", "石爨", "张𠮷测", "阿依•测试", "在册·丁", "在册丙"} <= set(people.values())
    roster = desk.roster()
    assert roster[number(902)][1] == "13700000902", "a blank phone keeps the one on file"
    assert roster[number(901)][1] == "13900000901"
    assert roster[number(904)][8] is True and roster[number(905)][7] != union.id


def test_the_same_file_again_changes_nothing(union: Union) -> None:
    """XM-32: the second import finds everybody as they are; not one row of the roster is written."""
    content, _ = golden.golden_workbook()
    desk.imported(union, content)
    before = desk.roster()
    again = desk.imported(union, content)
    refused_by_the_police = 2
    assert (again.new_count, again.changed_count) == (refused_by_the_police, 0)
    assert again.applied_count == 0 and desk.roster() == before


@pytest.mark.parametrize(
    "content",
    [
        write_csv(TITLES, [["张测试", None, number(1), None, None, "13900000001"]]),
        write_csv(TITLES, [["张测试", None, number(1), None, None, "13900000001"]], "gbk"),
        golden.workbook([["张测试", None, number(1), None, None, "13900000001"]], above=[]),
    ],
    ids=["csv in UTF-8", "csv in GBK", "xlsx"],
)
def test_a_table_may_come_as_csv_too(union: Union, content: bytes) -> None:
    """XM-32."""
    assert desk.imported(union, content, "名册.csv").applied_count == 1
    assert desk.roster()[number(1)][0] == "张测试"


def test_the_template_is_what_the_import_reads() -> None:
    """XM-31, XM-37: 录入说明 above the headings, the version mark in the first line."""
    rows = list(read_rows(service.template()))
    assert rows[0] == ["职工名册导入模板　模板版本：R2026-1"] and rows[1] == ["录入说明："]
    assert rows[-1] == TITLES
    assert [row[0].split("：")[0] for row in rows[2:-2]] == [  # type: ignore[union-attr]
        f"{n}. {title}" for n, title in enumerate(TITLES, 1)
    ]
    assert any("中文姓名中间不能有空格" in str(row[0]) for row in rows)


def test_cases_end_as_the_manual_says() -> None:
    assert Case("x", {}, "moved").ends_as == "未导入"
