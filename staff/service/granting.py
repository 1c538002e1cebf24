"""What happens to rights? Given, taken, following from the chair's seat or gone with the 会籍.

`staff/` knows no tree: the caller says which unions stand above one (`chain_of`). Nothing here asks anybody
to sign in again: rights are read on every request (XM-24).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from typing import NamedTuple

from sqlalchemy import func, select

from core import audit, clock
from core.access import Actor
from core.context import scheme
from core.db import db
from core.errors import Missing, Refused
from core.roles import ADMINISTRATOR, OPERATOR
from staff.models import Grant, StaffUser
from staff.rules import granting as rules
from staff.rules.granting import GIVES, ITEMS, TITLES, Item, Right
from staff.service import reminding

__all__ = [
    "GIVES",
    "ITEMS",
    "NOT_MEMBER",
    "TITLES",
    "Change",
    "Item",
    "Right",
    "disable",
    "enable",
    "gives_at",
    "hire",
    "join_union",
    "lost_by_moving",
    "rights_of",
    "seat_chair",
    "set_rights",
    "weigh",
]

NOT_MEMBER = rules.NOT_MEMBER
ADMINISTRATORS_LOCK = 0x5354_4146
SAME_PHONE = (
    "这个手机号码已经有账号了。如果就是这位同事，请在工作人员列表里查找；会籍在其他工会的，请先做会籍变更"
)
ChainOf = Callable[[uuid.UUID], frozenset[uuid.UUID]]


class Change(NamedTuple):
    """What a person gains and loses."""

    gains: tuple[Right, ...]
    losses: tuple[Right, ...]


def rights_of(staff_id: uuid.UUID) -> frozenset[Right]:
    """The grants of this moment, without what follows from being the chair."""
    query = select(Grant.role, Grant.union_id).where(Grant.staff_id == staff_id, Grant.ended_at.is_(None))
    return frozenset((row.role, row.union_id) for row in db.session.execute(query))


def gives_at(by: Actor, place: uuid.UUID | None, chain_of: ChainOf) -> frozenset[str]:
    """The roles that `by` may give at a union (None: for the whole scheme)."""
    return rules.gives(_held(by, place, chain_of))


def weigh(staff_id: uuid.UUID, wanted: Collection[Right], by: Actor, chain_of: ChainOf) -> Change:
    """What would change if the person had exactly `wanted`. Raises `Refused` with the rule against it."""
    person = _get(staff_id)
    held = rights_of(staff_id)
    change = Change(_sorted(set(wanted) - held), _sorted(held - set(wanted)))
    taker = rules.Taker(person.id, person.union_id, person.is_active)
    for right in change.gains:
        _refuse(rules.give_problem(_giver(by, right[1], chain_of), taker, right))
    for right in change.losses:
        _refuse(rules.take_problem(_giver(by, right[1], chain_of), taker, right[0]))
    if change.gains:
        _refuse(rules.together_problem(wanted, scheme().allows_both_reviews))
    _refuse(rules.administrators_problem(change.losses, _other_administrators(staff_id)))
    return change


def set_rights(staff_id: uuid.UUID, wanted: Collection[Right], by: Actor, chain_of: ChainOf) -> Change:
    """Give and take what it needs for the person to have exactly `wanted`; works on the next request."""
    _hold_still()
    change = weigh(staff_id, wanted, by, chain_of)
    for role, union_id in change.gains:
        db.session.add(Grant(staff_id=staff_id, role=role, union_id=union_id, granted_by_id=by.id))
        audit.record("staff.grant", "staff", staff_id, by, role=role, union=str(union_id or ""))
    _end(staff_id, change.losses, by)
    return change


def disable(staff_id: uuid.UUID, by: Actor, chain_of: ChainOf) -> None:
    """The account rests: every session ends on its next request, the rights stay on file unused."""
    _hold_still()
    person = _managed(staff_id, by, chain_of)
    _refuse(rules.administrators_problem(rights_of(staff_id), _other_administrators(staff_id)))
    person.is_active = False
    person.auth_epoch += 1
    reminding.end(staff_id, "disabled", by)
    audit.record("staff.disable", "staff", staff_id, by)


def enable(staff_id: uuid.UUID, by: Actor, chain_of: ChainOf) -> None:
    """The account may sign in again, with the rights on file."""
    person = _managed(staff_id, by, chain_of)
    person.is_active = True
    person.auth_epoch += 1
    audit.record("staff.enable", "staff", staff_id, by)


def hire(name: str, phone: str, union_id: uuid.UUID, by: Actor) -> StaffUser:
    """新增工作人员: an account without a password; the person completes it at the first sign-in by SMS.

    Raises `Refused` when the phone has an account; whose, and where, is not said.
    """
    if db.session.scalar(select(StaffUser.id).where(StaffUser.phone.matches(phone))):  # type: ignore[attr-defined]
        raise Refused(SAME_PHONE, "phone")
    person = StaffUser(name=name, phone=phone, password_hash="", union_id=union_id)
    db.session.add(person)
    db.session.flush()
    audit.record("staff.create", "staff", person.id, by, union=str(union_id))
    return person


def seat_chair(union_id: uuid.UUID, name: str, phone: str, by: Actor) -> None:
    """Tie the account of the chair on record to the union: it has the module by itself (XM-20).

    Name, phone and 会籍 must all be the record's; whoever sat there before gets up.
    """
    chair = _chair(union_id, name, phone)
    sitting = db.session.scalar(select(StaffUser).where(StaffUser.chair_of_id == union_id))
    if sitting is chair:
        return
    if sitting:
        sitting.chair_of_id = None
        audit.record("staff.unseat", "staff", sitting.id, by, union=str(union_id))
        db.session.flush()
    if chair:
        chair.chair_of_id = union_id
        audit.record("staff.seat", "staff", chair.id, by, union=str(union_id))
        db.session.flush()


def _chair(union_id: uuid.UUID, name: str, phone: str) -> StaffUser | None:
    if not phone:
        return None
    person = db.session.scalar(
        select(StaffUser).where(StaffUser.phone.matches(phone), StaffUser.union_id == union_id)  # type: ignore[attr-defined]
    )
    return person if person and person.name == name else None


def lost_by_moving(staff_id: uuid.UUID, union_id: uuid.UUID) -> tuple[Right, ...]:
    """The rights that end when the 会籍 goes to another union: those of other unions (XM-22)."""
    person = _get(staff_id)
    chair = rules.chair_rights(person.union_id, person.chair_of_id)
    return _sorted({right for right in {*rights_of(staff_id), *chair} if right[1] not in (None, union_id)})


def join_union(staff_id: uuid.UUID, union_id: uuid.UUID, by: Actor) -> None:
    """The 会籍 is in this union now; rights of other unions end, and so does the chair's seat there."""
    person = _get(staff_id)
    _end(staff_id, [right for right in rights_of(staff_id) if right[1] not in (None, union_id)], by)
    if person.chair_of_id and person.chair_of_id != union_id:
        audit.record("staff.unseat", "staff", staff_id, by, union=str(person.chair_of_id))
        person.chair_of_id = None
    person.union_id = union_id
    audit.record("staff.join_union", "staff", staff_id, by, fields=("union_id",), union=str(union_id))


def _managed(staff_id: uuid.UUID, by: Actor, chain_of: ChainOf) -> StaffUser:
    """The person, if `by` could take everything they have and manages the union they belong to."""
    person = _get(staff_id)
    taker = rules.Taker(person.id, person.union_id, person.is_active)
    for role, place in rights_of(staff_id):
        _refuse(rules.take_problem(_giver(by, place, chain_of), taker, role))
    needed = ADMINISTRATOR if person.chair_of_id else OPERATOR
    _refuse(rules.take_problem(_giver(by, person.union_id, chain_of), taker, needed))
    return person


def _end(staff_id: uuid.UUID, losses: Collection[Right], by: Actor) -> None:
    for role, union_id in losses:
        table = Grant.__table__
        place = table.c.union_id.is_(None) if union_id is None else table.c.union_id == union_id
        db.session.execute(
            table.update()  # type: ignore[attr-defined]
            .where(table.c.staff_id == staff_id, table.c.role == role, place, table.c.ended_at.is_(None))
            .values(ended_at=clock.now())
        )
        audit.record("staff.end_grant", "staff", staff_id, by, role=role, union=str(union_id or ""))


def _other_administrators(staff_id: uuid.UUID) -> int:
    """Active administrators of the whole scheme beside this person."""
    return (
        db.session.scalar(
            select(func.count(Grant.id))
            .join(StaffUser, StaffUser.id == Grant.staff_id)
            .where(
                Grant.role == ADMINISTRATOR,
                Grant.union_id.is_(None),
                Grant.ended_at.is_(None),
                StaffUser.is_active,
                StaffUser.id != staff_id,
            )
        )
        or 0
    )


def _hold_still() -> None:
    """Two administrators who take each other's right at once: one after the other."""
    db.session.execute(select(func.pg_advisory_xact_lock(ADMINISTRATORS_LOCK)))


def _held(by: Actor, place: uuid.UUID | None, chain_of: ChainOf) -> frozenset[str]:
    return by.within(chain_of(place) if place else frozenset()).roles


def _giver(by: Actor, place: uuid.UUID | None, chain_of: ChainOf) -> rules.Giver:
    return rules.Giver(by.id, _held(by, place, chain_of))


def _sorted(rights: Collection[Right]) -> tuple[Right, ...]:
    order = {item.role: n for n, item in enumerate(ITEMS)}
    return tuple(sorted(rights, key=lambda right: (str(right[1] or ""), order.get(right[0], -1))))


def _refuse(words: str | None) -> None:
    if words:
        raise Refused(words, "rights")


def _get(staff_id: uuid.UUID) -> StaffUser:
    row = db.session.get(StaffUser, staff_id)
    if row is None:
        raise Missing
    return row
