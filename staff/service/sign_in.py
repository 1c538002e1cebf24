"""Is this really the member of staff? A password with a second thing, or a code to their phone.

With the password goes the authenticator's code; who has none yet types a code from their phone, unless they
signed in fully in this browser before. A wrong account, password or code are answered alike and take the same
time. Tries are counted in PostgreSQL per account and per address, apart for a browser the person is known in:
a stranger can make an account wait, never its owner at their own desk (S4).
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from core import audit, clock, codes, context, identifiers
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.fields import mask_phone
from core.limits import Limit, forgive, take_all
from core.roles import GUEST, STAFF
from staff.models import StaffUser
from staff.rules import passwords as rules
from staff.rules import signing_in as words
from staff.service import codes as sms
from staff.service import devices, factor
from staff.service.hashing import hasher, is_password, policy

PER_IP = Limit("sign_in_ip", 100, 900, rules.SLOW_DOWN)


@dataclass(frozen=True)
class SignedIn:
    """Somebody is who they say; `epoch` goes into the session and dies when their rights change."""

    staff_id: uuid.UUID
    epoch: int
    shown_factor: bool = False
    password_until: dt.datetime | None = None
    used_recovery: bool = False


@dataclass(frozen=True)
class SecondStep:
    """The password is right; a code went to the phone on file, because this browser is not known."""

    staff_id: uuid.UUID
    phone: str


@dataclass(frozen=True)
class Newcomer:
    """The phone is theirs; who they are has to be filled in first (XM-03). No row: they register openly."""

    phone: str
    staff_id: uuid.UUID | None


def sign_in(
    account: str, password: str, code: str, ip: str, *, device: str = "", holder: str = ""
) -> SignedIn | SecondStep:
    """Check password and code. Raises `Refused` (one text for all reasons) or `TooMany`."""
    person = _person(account)
    known = devices.known(device, person.id if person else None)
    tries = per_account(person.id if person else account, known)
    take_all([tries, (PER_IP, ip)])
    right = is_password(person.password_hash if person else "", password)
    shown = factor.use_step(person, code)
    if person is None or not right or not person.is_active:
        raise Refused(rules.WRONG)
    used_recovery = not shown and factor.use_recovery(person.id, code)
    if person.totp_secret and not shown and not used_recovery:
        raise Refused(rules.WRONG)
    forgive(*tries)
    if hasher().check_needs_rehash(person.password_hash):
        person.password_hash = hasher().hash(password)
    if not person.totp_secret and not known:
        sms.send(sms.SECOND_STEP, person.phone or "", holder, ip)
        return SecondStep(person.id, mask_phone(person.phone))
    return entered(person, shown or used_recovery, used_recovery)


def second_step(staff_id: uuid.UUID, code: str, holder: str) -> SignedIn:
    """The code from the phone, after the password. Raises `Refused`."""
    person = db.session.get_one(StaffUser, staff_id)
    sms.check(sms.SECOND_STEP, person.phone or "", holder, code)
    if not person.is_active:
        raise Refused(rules.WRONG)
    return entered(person)


def request_code(phone: str, holder: str, ip: str, device: str = "") -> str:
    """Send a code to sign in with; the words are the same for every phone. Raises `TooMany`, `Refused`."""
    phone = sms.tidy_phone(phone)
    person = _by_phone(phone)
    known = devices.known(device, person.id if person else None)
    leaves = person.is_active if person else context.scheme().open_registration
    sms.send(sms.SIGN_IN, phone, holder, ip, device=known, leaves=leaves)
    return words.CODE_SENT


def sign_in_by_code(phone: str, code: str, holder: str) -> SignedIn | Newcomer:
    """Let in whoever holds the phone. Raises `Refused` with one text for a wrong phone and a wrong code."""
    phone = sms.tidy_phone(phone)
    if not code.strip():
        raise Refused(words.CODE_NEEDED, "code")
    try:
        sms.check(sms.SIGN_IN, phone, holder, code)
    except Refused as wrong:
        own = wrong.text in (codes.EXPIRED, codes.USED_UP)
        raise Refused(wrong.text if own else words.WRONG_PHONE_OR_CODE, "code") from None
    person = _by_phone(phone)
    if person is None and context.scheme().open_registration:
        return Newcomer(phone, None)
    if person is None or not person.is_active:
        raise Refused(words.WRONG_PHONE_OR_CODE, "code")
    return entered(person) if person.password_hash else Newcomer(phone, person.id)


def unlock(staff_id: uuid.UUID, by: Actor) -> None:
    """Lift the pause after wrong tries; never one's own (等保 8.1.4.1 b). Raises `Refused`."""
    if by.id == staff_id:
        raise Refused("自己的账号要请另一位管理员解除锁定")
    for known in (None, *devices.of(staff_id)):
        forgive(*per_account(staff_id, known))
    audit.record("staff.unlock", "staff", staff_id, by)


def entered(person: StaffUser, shown_factor: bool = False, used_recovery: bool = False) -> SignedIn:
    """Write down that somebody came in."""
    person.last_sign_in_at = clock.now()
    by = Actor("staff", person.id, person.name, frozenset({GUEST, STAFF}))
    audit.record("staff.sign_in", "staff", person.id, by, factor=shown_factor)
    days = policy().max_age_days
    until = person.password_changed_at + dt.timedelta(days=days) if days else None
    return SignedIn(person.id, person.auth_epoch, shown_factor, until, used_recovery)


def per_account(account: uuid.UUID | str, known: uuid.UUID | None) -> tuple[Limit, str]:
    """Which wrong tries count together: an account's from anywhere, or those in one browser known for it."""
    chosen = policy()
    name = "sign_in_device" if known else "sign_in_account"
    key = f"{account}|{known}" if known else str(account).strip().upper()
    return Limit(name, chosen.tries, chosen.pause_seconds, rules.SLOW_DOWN), key


def _person(account: str) -> StaffUser | None:
    """By phone, certificate number or confirmed address (XM-05, XM-08)."""
    account = account.strip()
    number = identifiers.normalise("resident_id", account)
    mail = and_(StaffUser.email.matches(account), StaffUser.email_confirmed_at.is_not(None))
    return db.session.scalar(
        select(StaffUser).where(
            or_(StaffUser.phone.matches(number), StaffUser.id_number.matches(number), mail)
        )
    )


def _by_phone(phone: str) -> StaffUser | None:
    return db.session.scalar(select(StaffUser).where(StaffUser.phone.matches(phone)))
