"""The operators' home (A2): what is new since yesterday, what I handed in, and how long unions may enrol."""

from __future__ import annotations

import datetime as dt
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from config.scheme import plan_file
from core import clock
from core.db import db as database
from core.db import transaction
from core.files.models import StoredFile
from core.history import begin
from core.roles import CHAIR, EDITOR, OPERATOR
from plans.rules import Window, load_plan, window
from roster.models import RosterImport
from roster.rules.states import WORKFLOW
from tests.claims.paper import says
from tests.looks.test_looks import AXE, MEASURE, TAGS, UNSTICK, VIOLATIONS, _open
from tests.office import Office
from tests.workbench.test_looks import Jar
from tests.world import World, as_staff
from workbench import news

SHOTS = os.environ.get("SHOTS", "")

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def handed_in(union: Any, who: Any, state: str = "done", days_ago: int = 0) -> RosterImport:
    at = clock.now() - dt.timedelta(days=days_ago)
    with transaction():
        file = StoredFile(kind="roster", media_type="x", size=1, content_bi=union.id.bytes)
        database.session.add(file)
        database.session.flush()
        work = RosterImport(
            union_id=union.id, file_id=file.id, file_name=f"名册{state}.xlsx", state=state, state_at=at,
            version=1, uploaded_by_id=who.id, uploaded_by_label=who.name, uploaded_at=at,
        )  # fmt: skip
        database.session.add(work)
        database.session.flush()
        begin(WORKFLOW, work, as_staff(who, OPERATOR))
    return work


def sign(app: Flask, world: World, who: Any) -> Any:
    return world.sign_in(app.test_client(), staff=who)


def said(client: Any) -> str:
    return says(client.get("/admin/"))


@pytest.mark.parametrize("role", [OPERATOR, CHAIR])
def test_what_is_new_is_said_with_its_number_and_leads_to_it(app: Flask, office: Office, role: str) -> None:
    world = office.world
    union, other = world.union(), world.union("别处工会")
    who = world.staff(role, union=union)
    office.rows(3, union)
    office.rows(2, other)
    gone = world.employee(union)
    with transaction():
        gone.is_active, gone.left_on = False, clock.today()
    handed_in(union, who)
    handed_in(other, who)
    handed_in(union, who, days_ago=3)
    client = sign(app, world, who)
    page = client.get("/admin/").get_data(as_text=True)
    links = dict(re.findall(r'<li><a href="([^"]+)">([^<]+)</a></li>', page))
    here = database.session.execute(
        database.text("SELECT count(*) FROM employee WHERE union_id = :u AND is_active"), {"u": union.id}
    ).scalar()
    yesterday = clock.today() - dt.timedelta(days=1)
    assert links[f"/admin/claims?since={yesterday}"] == "新收到 3 件补助申请"
    assert links["/admin/roster/imports"] == "1 份名册处理完了"
    assert links["/admin/roster"] == f"{here} 位职工加入名册"
    assert links["/admin/roster?state=left"] == "1 位职工离职"
    assert not any("0 " in words for words in links.values())
    for address in links:
        assert client.get(address).status_code == 200, address
    listed = client.get(f"/admin/claims?since={yesterday}").get_data(as_text=True)
    assert len(re.findall('class="row-link"', listed)) == 3


def test_a_decision_since_yesterday_leads_to_what_was_decided(app: Flask, office: Office) -> None:
    union = office.world.union()
    decided, long_ago, _ = office.rows(3, union)
    with transaction():
        decided.decided_at, long_ago.decided_at = clock.now(), clock.now() - dt.timedelta(days=3)
    client = sign(app, office.world, office.world.staff(OPERATOR, union=union))
    assert "1 件补助申请有了结果" in said(client)
    day = clock.today() - dt.timedelta(days=1)
    listed = client.get(f"/admin/claims?decided={day}").get_data(as_text=True)
    assert re.findall(r'class="row-link" href="/admin/claims/(\w+)"', listed) == [decided.number]


def test_nothing_new_is_said_in_words(app: Flask, world: World) -> None:
    """XM-68: 首页 → 我的办件, also when there is nothing in it."""
    client = sign(app, world, world.staff(OPERATOR, union=world.union()))
    page = said(client)
    assert "以来没有新的申请、结果和人员变动。" in page
    assert "您还没有提交和办理过。" in page
    assert "/admin/mine" in client.get("/admin/").get_data(as_text=True)


def test_my_rosters_are_followed_from_the_home_page_xm_68(app: Flask, world: World) -> None:
    """XM-68: 首页 → 我的办件 shows what I handed in and how far it is."""
    union = world.union()
    me, colleague = world.staff(OPERATOR, union=union), world.staff(OPERATOR, union=union)
    work = handed_in(union, me)
    handed_in(union, colleague, "refused")
    client = sign(app, world, me)
    for path in ("/admin/", "/admin/mine"):
        page = client.get(path)
        assert f"/admin/roster/imports/{work.id}" in page.get_data(as_text=True)
        assert "名册done.xlsx" in says(page)
        assert "已处理" in says(page)
        assert "名册refused.xlsx" not in says(page)


def test_the_roster_is_one_press_from_home_xm_26(app: Flask, world: World) -> None:
    """XM-26: the menu is there for who has the module, at once; for others it is not."""
    union = world.union()
    for role, has_it in ((OPERATOR, True), (CHAIR, True), (EDITOR, False)):
        page = sign(app, world, world.staff(role, union=union)).get("/admin/").get_data(as_text=True)
        assert ('href="/admin/roster"' in page and "职工名册" in page) is has_it, role
        assert ("昨天以来" in page) is has_it, role


@pytest.mark.parametrize(
    ("today", "stage", "days"),
    [
        (dt.date(2024, 11, 30), "soon", 1),
        (dt.date(2024, 12, 1), "open", 120),
        (dt.date(2025, 3, 31), "open", 0),
        (dt.date(2025, 4, 1), "over", -1),
    ],
)
def test_how_long_unions_may_enrol(today: dt.date, stage: str, days: int) -> None:
    plan = load_plan(plan_file("guangxi-2025"))
    assert load_plan(plan.canonical()).enrol_until is None, "the window is no part of what was used"
    found = window([load_plan(plan.canonical()), plan], today)
    assert found and (found.stage, found.days) == (stage, days)


@pytest.mark.parametrize(
    ("stage", "days", "words", "is_urgent"),
    [
        ("open", 30, "参保还有 30 天截止（2026-03-31）。", False),
        ("open", 7, "参保还有 7 天截止（2026-03-31）。", True),
        ("open", 0, "参保今天截止（2026-03-31）。", True),
        ("over", -3, "参保已在 2026-03-31 截止。", False),
        ("soon", 3, "2026-03-31 开始参保，还有 3 天。", False),
    ],
)
def test_the_window_in_words(stage: str, days: int, words: str, is_urgent: bool) -> None:
    found = Window("示例保障", stage, dt.date(2026, 3, 31), days)
    assert news.enrolment_words(found) == (f"示例保障：{words}", is_urgent)


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (320, "dark"), (1280, "light")])
def test_the_home_can_be_read_and_pressed(
    office: Office, browser: Browser, live_server: str, width: int, theme: str
) -> None:
    union = office.world.union("某某县某某学校工会委员会")
    clerk = office.world.staff(OPERATOR, union=union, name="李经办")
    office.rows(3, union)
    handed_in(union, clerk)
    handed_in(union, clerk, "cancelled", days_ago=1)
    page, said = _open(browser, width, theme, False, live_server)
    office.world.sign_in(Jar(page, live_server), staff=clerk)
    page.goto(f"{live_server}/admin/")
    expect(page.get_by_role("link", name="新收到 3 件补助申请")).to_be_visible()
    expect(page.get_by_role("link", name="名册done.xlsx")).to_be_visible()
    page.evaluate(UNSTICK)
    found = page.evaluate(MEASURE)
    if AXE.exists():
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(VIOLATIONS, TAGS) == []
    assert not found.get("small") and not found.get("thin") and found["wide"] <= 0, found
    assert found["heads"] == 1 and said == []
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/home_{width}.png", full_page=True)
    page.get_by_role("link", name="新收到 3 件补助申请").click()
    expect(page.get_by_role("heading", name="补助申请", exact=True)).to_be_visible()
    page.context.close()
