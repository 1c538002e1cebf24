"""Can the account's pages be read and pressed on a phone and at a desk? axe, sizes, widths in every state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from core import roles
from core.db import transaction
from sandbox.catalogue import SUBSCRIPTION
from tests.looks.test_looks import AXE, MEASURE, TAGS, UNSTICK, VIOLATIONS, _open
from tests.wechat.setup import administrator, fault, forget_mappings, work
from tests.wechat.test_menu_pages import EDIT, GOOD, MENU
from tests.workbench.test_looks import SCREENS, Jar
from tests.world import World, as_staff
from wechat.service import mappings, scenes

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser

ROOM = "/admin/wechat"
SHOTS = os.environ.get("LOOKS_DIR", "")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_mappings()
    yield
    forget_mappings()


@pytest.fixture
def app(one_app: Flask, clean_stores: None) -> Flask:
    """The application as it is wired, because the browser looks at it."""
    return one_app


@pytest.fixture
def account(app: Flask, db: Any, sandbox: str) -> Any:
    """All there is to see: two versions, one pushed, one refused, a message switched off, two codes."""
    world = World()
    office = administrator(world, app)
    office.submit(EDIT, {**GOOD, "seen": "0"})
    office.submit(f"{MENU}/push", {"seen": "1"}, page=MENU)
    office.submit(f"{ROOM}/templates/read", {}, page=f"{ROOM}/templates")
    work()
    office.submit(EDIT, {**GOOD, "seen": "1", "b2_name": "申请与进度"})
    fault(sandbox, "menu/create", code=40018, times=1)
    office.submit(f"{MENU}/push", {"seen": "2"}, page=MENU)
    office.submit(
        f"{ROOM}/templates/claim_paid", {"does": "off", "seen": "0"}, page=f"{ROOM}/templates/claim_paid"
    )
    unions = [
        world.union(name).id
        for name in ("某某县某某学校工会委员会", "测试一厂工会委员会", "测试二厂工会委员会")
    ]
    office.submit(f"{ROOM}/scenes", {"union": [str(unions[0]), str(unions[1])]})
    work()
    return unions


@pytest.mark.parametrize(("width", "theme", "is_big"), SCREENS)
def test_the_accounts_pages_can_be_read_and_pressed(
    account: Any, browser: Browser, live_server: str, width: int, theme: str, is_big: bool
) -> None:
    """GX-01, GX-02: every page of the room, at 390, 320 and 1280, light, dark and 大字版."""
    world = World()
    scene = scenes.of_unions(account)[0].id
    page, said = _open(browser, width, theme, is_big, live_server)
    world.sign_in(Jar(page, live_server), staff=world.staff(roles.ADMINISTRATOR, name="李管理"))
    paths = [
        ROOM, MENU, EDIT, f"{MENU}/1", f"{ROOM}/templates", f"{ROOM}/templates/claim_update",
        f"{ROOM}/templates/claim_paid", f"{ROOM}/templates/claim_paid?template={SUBSCRIPTION.template_id}",
        f"{ROOM}/scenes", f"{ROOM}/scenes/{scene}/print",
    ]  # fmt: skip
    faults: dict[str, Any] = {}
    for path in paths:
        assert page.goto(live_server + path).status == 200, path  # type: ignore[union-attr]
        _look(page, said, path, faults, f"{width}-{theme}")
    page.goto(live_server + EDIT)
    page.locator("#f-b1_name").fill("名字太长的按钮")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#errors")).to_be_visible()
    _look(page, said, f"{EDIT} refused", faults, f"{width}-{theme}")
    page.context.close()
    assert not faults, faults


@pytest.mark.parametrize(("width", "theme", "is_big"), [(390, "light", False), (320, "dark", True)])
def test_the_subscription_page_can_be_read_and_pressed(
    app: Flask,
    db: Any,
    sandbox: str,
    browser: Browser,
    live_server: str,
    width: int,
    theme: str,
    is_big: bool,
) -> None:
    world = World()
    admin = as_staff(world.staff(roles.ADMINISTRATOR), roles.ADMINISTRATOR)
    with transaction():
        fields = {"character_string1": "number", "phrase2": "state", "thing3": "note"}
        mappings.choose("claim_update", "subscription", SUBSCRIPTION.template_id, fields, seen=0, by=admin)
    forget_mappings()
    page, said = _open(browser, width, theme, is_big, live_server)
    world.sign_in(Jar(page, live_server), person=world.insured())
    page.goto(f"{live_server}/h5/subscribe")
    expect(page.get_by_role("button", name="订阅")).to_be_visible()
    faults: dict[str, Any] = {}
    _look(page, said, "/h5/subscribe", faults, f"{width}-{theme}")
    page.context.close()
    assert not faults, faults


def _look(page: Any, said: list[str], path: str, faults: dict[str, Any], where: str) -> None:
    if SHOTS:
        name = path.strip("/").replace("/", "_").replace("?", "_")[:60]
        page.screenshot(path=f"{SHOTS}/{where}-{name}.png", full_page=True)
    found = page.evaluate(MEASURE)
    page.evaluate(UNSTICK)
    if AXE.exists():
        page.evaluate(AXE.read_text("utf-8"))
        found["axe"] = page.evaluate(VIOLATIONS, TAGS)
    wrong = {key: found[key] for key in ("small", "thin", "axe") if found.get(key)}
    if found["wide"] > 0 or found["heads"] != 1 or said:
        wrong |= {"wide": found["wide"], "heads": found["heads"], "said": list(said)}
    if wrong:
        faults[path] = wrong
