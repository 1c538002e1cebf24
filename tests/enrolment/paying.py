"""What do the tests about money share? Enrolments that wait for it, vouchers, transfers."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import uuid
from typing import Any

from core import clock
from core.access import Actor
from core.db import db, transaction
from core.files.papers import take_paper
from core.roles import FINANCE_CHECKER, FINANCE_MAKER, OPERATOR
from enrolment.models import Enrolment, Participant
from enrolment.rules import AWAITING_VOUCHER
from enrolment.service import confirming, receipts, vouchers
from enrolment.service.receipts import Transfer
from plans import service as plans
from staff.models import StaffUser
from tests.world import World, as_staff
from union.models import Union

_SERIAL = itertools.count(1)
TODAY = clock.today()


def pdf(words: str = "") -> bytes:
    """A PDF that nobody else has."""
    return b"%PDF-1.4\n% " + (words or uuid.uuid4().hex).encode() + b"\ntrailer\n%%EOF\n"


def paper(words: str = "") -> Any:
    return take_paper(io.BytesIO(pdf(words)), "file")


class Desk:
    """A union that owes its fee, its operator, and two people of finance."""

    def __init__(self, people: int = 2, plan_code: str = "", union: Union | None = None) -> None:
        self.world = World()
        self.union = union or self.world.union(f"测试{next(_SERIAL)}厂工会委员会")
        self.operator_row = self.world.staff(OPERATOR, union=self.union, member=self.union)
        self.operator = as_staff(self.operator_row, OPERATOR, union_id=self.union.id)
        self.maker_row, self.maker = self._finance(FINANCE_MAKER)
        self.checker_row, self.checker = self._finance(FINANCE_CHECKER)
        self.people = [self.world.employee(self.union) for _ in range(people)]
        self.enrolment = self.owing(plan_code)

    def _finance(self, role: str) -> tuple[StaffUser, Actor]:
        row = self.world.staff(role)
        return row, as_staff(row, role)

    def owing(self, plan_code: str = "", fee_fen: int | None = None, **values: Any) -> Enrolment:
        """An enrolment of the union's people that waits for its voucher."""
        plan = plans.plan(plan_code) if plan_code else plans.all_plans()[0]
        n = next(_SERIAL)
        with transaction():
            row = Enrolment(
                number=f"CBFW202511{n:04d}",
                union_id=self.union.id,
                plan_code=plan.code,
                plan_version=plan.version,
                filed_by_id=self.operator_row.id,
                filed_by_label=self.operator_row.name,
                union_name=self.union.name,
                headcount=100,
                participant_count=len(self.people),
                fee_due_fen=plan.fee_fen * len(self.people) if fee_fen is None else fee_fen,
                due_on=TODAY + dt.timedelta(days=30),
                state=AWAITING_VOUCHER,
                approved_at=clock.now(),
                **values,
            )
            db.session.add(row)
            db.session.flush()
            for person in self.people:
                db.session.add(Participant(enrolment_id=row.id, employee_id=person.id, plan_code=plan.code))
        return row

    @property
    def due(self) -> int:
        return self.enrolment.fee_due_fen or 0

    def voucher(self, amount_fen: int | None = None, words: str = "", by: Actor | None = None) -> Any:
        with transaction():
            return vouchers.add(
                self.enrolment,
                paper(words),
                TODAY,
                amount_fen or self.due,
                self.union.name,
                by or self.operator,
            )

    def hand_in(self, note: str = "") -> None:
        self.voucher()
        with transaction():
            vouchers.submit(self.enrolment, self.operator, None, note)

    def transfer(self, amount_fen: int | None = None, memo: str | None = None, payer: str = "") -> uuid.UUID:
        """Money that came; gives the receipt's id."""
        from enrolment.models import BankReceipt

        reference = f"LS{next(_SERIAL):012d}"
        given = Transfer(
            reference, TODAY, amount_fen or self.due, payer or self.union.name,
            self.enrolment.number if memo is None else memo,
        )  # fmt: skip
        with transaction():
            receipts.enter(given, self.maker)
        return db.session.query(BankReceipt).filter_by(reference=reference).one().id

    def match(self, amount_fen: int | None = None) -> uuid.UUID:
        receipt_id = self.transfer(amount_fen)
        with transaction():
            receipts.share(self.enrolment, receipt_id, amount_fen or self.due, self.maker)
        return receipt_id

    def confirm(self, decision: str = "", note: str = "", by: Actor | None = None) -> None:
        with transaction():
            confirming.confirm(self.enrolment, by or self.checker, self.enrolment.version, decision, note)

    def done(self) -> Enrolment:
        """The whole way to 已办结."""
        self.hand_in()
        self.match()
        self.confirm()
        return self.enrolment
