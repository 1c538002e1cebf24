"""How does a WeChat come to speak for a person, and how does that end?

The person must stand in the roster with this name, certificate and number, and the code must have gone to
the phone on file (GX-16; docs/decisions/binding-phone.md). Whoever holds that phone may also move the
binding to another WeChat; the one before is told.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core import audit, clock, codes, identifiers, names, sessions
from core.access import Actor
from core.db import db, uuid7
from core.errors import Conflict, Refused
from core.fields import mask_phone
from core.limits import Limit, take, take_all
from employee import rules
from employee.models import Binding, Employee
from employee.rules import Asked
from employee.service.consents import give_consent
from employee.service.expiring import forget
from employee.service.people import actor_of, is_phone_of_the_dead, people_with_phone
from notify import service as notify

PURPOSE = "bind"
VISIT = "visit"
CODE_LIMITS = (
    Limit("code_phone_minute", 1, 60, rules.CODE_SOON),
    Limit("code_phone_hour", 5, 3600, rules.LOCKED.replace("输错次数太多", "验证码发送太频繁")),
    Limit("code_phone_day", 10, 86400, rules.CODE_DAY),
)
CODE_HOLDER_DAY = Limit("code_holder_day", 20, 86400, rules.CODE_DAY)
CODE_IP_DAY = Limit("code_ip_day", 200, 86400, rules.CODE_DAY)
CODE_EVERYBODY = Limit("code_everybody_minute", 300, 60, "现在获取验证码的人太多，请 {n} 秒后再点“获取”。")
TRY_HOLDER = Limit("bind_holder", 10, 86400, rules.LOCKED)
TRY_IP = Limit("bind_ip", 60, 3600, rules.LOCKED)
TRY_TARGET = Limit("bind_target", 5, 86400, rules.LOCKED)


@dataclass(frozen=True)
class Bound:
    """The binding was made."""

    employee_id: uuid.UUID


@dataclass(frozen=True)
class MoveNeeded:
    """All is right, but another WeChat speaks for this person; `confirm_move` would end that."""

    employee_id: uuid.UUID


def request_code(phone: str, openid: str, ip: str) -> str:
    """Send a code to `phone`; returns the words to show. Raises `TooMany` or `Refused`."""
    phone = counted(phone, openid, ip)
    code = codes.issue(PURPOSE, phone, openid)
    if not is_phone_of_the_dead(phone):  # answered alike: it is nobody's business
        notify.send_code(PURPOSE, phone, code)
    return rules.CODE_SENT.format(phone=mask_phone(phone))


def request_visit_code(phone: str, holder: str, ip: str) -> str:
    """Send a code to look in without WeChat; a phone nobody has is answered alike and gets nothing.

    It has a code all the same, which nobody was told: else the answer to a wrong guess would say who is on
    the roster. The work is the same too (S3).
    """
    phone = counted(phone, holder, ip)
    is_known = bool(people_with_phone(phone))
    code = codes.issue(VISIT, phone, holder)
    with db.session.begin_nested() as message:
        notify.send_code(VISIT, phone, code)
        if not is_known:
            message.rollback()
    return rules.VISIT_CODE_SENT


def visitor(phone: str, code: str, holder: str) -> uuid.UUID:
    """Whose progress may be looked at after this code. Raises `Refused`."""
    phone = identifiers.normalise_mobile(phone)
    codes.check(VISIT, phone, holder, code)
    people = people_with_phone(phone)
    if len(people) != 1:
        raise Refused(rules.SHARED_PHONE)
    return people[0]


def counted(phone: str, holder: str, ip: str) -> str:
    """The tidied phone, once a code may be sent to it. Raises `TooMany` or `Refused`."""
    if words := identifiers.mobile_problem(phone):
        raise Refused(words, "phone")
    phone = identifiers.normalise_mobile(phone)
    limits = [(limit, phone) for limit in CODE_LIMITS]
    take_all([*limits, (CODE_HOLDER_DAY, holder), (CODE_IP_DAY, ip), (CODE_EVERYBODY, "all")])
    return phone


def bind(asked: Asked, code: str, openid: str, ip: str) -> Bound | MoveNeeded:
    """Let `openid` speak for the person. Raises `Refused` with GX-17's words, `TooMany`, `Conflict`."""
    take_all([(TRY_HOLDER, openid), (TRY_IP, ip)])
    codes.check(PURPOSE, asked.phone, openid, code)
    take(TRY_TARGET, asked.id_number)
    person = _matching(asked)
    if person is None:
        raise Refused(rules.NOT_FOUND)
    live = db.session.scalar(
        select(Binding.openid).where(Binding.employee_id == person.id, Binding.ended_at.is_(None))
    )
    if live and live != openid:
        return MoveNeeded(person.id)
    _make(person, asked.phone, openid)
    return Bound(person.id)


def confirm_move(employee_id: uuid.UUID, openid: str) -> Bound:
    """End the person's other binding and bind `openid`; the earlier WeChat is told and signed out."""
    person = db.session.get_one(Employee, employee_id)
    # The notice goes to the WeChat that loses the person, so it is written before the change.
    notify.send(
        "binding_moved",
        employee=employee_id,
        about=("employee", employee_id, ""),
        values={"when": clock.shown(clock.now())},
        dedupe=f"binding_moved:{employee_id}:{openid}:{clock.now():%Y%m%d%H%M}",
    )
    _end(Binding.employee_id == employee_id, "moved", actor_of(openid))
    sessions.revoke_all("employee", employee_id)
    _make(person, person.phone or "", openid)
    return Bound(employee_id)


def unbind(by: Actor) -> None:
    """The person ends their own binding; claims stay."""
    _end(Binding.employee_id == by.id, "unbound", by)
    if by.id:
        sessions.revoke_all("employee", by.id)


def end_binding(employee_id: uuid.UUID, why: str, by: Actor) -> None:
    """Nobody's WeChat speaks for this person any more."""
    _end(Binding.employee_id == employee_id, why, by)


def forget_openid(openid: str) -> None:
    """The person took the authorisation back or closed the account: end the binding, drop the openid."""
    for row in db.session.scalars(select(Binding).where(Binding.openid == openid)):
        row.ended_at = row.ended_at or clock.now()
        row.ended_why = "revoked"
        forget(row)


def _matching(asked: Asked) -> Employee | None:
    """The person all of whose four facts fit; one look-up whether there is one or not."""
    person = db.session.scalar(select(Employee).where(Employee.id_number.matches(asked.id_number)))
    facts = (person.name, person.id_type, person.phone) if person else ("某某某", "", "")
    fits = names.is_same(facts[0] or "", asked.name) and facts[1] == asked.id_type
    phone_fits = not facts[2] or facts[2] == asked.phone
    is_there = person is not None and person.is_active and not person.is_deceased
    return person if is_there and fits and phone_fits else None


def _make(person: Employee, phone: str, openid: str) -> None:
    by = actor_of(openid)
    if person.phone is None:
        person.phone = phone
    _end(Binding.openid == openid, "replaced", by, but=person.id)
    made = db.session.execute(
        insert(Binding.__table__)
        .values(id=uuid7(), employee_id=person.id, openid=openid, bound_at=clock.now(), ended_why="")
        .on_conflict_do_nothing()
        .returning(Binding.__table__.c.id)
    ).first()
    if made is None and actor_of(openid).id != person.id:
        raise Conflict(rules.BOUND_ELSEWHERE)
    give_consent(person.id, ["identity"], by)
    audit.record("binding.made", "employee", person.id, by)
    if made:
        _tell(person.id, made.id)


def _tell(employee_id: uuid.UUID, binding_id: uuid.UUID) -> None:
    notify.send(
        "bound",
        employee=employee_id,
        about=("employee", employee_id, ""),
        values={"when": clock.shown(clock.now())},
        dedupe=f"bound:{binding_id}",
    )


def _end(which: object, why: str, by: Actor, but: uuid.UUID | None = None) -> None:
    query = select(Binding).where(which, Binding.ended_at.is_(None))  # type: ignore[arg-type]
    for row in db.session.scalars(query):
        if row.employee_id == but:
            continue
        row.ended_at, row.ended_why = clock.now(), why
        audit.record("binding.ended", "employee", row.employee_id, by, why=why)
    db.session.flush()
