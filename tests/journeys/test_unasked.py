"""Does money come to whoever never asked for it (XM-116), and can an administrator try other figures?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from core.roles import ADMINISTRATOR
from tests.claims.test_automatic import Treasury
from tests.journeys.conftest import TODAY
from tests.journeys.test_main_journey import pay
from tests.whatif.conftest import Period

if TYPE_CHECKING:
    from employee.models import Employee
    from tests.journeys.conftest import Staff
    from tests.journeys.desk import Desk
    from tests.journeys.worker import Worker
    from tests.world import World


@pytest.mark.timeout(600)
def test_the_employee_sees_it_and_finance_pays_it_xm_116(
    working: None,
    world: World,
    bound: Employee,
    staff: Staff,
    worker_on: Callable[..., Worker],
    desk_of: Callable[..., Desk],
) -> None:
    treasury = Treasury(world)
    treasury.person = bound
    trigger = treasury.approved(12_000, person=bound)
    worker, maker, checker = worker_on("unasked"), desk_of(staff.maker), desk_of(staff.checker)
    worker.outside.does("follow")
    pay(maker, checker, worker, "trigger", "打款成功")
    worker.is_told("无需申请，您有一笔补助", "1,500.00 元", "无需申请", "无需申请")
    worker.open("/h5/claims")
    worker.reads("免申即享补助（无需申请）", "待打款", "1,500.00")
    worker.eyes.look("unasked-list")
    (claim,) = treasury.given()
    worker.open(f"/h5/claims/{claim.number}")
    worker.page.get_by_text("怎么算的").click()
    worker.reads("不用申请，也不用交材料", f"{trigger.number} 计入 12,000.00", "补助 1,500.00")
    worker.eyes.look("unasked-detail")
    maker.open("/admin/payouts/prepare")
    maker.reads(claim.number, "无需申请")
    pay(maker, checker, worker, "unasked", "打款成功", "1,500.00")
    worker.open(f"/h5/claims/{claim.number}")
    worker.reads("办结")


@pytest.mark.timeout(600)
def test_an_administrator_tries_other_figures(
    working: None, world: World, desk_of: Callable[..., Any]
) -> None:
    period = Period(world)
    union = world.union("红星测试厂工会")
    for n in range(4):
        day = TODAY - dt.timedelta(days=120 - n)
        period.claim(period.person(union=union), 800 + 9_000 * n, day=day)
    desk: Desk = desk_of(world.staff(ADMINISTRATOR, name="周管理"))
    desk.open("/admin/what-if")
    desk.on("方案测算", "what-if")
    desk.press("填写数字")
    desk.on("换哪些数字？", "what-if-form")
    desk.page.get_by_label("起付（可空）").first.fill("abc")
    desk.press("开始测算")
    desk.reads("金额请填数字")
    desk.page.get_by_label("起付（可空）").first.fill("300")
    desk.press("开始测算")
    desk.on("测算结果")
    desk.reads("4 人多得", "与账上一分不差", "红星测试厂工会", "按医院等级")
    desk.eyes.look("what-if-result")
    desk.follow_link("多得的 4 人")
    desk.on("多得的人", "what-if-people")
