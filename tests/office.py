"""Claims as reviewers meet them: filed through the service with photos, or many plain rows for long lists.

office = Office(world)
claim = office.file()                 submitted, waiting for the first review
claim = office.file(passed_by=clerk)  waiting for the second review
office.rows(200, union)               plain rows, for counting statements and turning pages
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
from functools import lru_cache
from typing import Any

from PIL import Image

from claims import service
from claims.models import Claim
from claims.service import figures, review
from core import clock
from core.access import Actor
from core.db import db, transaction
from core.files import Picture
from core.roles import FIRST_REVIEWER
from employee import service as employees
from employee.models import Employee
from staff.models import StaffUser
from tests.claims.paper import CARD
from tests.world import World, as_employee, as_staff
from union.models import Union

_SERIAL = itertools.count(1)


@lru_cache(1)
def _pixels() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 90), "white").save(out, "JPEG")
    return out.getvalue()


@lru_cache(1)
def _measures() -> tuple[tuple[str, float], ...]:
    """What the coach measures of these pixels."""
    from core.files.coach import measures

    image = Image.open(io.BytesIO(_pixels())).convert("RGB")
    return tuple(measures(image, *image.size).items())


def picture() -> Picture:
    """A small photo whose content no other photo has."""
    n = next(_SERIAL)
    full = _pixels()
    return Picture(full, full, full, 64, 90, f"{n:064x}", n, dict(_measures()))


class Office:
    """Makes claims; every verb commits."""

    def __init__(self, world: World) -> None:
        self.world = world

    def person(self, union: Union | None = None, **values: Any) -> Employee:
        person = self.world.employee(union, **values)
        self.world.cover(person)
        return person

    def file(
        self, person: Employee | None = None, *, passed_by: StaffUser | None = None, **values: Any
    ) -> Claim:
        """A hospital claim with all its papers, submitted by the person."""
        person = person or self.person()
        by = as_employee(person)
        with transaction():
            employees.give_consent(person.id, ["health", "account", "certificates"], by)
            claim = service.start_draft("hospital", by)
            service.save_step(claim, {**_stay(person), **values}, by, step=3)
            for paper in figures.papers_of(claim):
                for _ in range(paper.min_count):
                    service.add_document(claim, paper.code, picture(), by)
            service.submit(claim, by)
        if passed_by is not None:
            self.pass_first(claim, passed_by)
        return claim

    def pass_first(self, claim: Claim, clerk: StaffUser) -> None:
        with transaction():
            review.approve(claim, as_staff(clerk, FIRST_REVIEWER), claim.version)

    def rows(self, count: int, union: Union, state: str = "first_review", **values: Any) -> list[Claim]:
        """Plain rows, a minute between two submissions; the last was submitted a day ago."""
        people = [self.world.employee(union) for _ in range(min(count, 5))]
        newest = clock.now() - dt.timedelta(days=1)
        made = [
            Claim(
                number=f"BZ9{next(_SERIAL):011d}",
                kind="hospital",
                employee_id=people[n % len(people)].id,
                union_id=union.id,
                filed_by_kind="employee",
                filed_by_id=people[n % len(people)].id,
                state=state,
                version=1,
                submitted_at=newest - dt.timedelta(minutes=count - n),
                **values,
            )
            for n in range(count)
        ]
        with transaction():
            db.session.add_all(made)
        return made


def _stay(person: Employee) -> dict[str, Any]:
    n = next(_SERIAL)
    return {
        "hospital": "某某市人民医院",
        "hospital_grade": "三级",
        "diagnosis": "示例诊断",
        "admitted_on": dt.date(2026, 10, 1),
        "discharged_on": dt.date(2026, 10, 8),
        "total_fen": 1_200_000,
        "pooled_fen": 700_000,
        "self_paid_fen": 320_630,
        "own_expense_fen": 100_000,
        "receipt": f"45060126-{n:010d}",
        "payee_name": person.name,
        "payee_bank": "示例银行",
        "payee_card": CARD,
    }


def at_level(office: Office, level: str, clerk: StaffUser | None = None) -> Claim:
    """A claim that waits at `level`."""
    if level == "second_review":
        return office.file(passed_by=clerk or office.world.staff(FIRST_REVIEWER))
    claim = office.file()
    if level != claim.state:
        with transaction():
            claim.state = level
    return claim


def actor(user: StaffUser, *roles: str, union: Union | None = None) -> Actor:
    return as_staff(user, *roles, union_id=union.id if union else None)


def fresh(claim: Claim) -> Claim:
    """The claim as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Claim, claim.id)


__all__ = ["Office", "actor", "at_level", "fresh", "picture"]
