"""方案测算 over HTTP: form, progress, result, lists, files; who may, and what is on record."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask

from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.roles import ADMINISTRATOR, AUDITOR
from core.sheets import read_rows
from plans import service as plans
from tests.claims.paper import hidden, says
from tests.whatif.conftest import PLAN, Period, finish
from whatif import queries
from whatif.models import WhatIf

NEW = "/admin/what-if/new"


def send(desk: Any, **typed: str) -> Any:
    """The form as it stands, with some figures typed otherwise."""
    shown = desk.get(f"{NEW}?plan={PLAN}").get_data(as_text=True)
    names = {name.replace("__", "."): text for name, text in typed.items()}
    return desk.post(NEW, data={**hidden(shown), **values(shown), **names})


def values(page: str) -> dict[str, str]:
    """What the form's questions are filled in with."""
    found = re.findall(r'<input class="input"[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', page)
    return dict(found)


def test_the_form_is_made_from_the_plans_figures_with_values_and_sources(desk: Any) -> None:
    page = desk.get(f"{NEW}?plan={PLAN}")
    shown, said = page.get_data(as_text=True), says(page)
    for group in plans.tunable(plans.plan(PLAN)):
        assert f"<summary>{group.title}</summary>" in shown
        for figure in group.figures:
            assert re.search(rf'name="{re.escape(figure.name)}"[^>]* value="{figure.value}"', shown), figure
            assert not figure.value or f"来源：{figure.source}" in said


def test_from_the_form_to_the_result(period: Period, desk: Any) -> None:
    person = period.person(name="欧阳测试")
    period.claim(person, 4_000)
    answer = send(desk, ZYYL__deductible="0", purpose="起付降到 0")
    assert answer.status_code == 303
    waiting = says(desk.get(answer.location))
    assert "测算中，0 / 1 份" in waiting
    assert "data-live" in desk.get(answer.location).text
    run = database.session.query(WhatIf).one()
    assert run.changes == {"ZYYL.deductible": "0.00"}
    finish(run)
    said = says(desk.get(answer.location))
    expected = (
        "补助支出由 1,050.00 元变为 1,200.00 元，增加 150.00 元（14.3%）|赔付率|1 人多得，共 150.00 元|"
        "与账上一分不差|住院医疗补助|起付|500 元|0 元|按医院等级|三级|起付降到 0"
    )
    for words in expected.split("|"):
        assert words in said, words
    listed = says(desk.get(f"{answer.location}/people/more"))
    for words in ("欧**试", "1,050.00", "1,200.00", "+150.00"):
        assert words in listed
    assert "欧阳测试" not in listed
    assert f"/admin/claims?person={person.id}" in desk.get(f"{answer.location}/people/more").text
    assert "没有人" in says(desk.get(f"{answer.location}/people/less"))
    assert "与账上一分不差" in says(desk.get(f"{answer.location}/differences"))
    front = says(desk.get("/admin/what-if"))
    for words in ("起付降到 0", "已完成", "1,200.00 元，增加 150.00 元", "周管理"):
        assert words in front


def test_what_was_typed_is_kept_when_a_figure_is_none(desk: Any) -> None:
    answer = send(desk, ZYYL__deductible="三百", fee="120")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'value="三百"' in page
    assert re.search(r'name="fee"[^>]* value="120"', page)
    assert "金额请填数字" in says(answer)
    assert database.session.query(WhatIf).count() == 0
    together = send(desk, DBBZ__starts_at="30000")
    assert "要小于第 1 档的上限" in says(together)


def test_the_same_form_sent_twice_is_one_trial(desk: Any) -> None:
    shown = desk.get(NEW).get_data(as_text=True)
    form = {**hidden(shown), **values(shown)}
    first, again = desk.post(NEW, data=form), desk.post(NEW, data=form)
    assert first.location == again.location
    assert database.session.query(WhatIf).count() == 1


def test_lists_turn_their_pages_by_key(period: Period, desk: Any) -> None:
    union = period.world.union()
    for n in range(23):
        period.claim(period.person(union=union), 1_000 + n)
    run = period.tried(ZYYL__bands__0__rate="50")
    at = f"/admin/what-if/{run.id}/people/more"
    first = desk.get(at).text
    rest = re.search(r'href="([^"]+)" rel="next"', first)
    assert rest
    second = desk.get(rest[1].replace("&amp;", "&")).text
    found = [re.findall(r"/admin/claims\?person=([0-9a-f-]+)", page) for page in (first, second)]
    assert [len(one) for one in found] == [20, 3]
    assert len({*found[0], *found[1]}) == 23
    sums = [re.findall(r">\+([\d.,]+)<", page) for page in (first, second)]
    amounts = [float(text.replace(",", "")) for text in sums[0] + sums[1]]
    assert amounts == sorted(amounts, reverse=True), "those it touches most come first"


@pytest.mark.parametrize(("what", "head"), [("people", "姓名（已遮盖）"), ("unions", "单位")])
def test_files_carry_everybody_masked_and_the_look_is_on_record(
    period: Period, desk: Any, what: str, head: str
) -> None:
    union = period.world.union("红星测试厂工会")
    for n in range(3):
        period.claim(period.person(union=union, name="=欧阳测试"), 4_000 + n)
    run = period.tried(ZYYL__deductible="0")
    at = f"/admin/what-if/{run.id}"
    answer = desk.submit(f"{at}/export", {"what": what}, page=at)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(read_rows(answer.data))
    start = next(n for n, row in enumerate(rows) if row[0] == head)
    assert len(rows) - start - 1 == (3 if what == "people" else 1)
    assert "补助支出由" in str(rows[1][0])
    assert "欧阳测试" not in str(rows)
    assert any("红星测试厂工会" in str(row) for row in rows[start:])
    assert io.BytesIO(answer.data).read(2) == b"PK"
    database.session.rollback()
    entry = database.session.query(AuditEntry).filter_by(action="what_if.export").one()
    assert entry.detail == {"what": what}


def test_nothing_is_exported_before_it_is_done(period: Period, desk: Any) -> None:
    period.claim(period.person(), 4_000)
    run = period.start()
    at = f"/admin/what-if/{run.id}"
    assert desk.submit(f"{at}/export", {"what": "people"}, page=NEW).status_code == 409


def test_what_failed_says_so(period: Period, desk: Any) -> None:
    run = period.start()
    with transaction():
        run.failed_at = run.created_at
    shown = says(desk.get(f"/admin/what-if/{run.id}"))
    assert "测算没有完成" in shown
    assert "data-live" not in desk.get(f"/admin/what-if/{run.id}").text


def test_a_grant_of_one_union_does_not_open_it(period: Period, app: Flask) -> None:
    union = period.world.union()
    for role in (ADMINISTRATOR, AUDITOR):
        client = period.world.sign_in(app.test_client(), staff=period.world.staff(role, union=union))
        assert client.get("/admin/what-if").status_code == 403
        assert "方案测算" not in client.get("/admin/").text
    run = period.tried()
    auditor = period.world.sign_in(app.test_client(), staff=period.world.staff(AUDITOR))
    assert auditor.get(f"/admin/what-if/{run.id}").status_code == 200
    assert "方案测算" in auditor.get("/admin/").text


def test_the_shown_sums_need_few_statements(period: Period, desk: Any, statements: Any) -> None:
    union = period.world.union()
    for n in range(8):
        period.claim(period.person(union=union), 4_000 + n)
    run = period.tried(ZYYL__deductible="0")
    with statements() as seen:
        assert desk.get(f"/admin/what-if/{run.id}/people/more").status_code == 200
    assert len(seen) < 25, len(seen)
    assert queries.by_grade(run)[0].how_many == 8
