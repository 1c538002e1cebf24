"""Does the job also look right in large type and in the dark? A shorter walk over the pages that matter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys import behind
from tests.journeys.worker import Worker

if TYPE_CHECKING:
    from employee.models import Employee
    from tests.journeys.conftest import Staff
    from tests.journeys.desk import Desk


def walk(worker: Worker, person: Employee, staff: Staff) -> None:
    """A draft, a returned and a bounced claim: all that may wait for a person."""
    returned = behind.submitted(person)
    behind.send_back(returned.number, staff, "发票照片不清楚，请在光线好的地方重拍", ["invoice", "sums"])
    draft = behind.draft(person, receipt="45060126+0012345679")
    worker.open_signed_in("/h5/")
    worker.reads("您的补助申请被驳回，请修改后重新提交", "您有一份没写完的申请")
    worker.eyes.look("home")
    for name, path in (
        ("claims", "/h5/claims"),
        ("step1", f"/h5/claims/{draft.number}/1"),
        ("step2", f"/h5/claims/{draft.number}/2"),
        ("step3", f"/h5/claims/{draft.number}/3"),
        ("check", f"/h5/claims/{draft.number}/check"),
        ("fix", f"/h5/claims/{returned.number}/fix"),
        ("detail", f"/h5/claims/{returned.number}"),
        ("me", "/h5/me"),
        ("messages", "/h5/messages"),
    ):
        worker.open(path)
        worker.eyes.look(name)


@pytest.mark.parametrize("look", ["big", "dark"])
def test_the_workers_pages_in_large_type_and_in_the_dark(
    bound: Employee, staff: Staff, worker_on: Callable[..., Worker], look: str
) -> None:
    """GX-20, GX-23, GX-32 in 大字版 and in the dark: axe, widths and targets as everywhere."""
    options = {"is_big": True} if look == "big" else {"color_scheme": "dark"}
    walk(worker_on(f"{look}-", **options), bound, staff)


def test_large_type_is_one_tap_away_on_the_home_page(
    bound: Employee, worker_on: Callable[..., Worker]
) -> None:
    """适老化: visible entrance, large buttons, and back."""
    worker = worker_on("tap-")
    worker.open_signed_in("/h5/")
    before = worker.page.locator(".grid a").first.bounding_box()
    worker.press("大字版")
    expect(worker.page.locator("html.big")).to_have_count(1)
    after = worker.page.locator(".grid a").first.bounding_box()
    assert before
    assert after
    assert after["height"] > before["height"] * 1.15
    worker.press("标准版")
    expect(worker.page.locator("html.big")).to_have_count(0)


def test_the_reviewers_pages_in_the_dark(
    bound: Employee, staff: Staff, desk_of: Callable[..., Desk], opened: Callable[..., object]
) -> None:
    """GX-61: list and claim at the desk and on the phone."""
    claim = behind.submitted(bound)
    desk = desk_of(staff.first, look="dark-", color_scheme="dark")
    desk.eyes.look("work")
    for name, path in (("claim", ""), ("return", "/return"), ("approve", "/approve")):
        desk.open(f"/admin/claims/{claim.number}{path}")
        desk.eyes.look(name)
