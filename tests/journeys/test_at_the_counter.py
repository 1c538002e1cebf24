"""An operator files for workers in Chromium: a stay, an injury, a death (XM-80 … XM-85, XM-111 … XM-115)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from core.roles import OPERATOR
from notify.models import OutboxMessage
from tests.journeys.conftest import NAME
from tests.journeys.counter import RELATIVE, Counter
from tests.journeys.outside import until

if TYPE_CHECKING:
    from employee.models import Employee
    from tests.journeys.desk import Desk
    from tests.journeys.worker import Worker
    from tests.world import World


@pytest.fixture
def counter(desk_of: Callable[..., Desk], world: World, bound: Employee) -> Counter:
    from union.models import Union

    union = world_union(bound, Union)
    return Counter(desk_of(world.staff(OPERATOR, union=union, member=union, name="郑经办")))


def world_union(person: Employee, model: Any) -> Any:
    from core.db import db

    return db.session.get_one(model, person.union_id)


def test_a_stay_with_the_workers_own_card(
    working: None, counter: Counter, worker_on: Callable[..., Worker]
) -> None:
    """XM-85, XM-105, XM-112: filed at the counter, read on the phone."""
    counter.choose("住院医疗补助", NAME, "hospital")
    counter.desk.press("下一步")
    counter.desk.reads("处需要改正", "请上传代办人身份证正面")
    counter.eyes.look("filing-errors")
    counter.hospital(NAME)
    counter.on_to_the_check("hospital")
    counter.desk.reads("预计补助金额")
    counter.hand_in("hospital", "申请已提交", "待初核", "打印申请审批表")
    worker = worker_on()
    worker.open_signed_in(f"/h5/claims/{counter.number}")
    worker.reads("由工会代办", "待初核")
    worker.eyes.look("helped-detail")


def test_an_injury(working: None, counter: Counter) -> None:
    """XM-104: date, recognition, grade; the sum by the plan's table."""
    counter.choose("工伤致残慰问金", NAME, "injury")
    counter.injury(NAME)
    counter.on_to_the_check("injury")
    counter.desk.reads("伤残 7 级", "4,500.00")
    counter.hand_in("injury", "申请已提交")


def test_a_death_with_the_familys_account(
    working: None, counter: Counter, bound: Employee, sandbox: str
) -> None:
    """XM-103, XM-114, XM-115: the family gets the SMS, the phone of the dead none."""
    from core.db import db

    counter.choose("职工亡故慰问金", NAME, "death")
    counter.death()
    counter.on_to_the_check("death")
    counter.hand_in("death", "已经收到", "打印情况说明")
    counter.desk.open("/admin/claims/filings")
    counter.desk.on("我代办的申请", "filing-list")

    def told() -> bool:
        db.session.rollback()
        rows = db.session.query(OutboxMessage).all()
        family = [row for row in rows if row.address == RELATIVE["家属手机号码"]]
        assert not [row for row in rows if row.owner_id == bound.id and row.status != "cancelled"]
        return any(row.status in ("sent", "delivered") for row in family)

    until(told, "an SMS to the family")
