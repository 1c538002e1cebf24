"""How is another 会籍 asked for? By staff for themselves, by an operator for an employee, by an import."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core import names
from core.access import Actor
from core.db import db
from core.errors import NotAllowed, Refused
from core.history import begin
from core.limits import Limit, take
from core.roles import GUEST, OPERATOR, STAFF
from employee.service import bulk
from membership import rules
from membership.models import MembershipTransfer
from membership.rules import WAITING, WORKFLOW
from roster.service import moving
from staff import queries as people
from union import queries as unions

# Names with numbers can be tried out here: not many an hour.
LOOK_UPS = Limit("transfer_look_up", 30, 3600, "查找的次数太多，请 {wait}后再试。")
IMPORTED = "名册导入时申请调入"
LOT = 200


def ask_for_oneself(to_union_id: uuid.UUID, reason: str, by: Actor) -> MembershipTransfer:
    """会籍变更 of somebody who works here (XM-25). Raises `Refused`."""
    assert by.id and by.kind == "staff"  # noqa: S101 - the access rule says staff
    who = people.card(by.id)
    return _ask(
        MembershipTransfer(staff_id=who.id, from_union_id=who.union_id), to_union_id, reason, by, field="to"
    )


def ask_for_employee(
    name: str, id_number: str, to_union_id: uuid.UUID, reason: str, by: Actor
) -> MembershipTransfer:
    """调入: the new union asks for a person of another union's roster. Raises `Refused`, `TooMany`."""
    take(LOOK_UPS, by.key)
    _must_keep(to_union_id, by)
    key = bulk.number_index(id_number)
    found = bulk.on_file([key]).get(key)
    if found is None or not found.is_active or not names.is_same(found.values.get("name") or "", name):
        raise Refused(rules.NOT_ON_ROSTER, "id_number")
    row = MembershipTransfer(employee_id=found.id, from_union_id=found.union_id)
    return _ask(row, to_union_id, reason, by, field="id_number")


def take_up_moves() -> int:
    """Ask for the people an import wanted from other unions; who is asked for already stays so."""
    wanted = moving.wanted_moves(LOT)
    for one in wanted:
        by = Actor("staff", one.asked_by_id, one.asked_by_label, frozenset({GUEST, STAFF, OPERATOR}))
        row = MembershipTransfer(employee_id=one.employee_id, from_union_id=one.from_union_id)
        if one.from_union_id != one.to_union_id and not _is_open(row):
            _ask(row, one.to_union_id, IMPORTED, by, field="")
        moving.move_asked(one.row_id)
    return len(wanted)


def _ask(
    row: MembershipTransfer, to_union_id: uuid.UUID, reason: str, by: Actor, field: str
) -> MembershipTransfer:
    if words := rules.reason_problem(reason):
        raise Refused(words, "reason")
    if row.from_union_id == to_union_id:
        raise Refused(rules.SAME_UNION, field)
    if _is_open(row):
        raise Refused(rules.OPEN_ALREADY, field)
    assert by.id  # noqa: S101 - staff
    row.to_union_id, row.reason, row.state, row.version = to_union_id, reason.strip(), WAITING, 0
    row.asked_by_id, row.asked_by_label = by.id, by.label
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        raise Refused(rules.OPEN_ALREADY, field) from None
    begin(WORKFLOW, row, by)
    return row


def _is_open(row: MembershipTransfer) -> bool:
    same = (
        MembershipTransfer.employee_id == row.employee_id
        if row.employee_id
        else MembershipTransfer.staff_id == row.staff_id
    )
    query = select(MembershipTransfer.id).where(same, MembershipTransfer.state == WAITING)
    return db.session.scalar(query.limit(1)) is not None


def _must_keep(union_id: uuid.UUID, by: Actor) -> None:
    """Only who keeps a union's roster asks for people to come there."""
    if not by.within(unions.chain_of(union_id)).has(*rules.DECIDES):
        raise NotAllowed
