"""Who is this newcomer? 信息完善 (XM-03, XM-08): somebody whose phone, or provider, has vouched for them.

Whoever was given an account finds it by their phone and must say the name (and certificate) it was opened
with. Where the profile lets people register, an unknown person gets an account without any right.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from core import audit, clock, context, identifiers, names
from core.access import Actor
from core.db import db
from core.errors import Conflict, Invalid, Refused
from core.limits import Limit, take
from core.roles import GUEST, STAFF
from staff.models import StaffIdentity, StaffUser
from staff.rules import passwords
from staff.rules import signing_in as rules
from staff.service import codes, contacts
from staff.service.hashing import hasher, policy
from staff.service.sign_in import SignedIn, entered

TRIES = Limit("staff_complete", 10, 86400, rules.TRIES_USED)


@dataclass(frozen=True)
class Given:
    """What the person typed."""

    name: str
    id_number: str
    email: str
    password: str
    again: str
    phone: str = ""
    code: str = ""


@dataclass(frozen=True)
class Vouched:
    """What is known already: a phone (by its code), or a provider's word."""

    phone: str = ""
    staff_id: uuid.UUID | None = None
    issuer: str = ""
    subject: str = ""
    name: str = ""
    email: str = ""
    id_number: str = ""


def complete(vouched: Vouched, given: Given, holder: str) -> SignedIn:
    """Make or finish the account and let its owner in. Raises `Invalid`, `Refused`, `TooMany`."""
    take(TRIES, vouched.phone or f"{vouched.issuer}|{vouched.subject}")
    given = _tidied(vouched, given)
    _check(vouched, given)
    if not vouched.phone:
        codes.check(codes.NEW_PHONE, given.phone, holder, given.code)
    person = _found(vouched, given)
    _fill(person, given)
    if vouched.subject:
        tie(person, vouched)
    by = Actor("staff", person.id, person.name, frozenset({GUEST, STAFF}))
    audit.record("staff.complete", "staff", person.id, by, open=not vouched.staff_id)
    contacts.ask_confirmation(person, given.email)
    try:
        db.session.flush()
    except IntegrityError:  # somebody else was first with this phone, certificate or address
        raise Conflict(rules.PHONE_TAKEN) from None
    return entered(person)


def tie(person: StaffUser, vouched: Vouched) -> None:
    """From now on the provider's subject means this person."""
    mark = f"{vouched.issuer}|{vouched.subject}"
    db.session.add(StaffIdentity(staff_id=person.id, issuer=vouched.issuer, subject=mark))


def _tidied(vouched: Vouched, given: Given) -> Given:
    number = vouched.id_number or given.id_number
    return Given(
        name=(vouched.name or given.name).strip(),
        id_number=identifiers.normalise("resident_id", number),
        email=given.email.strip(),
        password=given.password,
        again=given.again,
        phone=vouched.phone or identifiers.normalise_mobile(given.phone),
        code=given.code,
    )


def _check(vouched: Vouched, given: Given) -> None:
    wrong: dict[str, str | None] = {"name": _name_problem(given.name)}
    if vouched.phone:  # a provider's people have papers of all kinds, which it has looked at itself
        wrong["id_number"] = identifiers.problem("resident_id", given.id_number, clock.today())
    else:
        wrong["phone"] = identifiers.mobile_problem(given.phone)
        wrong["code"] = None if given.code.strip() else rules.CODE_NEEDED
    wrong["email"] = contacts.email_problem(given.email) if given.email else None
    known = (given.name, given.phone, given.id_number)
    wrong["password"] = passwords.password_problem(given.password, policy(), known)
    wrong["again"] = None if given.password == given.again else passwords.DIFFERENT
    if errors := {field: words for field, words in wrong.items() if words}:
        raise Invalid(errors)


def _name_problem(name: str) -> str | None:
    if not name or len(name) > 40:
        return rules.NAME_NEEDED
    is_chinese = all(ch >= "\u3400" for ch in name if not ch.isspace())
    return rules.NAME_INNER_SPACE if is_chinese and any(ch.isspace() for ch in name) else None


def _found(vouched: Vouched, given: Given) -> StaffUser:
    """The account opened for this person, or a new one where people may register. Raises `Refused`."""
    wanted = StaffUser.phone.matches(given.phone)
    if given.id_number:
        wanted = or_(wanted, StaffUser.id_number.matches(given.id_number))
    rows = list(db.session.scalars(select(StaffUser).where(wanted).with_for_update()))
    if not rows:
        return _new(given)
    person = rows[0]
    by_provider = bool(vouched.id_number) and person.id_number == given.id_number
    if len(rows) > 1 or (person.phone != given.phone and not by_provider):
        raise Refused(rules.ID_TAKEN, "id_number" if vouched.phone else "phone")
    if person.password_hash or not person.is_active:
        raise Refused(rules.PHONE_TAKEN, "phone" if vouched.subject else None)
    same_number = not person.id_number or person.id_number == given.id_number
    if not same_number or not names.is_same(person.name, given.name):
        raise Refused(rules.NOT_AS_REGISTERED, "name")
    return person


def _new(given: Given) -> StaffUser:
    if not context.scheme().open_registration:
        raise Refused(rules.NO_ACCOUNT)
    person = StaffUser(name=given.name, phone=given.phone, password_hash="")
    db.session.add(person)
    return person


def _fill(person: StaffUser, given: Given) -> None:
    if person.phone != given.phone:  # opened by certificate; the phone is proved by its code
        person.phone = given.phone
    person.id_number = person.id_number or given.id_number or None
    person.password_hash = hasher().hash(given.password)
    person.password_changed_at = clock.now()
