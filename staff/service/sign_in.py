"""Is this really the member of staff? Password (argon2id) and a time-based code, both at once.

A wrong account, password or code are answered alike and take the same time. Tries are counted per account
and per address in PostgreSQL; the account's limit slows down, it never locks for good.
"""

from __future__ import annotations

import hmac
import string
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import or_, select, update

from core import audit, clock, codes
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.limits import Limit, forgive, take_all
from core.roles import GUEST, STAFF
from staff.models import StaffUser
from staff.rules import passwords as rules

PER_ACCOUNT = Limit("sign_in_account", 5, 900, rules.SLOW_DOWN)
PER_IP = Limit("sign_in_ip", 100, 900, rules.SLOW_DOWN)
STEP = 30
DRIFT_STEPS = 1


@dataclass(frozen=True)
class SignedIn:
    """Somebody is who they say; `epoch` goes into the session and dies when their rights change."""

    staff_id: uuid.UUID
    epoch: int


@lru_cache(1)
def hasher() -> PasswordHasher:
    """OWASP's minimum: 19 MiB, two passes, one lane; about 30 ms."""
    return PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


@lru_cache(1)
def _nobodys_hash() -> str:
    return hasher().hash("nobody-has-this-password")


def sign_in(account: str, password: str, code: str, ip: str) -> SignedIn:
    """Check all three. Raises `Refused` (one text for all reasons) or `TooMany`."""
    account = account.strip().upper()
    take_all([(PER_ACCOUNT, account), (PER_IP, ip)])
    person = db.session.scalar(
        select(StaffUser).where(or_(StaffUser.phone.matches(account), StaffUser.id_number.matches(account)))
    )
    right = _password_is(person.password_hash if person else _nobodys_hash(), password)
    if person is None or not right or not person.is_active or not _use_code(person, code):
        raise Refused(rules.WRONG)
    person.last_sign_in_at = clock.now()
    if hasher().check_needs_rehash(person.password_hash):
        person.password_hash = hasher().hash(password)
    by = Actor("staff", person.id, person.name, frozenset({GUEST, STAFF}))
    audit.record("staff.sign_in", "staff", person.id, by)
    forgive(PER_ACCOUNT, account)
    return SignedIn(person.id, person.auth_epoch)


def _password_is(stored: str, password: str) -> bool:
    try:
        return hasher().verify(stored, password)
    except VerificationError:
        return False


def _use_code(person: StaffUser, code: str) -> bool:
    """Each step's code works once: the step is claimed with one conditional update (RFC 6238 §5.2)."""
    plain = "".join(ch for ch in codes.tidy(code) if ch in string.digits)
    now = int(time.time()) // STEP
    totp = pyotp.TOTP(person.totp_secret or pyotp.random_base32())
    steps = range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)
    step = next((s for s in steps if hmac.compare_digest(totp.generate_otp(s), plain)), None)
    if step is None or person.totp_secret is None:
        return False
    table = StaffUser.__table__
    claimed = db.session.execute(
        update(table)
        .where(table.c.id == person.id, table.c.totp_last_step < step)
        .values(totp_last_step=step)
        .returning(table.c.id)
    ).first()
    return claimed is not None
