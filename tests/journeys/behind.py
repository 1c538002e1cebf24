"""What happens behind the counter, when a journey is about the worker's side only? Services, no pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from claims import service
from claims.models import Claim
from claims.service import figures, payment, review
from core import identifiers
from core.access import Actor
from core.db import db, transaction
from core.files import take_picture
from core.roles import FINANCE_MAKER, FIRST_REVIEWER, SECOND_REVIEWER
from employee import service as employees
from tests.claims.paper import CARD
from tests.journeys.papers import paper
from tests.journeys.worker import ENTERED, LEFT
from tests.world import as_employee, as_staff

if TYPE_CHECKING:
    from employee.models import Employee
    from tests.journeys.conftest import Staff


def claim_of(number: str) -> Claim:
    """As the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Claim).filter_by(number=number).one()


def draft(person: Employee, **values: Any) -> Claim:
    """Everything typed and photographed, not handed in."""
    by = as_employee(person)
    pictures = {kind: take_picture(paper(kind)["buffer"]) for kind in PAPERS}  # type: ignore[arg-type]
    with transaction():
        employees.give_consent(person.id, ["health", "account", "certificates"], by)
        claim = service.start_draft("hospital", by)
        service.save_step(claim, {**_stay(person), **values}, by, step=3)
        for material in figures.papers_of(claim):
            if material.min_count:
                service.add_document(claim, material.code, pictures[material.code], by)
    return claim


def submitted(person: Employee, **values: Any) -> Claim:
    claim, by = draft(person, **values), as_employee(person)
    with transaction():
        service.submit(claim, by)
    return claim


def send_back(number: str, staff: Staff, note: str, items: list[str]) -> None:
    with transaction():
        claim = claim_of(number)
        review.return_to_filer(claim, as_staff(staff.first, FIRST_REVIEWER), claim.version, note, items)


def approve(number: str, staff: Staff) -> None:
    for user, role in ((staff.first, FIRST_REVIEWER), (staff.second, SECOND_REVIEWER)):
        with transaction():
            claim = claim_of(number)
            review.approve(claim, as_staff(user, role), claim.version, "核对无误")


def bounce(number: str, staff: Staff, reason: str) -> None:
    by: Actor = as_staff(staff.maker, FINANCE_MAKER)
    with transaction():
        payment.start_paying([claim_of(number).id], by)
    with transaction():
        payment.bounced(claim_of(number).id, reason, by)


PAPERS = ("id_front", "id_back", "invoice", "settlement", "discharge_record", "bank_card")


def _stay(person: Employee) -> dict[str, Any]:
    return {
        "hospital": "某某市人民医院",
        "hospital_grade": "三级",
        "diagnosis": "示例诊断",
        "admitted_on": ENTERED,
        "discharged_on": LEFT,
        "total_fen": 1_200_000,
        "pooled_fen": 700_000,
        "self_paid_fen": 320_630,
        "own_expense_fen": 100_000,
        "receipt": identifiers.receipt_key("45060126", "0012345678"),
        "payee_name": person.name,
        "payee_bank": "示例银行",
        "payee_card": CARD,
    }
