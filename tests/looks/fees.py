"""Which pages of fee, confirmation and invoice are there to look at? One union in each state of them."""

from __future__ import annotations

from core.db import db, transaction
from enrolment.models import Invoice
from enrolment.service import confirming, invoices, vouchers
from tests.enrolment.paying import TODAY, Desk
from tests.office import picture


def pages() -> list[str]:
    """The addresses; every role of the walk opens those that are theirs."""
    return [*_to_pay(), *_to_confirm(), *_confirmed()]


def _to_pay() -> list[str]:
    """Late, sent back once, with a photo that shows another sum."""
    desk = Desk()
    desk.hand_in()
    with transaction():
        confirming.send_back(desk.enrolment, desk.checker, None, "凭证看不清")
        desk.enrolment.due_on = TODAY.replace(year=TODAY.year - 1)
    with transaction():
        vouchers.add(desk.enrolment, picture(), TODAY, 2000, desk.union.name, desk.operator)
    return [f"/admin/enrolments/{Desk().enrolment.number}/voucher", _voucher(desk)]


def _voucher(desk: Desk) -> str:
    return f"/admin/enrolments/{desk.enrolment.number}/voucher"


def _to_confirm() -> list[str]:
    """One with transfers that may be meant, one that is overpaid."""
    waiting, over = Desk(), Desk()
    for desk in (waiting, over):
        desk.hand_in()
    waiting.transfer()
    waiting.transfer(1234, memo="")
    over.match(over.due + 2000)
    at = [f"/admin/vouchers/{desk.enrolment.number}" for desk in (waiting, over)]
    return [*at, f"{at[0]}/return", f"{at[1]}/confirm", f"{at[0]}/confirm", _voucher(waiting)]


def _confirmed() -> list[str]:
    """Underpaid and decided on, with an invoice that replaced another; and one that waits for its invoice."""
    desk, other = Desk(), Desk()
    other.done()
    desk.hand_in()
    desk.match(desk.due - 2000)
    desk.confirm("accept", "核对过")
    given = invoices.Given("20250001", TODAY, desk.due)
    with transaction():
        first = invoices.record(desk.enrolment, given, None, desk.maker)
    with transaction():
        invoices.replace(first, given._replace(number="20250002"), picture(), "抬头写错", desk.maker)
    ids = [row.id for row in db.session.query(Invoice).filter_by(enrolment_id=desk.enrolment.id)]
    at = [f"/admin/invoices/{one}" for one in ids]
    more = [f"/admin/invoices/new?number={other.enrolment.number}", "/admin/receipts?which=all"]
    lists = [f"/admin/vouchers?state={state}" for state in ("awaiting_voucher", "done")]
    own = [_voucher(desk), f"/admin/vouchers/{desk.enrolment.number}"]
    return [*at, *(f"{one}/replace" for one in at), *more, *lists, *own]
