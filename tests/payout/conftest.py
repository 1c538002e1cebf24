"""An office that pays: approved claims, two clerks, and a bank's answers to alter."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from claims.models import Claim, ClaimDocument
from claims.service import correction, pictures, review
from claims.service.figures import approval_mark
from core import clock, roles
from core.access import Actor
from core.db import db as database
from core.db import transaction
from core.numbers import numbered
from employee.models import Employee
from payout import service
from payout.models import PayoutBatch, PayoutItem
from tests.claims.paper import TODAY
from tests.office import Office as FilingOffice
from tests.office import picture
from tests.world import World, as_employee, as_staff

HEAD = ["批次号", "序号", "户名", "开户行", "账号", "金额", "附言", "结果", "失败原因", "流水号"]


def card(serial: int) -> str:
    """Fictional; never ends in 0000, which the sandbox's bank takes for a closed account."""
    return f"62170000000000{serial:04d}1"


class PayOffice:
    """A maker and a checker, and claims that are ready to be paid."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.making, self.checking = world.staff(roles.FINANCE_MAKER), world.staff(roles.FINANCE_CHECKER)
        self.maker = as_staff(self.making, roles.FINANCE_MAKER)
        self.checker = as_staff(self.checking, roles.FINANCE_CHECKER)

    def approved(
        self, fen: int = 123450, person: Employee | None = None, has_photo: bool = False, **values: Any
    ) -> Claim:
        """A claim as the second reviewer leaves it, without the way there."""
        person = person or self.world.insured()
        values = {"payee_name": person.name, "payee_card": card(self.world.serial), **values}
        with transaction():
            claim = Claim(
                number=numbered("BZ"),
                kind="hospital",
                employee_id=person.id,
                union_id=person.union_id,
                filed_by_kind="employee",
                filed_by_id=person.id,
                state="approved",
                version=3,
                submitted_at=clock.now(),
                award_fen=fen,
                payee_bank="示例银行",
                payee_branch="某某支行",
                return_items=[],
                changed_parts=[],
                **values,
            )
            claim.approval_bi = approval_mark(claim)
            database.session.add(claim)
            database.session.flush()
            if has_photo:
                file = pictures.store(picture(), "claim")
                database.session.add(
                    ClaimDocument(claim_id=claim.id, file_id=file.id, kind="bank_card", position=1)
                )
        return claim

    def reviewed(self, payee_card: str = "") -> tuple[Claim, Employee]:
        """A claim that went the whole way: filed with its papers, passed by two reviewers."""
        first, second = self.world.staff(roles.FIRST_REVIEWER), self.world.staff(roles.SECOND_REVIEWER)
        person = self.world.insured()
        card_of = {"payee_card": payee_card} if payee_card else {}
        claim = FilingOffice(self.world).file(person, passed_by=first, **card_of)
        with transaction():
            review.approve(claim, as_staff(second, roles.SECOND_REVIEWER), claim.version)
        return claim, person

    def fix(self, claim: Claim, payee_card: str) -> None:
        """The person gives another card after a bounce (GX-29)."""
        database.session.expire_all()
        person = database.session.get_one(Employee, claim.employee_id)
        with transaction():
            correction.fix_payee(claim, {"payee_card": payee_card}, as_employee(person), has_looked=True)

    def claims(self, count: int) -> list[Claim]:
        person = self.world.insured()
        return [self.approved(100_000 + 111 * n, person) for n in range(count)]

    def prepared(self, *claims: Claim, by: Actor | None = None) -> PayoutBatch:
        ids = [claim.id for claim in claims or self.claims(3)]
        with transaction():
            return service.prepare(ids, by or self.maker)

    def checked(self, *claims: Claim) -> PayoutBatch:
        batch = self.prepared(*claims)
        with transaction():
            service.check(batch, self.checker, batch.version)
        return batch

    def exported(self, *claims: Claim) -> PayoutBatch:
        batch = self.checked(*claims)
        with transaction():
            service.export(batch, "csv", self.maker, batch.version)
        return batch

    def settle(self, batch: PayoutBatch, content: bytes, by: Actor | None = None) -> service.Preview:
        with transaction():
            return service.settle(batch, content, by or self.checker, batch.version)


def answers(batch: PayoutBatch, failed: dict[int, str] | None = None) -> list[list[str]]:
    """What a bank answers, row by row: paid, but for the sequences in `failed` {sequence: its words}."""
    rows = []
    for item in service.items_of(batch):
        why = (failed or {}).get(item.sequence)
        yuan = f"{item.amount_fen // 100}.{item.amount_fen % 100:02d}"
        outcome = ["失败", why, ""] if why is not None else ["成功", "", f"LS{item.sequence:06d}"]
        rows.append(
            [batch.number, str(item.sequence), item.payee_name or "", item.payee_bank, item.payee_card or ""]
            + [yuan, "医疗互助补助", *outcome]
        )
    return rows


def as_csv(rows: list[list[str]], encoding: str = "gb18030", end: str = "\r\n", head: Any = HEAD) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerows([head, *rows])
    return out.getvalue().encode(encoding)


def as_xlsx(rows: list[list[Any]], head: Any = HEAD) -> bytes:
    import openpyxl

    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in [head, *rows]:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def everything() -> dict[str, Any]:
    """All that a payout could change, to see that nothing did."""
    database.session.rollback()
    database.session.expire_all()
    items = database.session.query(PayoutItem).all()
    return {
        "batches": sorted((b.number, b.state, b.version) for b in database.session.query(PayoutBatch)),
        "items": sorted((str(i.id), i.status, i.bank_reference, i.bank_words) for i in items),
        "claims": sorted((c.number, c.state, c.version) for c in database.session.query(Claim)),
        "rows": [
            database.session.execute(database.text(f"SELECT count(*) FROM {table}")).scalar()
            for table in ("transition", "inbox_message", "outbox_message", "audit_entry", "bank_file")
        ],
    }


def states(*claims: Claim) -> list[str]:
    database.session.rollback()
    database.session.expire_all()
    return [claim.state for claim in claims]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def office(db: Any) -> PayOffice:
    return PayOffice(World())


@pytest.fixture
def desk_of(app: Any, office: PayOffice) -> Callable[..., Any]:
    """`desk_of(user)`: a browser signed in as that member of staff."""

    def sign_in(user: Any) -> Any:
        return office.world.sign_in(app.test_client(), staff=user)

    return sign_in
