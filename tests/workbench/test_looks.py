"""Can reviewers read and press everything on a phone and at a desk? axe, sizes, widths on the real pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from claims.service import reasons, review
from core.db import transaction
from core.roles import ADMINISTRATOR, FIRST_REVIEWER
from tests.looks.test_looks import AXE, MEASURE, TAGS, UNSTICK, VIOLATIONS, _open
from tests.office import Office, actor

if TYPE_CHECKING:
    from playwright.sync_api import Browser


SCREENS = [(390, "light", False), (320, "dark", True), (1280, "light", False), (1280, "dark", False)]


class Jar:
    """A browser's cookies where `World.sign_in` expects a test client's."""

    def __init__(self, page: Any, base: str) -> None:
        self.page, self.base = page, base

    def set_cookie(self, name: str, value: str) -> None:
        self.page.context.add_cookies([{"name": name, "value": value, "url": self.base}])


@pytest.mark.parametrize(
    ("width", "theme", "is_big"),
    [(390, "light", False), (320, "dark", True), (1280, "light", False), (1280, "dark", False)],
)
def test_the_reviewers_pages_can_be_read_and_pressed(
    office: Office, browser: Browser, live_server: str, width: int, theme: str, is_big: bool
) -> None:
    clerk = office.world.staff(FIRST_REVIEWER, ADMINISTRATOR, name="李审核")
    with transaction():
        reasons.seed_reasons()
    office.rows(25, office.world.union("某某县某某学校工会委员会"))
    claim, held = office.file(office.person(name="张建国")), office.file()
    with transaction():
        claim.payee_name = "张建囯"
        review.hold(held, actor(office.world.staff(FIRST_REVIEWER, name="王审核"), FIRST_REVIEWER))
    at = f"/admin/claims/{claim.number}"
    paths = [
        "/admin/", "/admin/?mine=1", "/admin/claims", "/admin/claims/reasons", "/admin/audit", at,
        f"{at}/approve", f"{at}/return", f"{at}/refuse", f"/admin/claims/{held.number}",
    ]  # fmt: skip
    page, said = _open(browser, width, theme, is_big, live_server)
    office.world.sign_in(Jar(page, live_server), staff=clerk)
    faults: dict[str, Any] = {}
    for path in paths:
        assert page.goto(live_server + path).status == 200, path  # type: ignore[union-attr]
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
    page.context.close()
    assert not faults, faults


def test_a_number_is_shown_for_thirty_seconds_and_reasons_are_added_with_one_tap(
    office: Office, browser: Browser, live_server: str
) -> None:
    """XM-94: one tap puts a common reason into the words; M11: 查看 shows the number in place."""
    clerk, claim = office.world.staff(FIRST_REVIEWER), office.file()
    with transaction():
        reasons.seed_reasons()
        first, second = (row.text for row in reasons.reasons()[:2])
    page, _ = _open(browser, 390, "light", False, live_server)
    office.world.sign_in(Jar(page, live_server), staff=clerk)
    page.clock.install()
    page.goto(f"{live_server}/admin/claims/{claim.number}")
    row = page.locator(".reveal", has=page.locator("button[value=payee_card]"))
    masked = row.locator("[data-value]").inner_text()
    row.locator("button").click()
    page.wait_for_function("old => document.body.innerText.indexOf('6222 0212') >= 0", arg=masked)
    page.clock.run_for(31_000)
    expect(row.locator("[data-value]")).to_have_text(masked)
    page.get_by_role("link", name="退回…").click()
    page.locator("label.chip", has_text=first).click()
    expect(page.locator("#f-note")).to_have_value(first)
    # As the manual says, a double click does it too: added once.
    page.locator("label.chip", has_text=second).dblclick()
    expect(page.locator("#f-note")).to_have_value(f"{first}；{second}")
    page.get_by_role("button", name="退回到提单").click()
    page.wait_for_url("**/admin/")
    expect(page.locator("main")).to_contain_text(f"已退回 {claim.number}")
    page.context.close()
