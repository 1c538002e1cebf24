"""How does somebody who forgot the password set a new one? By their phone (XM-13) or a mailed link (XM-14).

Nothing here says whether there is such an account: the words, the work and the limits are the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import and_, delete, or_, select, update

from core import audit, clock, codes, context, identifiers, sessions
from core.access import Actor
from core.db import db
from core.errors import Refused, TooMany
from core.limits import Limit, take, take_all
from core.roles import GUEST, STAFF
from notify import service as notify
from staff.models import RecoveryLink, StaffUser
from staff.rules import passwords
from staff.rules import recovery as rules
from staff.service import accounts
from staff.service.hashing import policy

PURPOSE = "staff_recover"
START_IP = Limit("recover_start_ip", 60, 3600, rules.START_OFTEN)
CODE_SOON = Limit("recover_code_minute", 1, 60, rules.CODE_SOON)
CODE_DAY = Limit("recover_code_day", 10, 86400, rules.CODE_OFTEN)
CODE_IP = Limit("code_ip_day", 200, 86400, rules.CODE_OFTEN)
CODE_EVERYBODY = Limit("code_everybody_minute", 300, 60, rules.CODE_OFTEN)
# What the phone got from anywhere; used up it is silence, because the words may not name a phone on file.
PHONE = (
    Limit("code_phone_hour", 5, 3600, rules.CODE_OFTEN),
    Limit("code_phone_day", 10, 86400, rules.CODE_OFTEN),
)
TRIES = Limit("recover_tries", 15, 3600, rules.TRIES)
TRIES_IP = Limit("recover_tries_ip", 100, 3600, rules.TRIES)
MAIL = Limit("recover_mail", 3, 3600, rules.MAIL_OFTEN)
MAIL_IP = Limit("recover_mail_ip", 30, 3600, rules.MAIL_OFTEN)
LIFE = dt.timedelta(minutes=rules.LINK_MINUTES)
NOBODY = uuid.UUID(int=0)


@dataclass(frozen=True)
class Wanted:
    """Whose account is looked for: nobody's, as often as not. `key` is what its limits are counted by."""

    who: uuid.UUID | None
    key: str


def look_up(account: str, ip: str) -> Wanted:
    """By certificate number, phone or confirmed address (XM-11). Raises `Refused`, `TooMany`."""
    account = account.strip()
    if not account:
        raise Refused(rules.ACCOUNT_NEEDED, "account")
    take(START_IP, ip)
    number, phone = identifiers.normalise("resident_id", account), identifiers.normalise_mobile(account)
    mail = and_(StaffUser.email.matches(account), StaffUser.email_confirmed_at.is_not(None))  # type: ignore[attr-defined]
    found = db.session.scalar(
        select(StaffUser.id).where(
            or_(StaffUser.phone.matches(phone), StaffUser.id_number.matches(number), mail),  # type: ignore[attr-defined]
            StaffUser.is_active,
        )
    )
    return Wanted(found, context.keyring().blind("recover.account", number.casefold()).hex())


def request_code(wanted: Wanted, holder: str, ip: str) -> str:
    """Send a code to the phone on file, if there is one. Raises `TooMany`."""
    take_all([(CODE_SOON, wanted.key), (CODE_DAY, wanted.key), (CODE_IP, ip), (CODE_EVERYBODY, "all")])
    person = _person(wanted)
    phone = _phone(person, wanted)
    leaves = _phone_has_room(phone) and person is not None
    code = codes.issue(PURPOSE, phone, holder)
    with db.session.begin_nested() as message:
        notify.send_code(PURPOSE, phone, code)
        if not leaves:
            message.rollback()
    return rules.CODE_SENT


def _phone_has_room(phone: str) -> bool:
    try:
        take_all([(limit, phone) for limit in PHONE])
    except TooMany:
        return False
    return True


def prove(wanted: Wanted, code: str, holder: str, ip: str) -> None:
    """Use the code up. Raises `Refused`; guesses and spraying are counted by account and by address."""
    if not code:
        raise Refused(rules.CODE_NEEDED, "code")
    take_all([(TRIES, wanted.key), (TRIES_IP, ip)])
    codes.check(PURPOSE, _phone(_person(wanted), wanted), holder, codes.tidy(code))


def fits(first: str, second: str) -> None:
    """Are the two new passwords the same, and good as such? Raises `Refused`."""
    if words := passwords.password_problem(first, policy()):
        raise Refused(words, "password")
    if first != second:
        raise Refused(passwords.DIFFERENT, "again")


def reset(wanted: Wanted, password: str) -> None:
    """The new password, after `prove`. Raises `Refused`."""
    person = _person(wanted)
    if person is None:  # nobody was told the code
        raise Refused(rules.STALE)
    _set(person, password, "phone")


def can_mail() -> bool:
    return notify.can_mail()


def mail_link(wanted: Wanted, ip: str, link: Callable[[str], str]) -> str:
    """Mail a link to the confirmed address, if there is one. Raises `TooMany`; `Refused` without a server."""
    if not notify.can_mail():
        raise Refused(rules.NO_MAIL)
    take_all([(MAIL, wanted.key), (MAIL_IP, ip)])
    person = _person(wanted)
    address = (person.email if person and person.email_confirmed_at else "") or ""
    token = secrets.token_urlsafe(16)
    with db.session.begin_nested() as message:
        row = RecoveryLink(
            staff_id=person.id if person else None,
            token_hash=_hash(token),
            password_of=person.password_changed_at if person else clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        values = {"link": link(token)}
        notify.send_mail("reset_link", address or "nobody", values=values, dedupe=f"reset:{row.id}")
        if not address:
            message.rollback()
    return rules.MAIL_SENT


def is_alive(token: str) -> bool:
    """May this link still set a password? Looking does not use it up: mail programs look, too."""
    return _owner(token) is not None


def reset_by_link(token: str, first: str, second: str) -> bool:
    """Use the link up and set the password; False when it is dead. Raises `Refused`."""
    person = _owner(token)
    if person is None:
        return False
    fits(first, second)
    table = RecoveryLink.__table__
    used = db.session.execute(
        update(table)
        .where(table.c.token_hash == _hash(token), table.c.used_at.is_(None))
        .values(used_at=clock.now())
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        return False
    _set(person, first, "mail")
    return True


def sweep() -> None:
    """Links that are long over."""
    db.session.execute(delete(RecoveryLink).where(RecoveryLink.sent_at < clock.now() - dt.timedelta(days=7)))


def _owner(token: str) -> StaffUser | None:
    """Whose link this is: fresh, unused, and the password is still the one it was sent for."""
    return db.session.scalar(
        select(StaffUser)
        .join(RecoveryLink, RecoveryLink.staff_id == StaffUser.id)
        .where(
            RecoveryLink.token_hash == _hash(token),
            RecoveryLink.used_at.is_(None),
            RecoveryLink.sent_at > clock.now() - LIFE,
            RecoveryLink.password_of == StaffUser.password_changed_at,
            StaffUser.is_active,
        )
        .with_for_update(of=StaffUser)
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _person(wanted: Wanted) -> StaffUser | None:
    """Read again: whoever was disabled meanwhile is nobody, and nobody is looked for all the same."""
    row = db.session.get(StaffUser, wanted.who or NOBODY)
    return row if row and row.is_active else None


def _phone(person: StaffUser | None, wanted: Wanted) -> str:
    """Where the code goes; for nobody a place that no phone has."""
    return (person.phone if person else None) or f"nobody:{wanted.key}"


def _set(person: StaffUser, password: str, way: str) -> None:
    """The new password; every session ends, and the person is told."""
    by = Actor("staff", person.id, person.name, frozenset({GUEST, STAFF}))
    accounts.set_password(person.id, password, by)
    sessions.revoke_all("staff", person.id)
    audit.record("staff.recover", "staff", person.id, by, way=way)
    notify.send(
        "staff_password_reset",
        staff=person.id,
        about=("staff", person.id, ""),
        dedupe=f"staff_password_reset:{person.id}:{person.auth_epoch}",
    )
