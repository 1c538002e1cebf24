"""批量分派, 我的办件, and nobody handles the payment of their own case (GX-61, GX-62, GX-63)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from claims.service import assigning, holds, review
from core import clock
from core.db import transaction
from core.errors import Conflict, Refused
from core.roles import ADMINISTRATOR, FINANCE_CHECKER, FINANCE_MAKER, FIRST_REVIEWER, SECOND_REVIEWER
from employee import service as employees
from payout import service as payout
from tests.claims.paper import says
from tests.office import Office, actor, fresh


def test_several_go_to_a_colleague_for_the_day(app: Flask, office: Office) -> None:
    rows = office.rows(4, office.world.union())
    one, other = (office.world.staff(FIRST_REVIEWER, name=name) for name in ("王审核", "李审核"))
    client = office.world.sign_in(app.test_client(), staff=one)
    ids = [str(row.id) for row in rows[:3]]
    asked = client.submit("/admin/assign", {"ids": ids}, page="/admin/")
    assert "把 3 件分派给谁？" in says(asked)
    assert holds.holder(rows[0].id) is None, "asking changes nothing"
    done = client.submit("/admin/assign", {"ids": ids, "do": "confirm", "to": str(other.id)}, page="/admin/")
    assert done.status_code == 303
    assert "已把 3 件分派给 李审核" in says(client.get("/admin/"))
    for row in rows[:3]:
        held = holds.holder(row.id)
        assert held is not None
        assert held.staff_id == other.id
        assert held.until > clock.now() + dt.timedelta(hours=7)
    assert holds.holder(rows[3].id) is None
    mine = says(office.world.sign_in(app.test_client(), staff=other).get("/admin/?mine=1"))
    assert all(row.number in mine for row in rows[:3])
    assert rows[3].number not in mine


@pytest.mark.parametrize(
    ("roles", "union", "may"),
    [
        ((FIRST_REVIEWER,), "here", True), ((FIRST_REVIEWER,), "there", False), ((FIRST_REVIEWER,), "", True),
        ((SECOND_REVIEWER,), "", False), ((ADMINISTRATOR,), "", False),
    ],
)  # fmt: skip
def test_only_to_whom_decides_on_them_there(office: Office, roles: Any, union: str, may: bool) -> None:
    places = {"here": office.world.union("红星测试厂"), "there": office.world.union("蓝天测试校"), "": None}
    rows = office.rows(2, places["here"])  # type: ignore[arg-type]
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    colleague = office.world.staff(*roles, union=places[union])
    assert (colleague.id in {one.id for one in assigning.colleagues(rows, by)}) == may


def test_all_or_none_and_not_what_somebody_else_holds(office: Office) -> None:
    rows = office.rows(2, office.world.union())
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    other, third = (office.world.staff(FIRST_REVIEWER) for _ in range(2))
    with transaction():
        holds.hold(rows[1], actor(third, FIRST_REVIEWER))
    with pytest.raises(Conflict, match="正由"), transaction():
        assigning.assign(rows, other.id, by)
    assert holds.holder(rows[0].id) is None
    with pytest.raises(Refused, match="请选择分派给谁"), transaction():
        assigning.assign(rows, None, by)
    with pytest.raises(Refused, match="请先勾选"):
        assigning.picked([], by)


def test_nobody_is_given_their_own_case(office: Office) -> None:
    claim = office.file()
    by = actor(office.world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    colleague = office.world.staff(FIRST_REVIEWER)
    with transaction():
        colleague.id_number = employees.card(claim.employee_id).id_number
    with pytest.raises(Refused, match="不能审核"), transaction():
        assigning.assign([claim], colleague.id, by)


def test_my_cases_are_what_i_did_newest_first(app: Flask, office: Office, statements: Any) -> None:
    clerk = office.world.staff(FIRST_REVIEWER, SECOND_REVIEWER)
    other = office.file(passed_by=office.world.staff(FIRST_REVIEWER))
    client = office.world.sign_in(app.test_client(), staff=clerk)
    assert "您还没有提交和办理过" in says(client.get("/admin/mine"))
    claims = [office.file(passed_by=clerk) for _ in range(3)]
    shown = says(client.get("/admin/mine"))
    places = [shown.index(claim.number) for claim in reversed(claims)]
    assert places == sorted(places)
    assert "初核 · 同意" in shown
    assert other.number not in shown


def approved(office: Office, person: Any = None) -> Any:
    claim = office.file(person, passed_by=office.world.staff(FIRST_REVIEWER))
    with transaction():
        review.approve(claim, actor(office.world.staff(SECOND_REVIEWER), SECOND_REVIEWER), claim.version)
    return fresh(claim)


@pytest.mark.parametrize("own", ["make", "check"])
def test_nobody_makes_or_checks_the_payment_of_their_own_case_gx_63(office: Office, own: str) -> None:
    claim = approved(office)
    maker, checker = office.world.staff(FINANCE_MAKER), office.world.staff(FINANCE_CHECKER)
    with transaction():
        who = maker if own == "make" else checker
        who.id_number = employees.card(claim.employee_id).id_number
    if own == "make":
        with pytest.raises(Conflict, match=f"申请 {claim.number} 是您本人的.*另一位制单人员"), transaction():
            payout.prepare([claim.id], actor(maker, FINANCE_MAKER))
        assert fresh(claim).state == "approved"
        return
    with transaction():
        batch = payout.prepare([claim.id], actor(maker, FINANCE_MAKER))
    with pytest.raises(Conflict, match="请交给另一位复核人员"), transaction():
        payout.check(batch, actor(checker, FINANCE_CHECKER), batch.version)


def test_a_batch_leads_to_its_claims(app: Flask, office: Office) -> None:
    claim, maker = approved(office), office.world.staff(FINANCE_MAKER)
    with transaction():
        batch = payout.prepare([claim.id], actor(maker, FINANCE_MAKER))
    page = office.world.sign_in(app.test_client(), staff=maker).get(f"/admin/payouts/{batch.number}")
    assert f'href="/admin/claims/{claim.number}"' in page.get_data(as_text=True)
