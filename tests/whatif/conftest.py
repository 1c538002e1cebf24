"""A period with decided and paid claims, and an administrator who tries other figures."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from claims.models import Claim
from claims.service import automatic, figures
from core import clock
from core.db import db as database
from core.db import transaction
from core.numbers import numbered
from core.roles import ADMINISTRATOR
from employee.models import Employee
from plans import service as plans
from tests.claims.paper import TODAY
from tests.world import World, as_staff
from whatif import service
from whatif.models import WhatIf

PLAN = "GX-2026"


class Period:
    """Claims as the engine decided them, one after the other, through the same service as reviewers do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.admin = world.staff(ADMINISTRATOR, name="周管理")
        self.by = as_staff(self.admin, ADMINISTRATOR)
        self.minutes = itertools.count()
        with transaction():
            plans.freeze(plans.plan(PLAN))

    def person(self, **values: Any) -> Employee:
        person = self.world.employee(**values)
        self.world.cover(person, PLAN)
        return person

    def claim(self, person: Employee, self_paid_yuan: float, grade: str = "三级", **values: Any) -> Claim:
        """Filed, decided and (unless `paid=False`) paid, with what that entitles to."""
        is_paid = values.pop("paid", True)
        at = clock.now() - dt.timedelta(days=30) + dt.timedelta(minutes=next(self.minutes))
        day = values.pop("day", dt.date(2026, 6, 1) + dt.timedelta(days=next(self.minutes) % 100))
        values.setdefault("kind", "hospital")
        with transaction():
            claim = Claim(
                number=numbered("BZ"), employee_id=person.id, union_id=person.union_id,
                filed_by_kind="employee", filed_by_id=person.id, state="second_review", version=2,
                submitted_at=at, admitted_on=day, discharged_on=day + dt.timedelta(days=7),
                total_fen=round(self_paid_yuan * 200), pooled_fen=round(self_paid_yuan * 100),
                self_paid_fen=round(self_paid_yuan * 100), hospital_grade=grade, payee_name=person.name,
                payee_card="6217000000000000001", **values,
            )  # fmt: skip
            database.session.add(claim)
            database.session.flush()
            changes = figures.adopt(claim)
            for name, value in changes.items():
                setattr(claim, name, value)
            claim.award_fen = claim.award["total_fen"] if claim.award else 0
            claim.decided_at, claim.state = at, "approved"
            if is_paid:
                claim.state, claim.paid_at = "paid", at + dt.timedelta(seconds=30)
            database.session.flush()
            if is_paid:
                automatic.grant_after(claim)
        return claim

    def start(self, purpose: str = "", **typed: str) -> WhatIf:
        """`ZYYL__rate` stands for the figure `ZYYL.rate`."""
        names = {name.replace("__", "."): text for name, text in typed.items()}
        with transaction():
            return service.start(plans.plan(PLAN), names, purpose, self.by)

    def tried(self, purpose: str = "", **typed: str) -> WhatIf:
        """Asked for and worked through to the end."""
        run = self.start(purpose, **typed)
        finish(run)
        return run


def finish(run: WhatIf) -> None:
    while True:
        with transaction():
            is_more = service.lot(run.id)
        if not is_more:
            return


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def period(db: Any) -> Period:
    return Period(World())


@pytest.fixture
def desk(app: Flask, period: Period) -> Any:
    return period.world.sign_in(app.test_client(), staff=period.admin)
