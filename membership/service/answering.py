"""How is a 会籍变更 answered? By the old union for an employee, by the new one for staff, or from above."""

from __future__ import annotations

from core import clock
from core.access import Actor
from core.errors import Conflict, Refused
from core.history import perform
from employee import service as employees
from membership import rules
from membership.models import MembershipTransfer
from membership.rules import WORKFLOW
from notify import service as notify
from staff import queries as people
from staff import service as staff
from union import queries as unions
from union import service as union


def approve(row: MembershipTransfer, by: Actor, *, seen: int | None = None) -> None:
    """The 会籍 is in the new union now. Coverage, claims and records stay what they were."""
    acting = _deciding(row, by)
    perform(WORKFLOW, row, "approve", acting, seen=seen, decided_at=clock.now(), decided_by_id=by.id)
    if row.employee_id:
        _move_employee(row, by)
    elif row.staff_id:
        _move_staff(row, by)
    _tell("transfer_approved", row)


def refuse(row: MembershipTransfer, by: Actor, note: str, *, seen: int | None = None) -> None:
    """Say no, with a reason the asker reads. Raises `Refused` without one."""
    acting = _deciding(row, by)
    if not note.strip():
        raise Refused(rules.NO_NOTE, "note")
    perform(WORKFLOW, row, "refuse", acting, note, seen=seen, decided_at=clock.now(), decided_by_id=by.id)
    _tell("transfer_refused", row)


def withdraw(row: MembershipTransfer, by: Actor, *, seen: int | None = None) -> None:
    """The asker takes it back before it was answered."""
    if by.id != row.asked_by_id:
        raise Refused("只有提出的人能撤回")
    perform(WORKFLOW, row, "withdraw", by, seen=seen, decided_at=clock.now())


def may_decide(row: MembershipTransfer, by: Actor) -> bool:
    """Does `by` keep the union that answers, or one above it?"""
    place = row.from_union_id if rules.answers_at(row.subject_kind) == "from" else row.to_union_id
    return bool(place) and by.within(unions.chain_of(place)).has(*rules.DECIDES)  # type: ignore[arg-type]


def own_problem(row: MembershipTransfer, by: Actor) -> str | None:
    """Nobody answers what is about them or what they asked for themselves."""
    if row.staff_id and row.staff_id == by.id:
        return rules.OWN_CASE
    if row.employee_id and by.id:
        card = employees.card(row.employee_id)
        if staff.is_person(by.id, card.id_number, card.phone):
            return rules.OWN_CASE
    return rules.OWN_ASKING if row.asked_by_id == by.id else None


def _deciding(row: MembershipTransfer, by: Actor) -> Actor:
    """`by` with the roles that hold at the answering union. Raises `Refused` for one's own case."""
    if words := own_problem(row, by):
        raise Refused(words)
    place = row.from_union_id if rules.answers_at(row.subject_kind) == "from" else row.to_union_id
    return by.within(unions.chain_of(place)) if place else by


def _move_employee(row: MembershipTransfer, by: Actor) -> None:
    assert row.employee_id and row.from_union_id  # noqa: S101 - the table's own rule
    if not employees.move_to_union(row.employee_id, row.from_union_id, row.to_union_id, by):
        raise Conflict(rules.MOVED_MEANWHILE)
    notify.send(
        "union_changed",
        employee=row.employee_id,
        about=("transfer", row.id, ""),
        values={"union": unions.names_of([row.to_union_id])[row.to_union_id]},
        dedupe=f"transfer:{row.id}:union_changed",
    )


def _move_staff(row: MembershipTransfer, by: Actor) -> None:
    assert row.staff_id  # noqa: S101 - the table's own rule
    if people.card(row.staff_id).union_id != row.from_union_id:
        raise Conflict(rules.MOVED_MEANWHILE)
    staff.join_union(row.staff_id, row.to_union_id, by)
    union.reseat(row.to_union_id, by)


def _tell(kind: str, row: MembershipTransfer) -> None:
    """Whoever asked hears of it by SMS (XM-25)."""
    notify.send(
        kind, staff=row.asked_by_id, about=("transfer", row.id, ""), dedupe=f"transfer:{row.id}:{kind}"
    )
