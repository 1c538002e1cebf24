"""Enrolments as operators and reviewers meet them, made through the service; every verb commits.

hall = Hall(world)
draft = hall.draft(people=3)          everything filled in, ready to be handed in
hall.hand_in(draft); hall.pass_first(draft); hall.pass_second(draft)
"""

from __future__ import annotations

import itertools
from typing import Any

from core.access import Actor
from core.db import transaction
from core.files.papers import Pdf
from core.roles import CHAIR, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER
from enrolment.models import Enrolment
from enrolment.service import accounts, filing, materials, people, review
from staff.models import StaffUser
from tests.world import World, as_staff
from union.models import Union

PLAN = "GX-2027"
RECORD = {
    "nature": "国企",
    "chair_name": "柳主席",
    "contact_name": "秦联系",
    "contact_phone": "0771-5550001",
}
_SERIAL = itertools.count(1)


def pdf() -> Pdf:
    """A paper whose content no other paper has."""
    n = next(_SERIAL)
    return Pdf(b"%PDF-1.7\n" + str(n).encode() + b"\n%%EOF\n", f"{n:064x}")


class Hall:
    """One union with an operator, and two reviewers of the whole scheme."""

    def __init__(self, world: World, *, headcount: int = 10, parent: Union | None = None) -> None:
        self.world = world
        self.union = world.union("示例厂工会委员会", parent)
        with transaction():
            for name, value in {**RECORD, "headcount": headcount}.items():
                setattr(self.union, name, value)
        self.operator = world.staff(OPERATOR, union=self.union, name="田经办")
        self.first = world.staff(FIRST_REVIEWER, name="温初审")
        self.second = world.staff(SECOND_REVIEWER, name="冯复审")

    @property
    def by(self) -> Actor:
        return as_staff(self.operator, OPERATOR, union_id=self.union.id)

    @property
    def chair(self) -> Actor:
        return as_staff(self.operator, CHAIR, union_id=self.union.id)

    def start(self, plan: str = PLAN, by: Actor | None = None) -> Enrolment:
        with transaction():
            return filing.start(self.union, plan, by or self.by)

    def employees(self, count: int, union: Union | None = None, **values: Any) -> list[Any]:
        return [self.world.employee(union or self.union, **values) for _ in range(count)]

    def draft(self, people_count: int = 8) -> Enrolment:
        """Everything in order; only handing in is left."""
        self.employees(people_count)
        row = self.start()
        with transaction():
            people.add_all(row, self.by)
            accounts.add(row, "示例厂工会委员会", "6200000000000000111", self.by)
            materials.add(row, "application_form", pdf(), "申请单.pdf", self.by)
        return row

    def hand_in(self, row: Enrolment) -> Enrolment:
        with transaction():
            filing.submit(row, self.by, row.version)
        return row

    def pass_first(self, row: Enrolment, by: StaffUser | None = None) -> Enrolment:
        with transaction():
            review.approve(row, as_staff(by or self.first, FIRST_REVIEWER), row.version)
        return row

    def pass_second(self, row: Enrolment, by: StaffUser | None = None) -> Enrolment:
        with transaction():
            review.approve(row, as_staff(by or self.second, SECOND_REVIEWER), row.version)
        return row

    def approved(self, people_count: int = 8) -> Enrolment:
        """What waits for the fee."""
        return self.pass_second(self.pass_first(self.hand_in(self.draft(people_count))))
