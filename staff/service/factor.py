"""Does this person hold their second factor? Time-based codes, and recovery codes for a lost phone."""

from __future__ import annotations

import hmac
import secrets
import string
import time
import uuid

import pyotp
from sqlalchemy import select, update

from core import audit, codes, context
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.limits import Limit, forgive, take
from staff.models import StaffUser
from staff.rules import signing_in as rules
from staff.service.hashing import is_password
from staff.service.telling import tell

STEP = 30
DRIFT_STEPS = 1
TRIES = Limit("staff_factor", 5, 900, rules.FACTOR_TRIES)
# Neither 0, O, 1, I nor L: they are written down by hand.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def use_step(person: StaffUser | None, code: str) -> bool:
    """Each step's code works once (RFC 6238 §5.2), also when the rest of the sign-in was wrong: the step is
    claimed in a transaction of its own with one conditional update."""
    secret = (person.totp_secret if person else None) or ""
    step = _step_of(secret or pyotp.random_base32(), code)
    if person is None or not secret or step is None:
        return False
    table = StaffUser.__table__
    with db.engine.begin() as connection:
        claimed = connection.execute(
            update(table)
            .where(table.c.id == person.id, table.c.totp_last_step < step)
            .values(totp_last_step=step)
        )
    return claimed.rowcount == 1


def use_recovery(staff_id: uuid.UUID, code: str) -> bool:
    """Use up one recovery code; the row is locked, so that it works once. Joins the action's transaction."""
    typed = rules.tidy_recovery(code)
    if len(typed) != rules.RECOVERY_LENGTH:
        return False
    person = _locked(staff_id)
    left = (person.recovery_codes or "").split()
    digest = _digest(staff_id, typed)
    if digest not in left:
        return False
    person.recovery_codes = " ".join(each for each in left if each != digest)
    audit.record("staff.use_recovery_code", "staff", staff_id, _own(person), left=len(left) - 1)
    tell(staff_id, rules.CHANGED.codes)
    return True


def show(staff_id: uuid.UUID, code: str) -> None:
    """Step up: the code once more, in a session that is signed in. Raises `Refused` or `TooMany`."""
    take(TRIES, str(staff_id))
    person = db.session.get_one(StaffUser, staff_id)
    if not use_step(person, code) and not use_recovery(staff_id, code):
        raise Refused(rules.FACTOR_WRONG, "code")
    forgive(TRIES, str(staff_id))
    audit.record("staff.show_factor", "staff", staff_id, _own(person))


def has(staff_id: uuid.UUID) -> bool:
    """Has the person set up an authenticator?"""
    ct = db.session.scalar(select(StaffUser.totp_secret_ct).where(StaffUser.id == staff_id))
    return ct is not None


def codes_left(staff_id: uuid.UUID) -> int:
    return len((db.session.get_one(StaffUser, staff_id).recovery_codes or "").split())


def begin(staff_id: uuid.UUID) -> None:
    """A new secret that counts for nothing until `confirm`."""
    db.session.get_one(StaffUser, staff_id).totp_pending = pyotp.random_base32()


def pending(staff_id: uuid.UUID) -> tuple[str, str]:
    """The secret being set up, and the address its QR code holds. Raises `Refused`."""
    person = db.session.get_one(StaffUser, staff_id)
    if not person.totp_pending:
        raise Refused(rules.NO_SETUP)
    issuer = context.scheme().brand.title
    return person.totp_pending, pyotp.TOTP(person.totp_pending).provisioning_uri(
        name=person.name, issuer_name=issuer
    )


def confirm(staff_id: uuid.UUID, password: str, code: str, by: Actor) -> list[str]:
    """The new authenticator counts from now on; gives the recovery codes, which nobody sees again.

    The password is asked once more: who only holds somebody's phone must not make themselves a second factor.
    """
    take(TRIES, str(staff_id))
    person = _locked(staff_id)
    if not is_password(person.password_hash, password):
        raise Refused("密码不对，请核对后再试", "password")
    step = _step_of(person.totp_pending or pyotp.random_base32(), code)
    if not person.totp_pending or step is None:
        raise Refused(rules.FACTOR_SETUP_WRONG, "code")
    forgive(TRIES, str(staff_id))
    person.totp_secret, person.totp_pending, person.totp_last_step = person.totp_pending, None, step
    person.auth_epoch += 1
    audit.record("staff.set_factor", "staff", staff_id, by, fields=("totp_secret",))
    tell(staff_id, rules.CHANGED.factor)
    return _new_codes(person)


def new_codes(staff_id: uuid.UUID, by: Actor) -> list[str]:
    """Ten fresh recovery codes; the old ones end."""
    audit.record("staff.new_recovery_codes", "staff", staff_id, by)
    return _new_codes(_locked(staff_id))


def reset(staff_id: uuid.UUID, by: Actor) -> None:
    """Another administrator takes the lost authenticator away; every session ends. Raises `Refused`."""
    if by.id == staff_id:
        raise Refused("自己的身份验证器要请另一位管理员重置")
    person = _locked(staff_id)
    person.totp_secret = person.totp_pending = person.recovery_codes = None
    person.auth_epoch += 1
    audit.record("staff.reset_factor", "staff", staff_id, by, fields=("totp_secret",))
    tell(staff_id, rules.CHANGED.factor)


def _step_of(secret: str, code: str) -> int | None:
    plain = "".join(ch for ch in codes.tidy(code) if ch in string.digits)
    now = int(time.time()) // STEP
    totp = pyotp.TOTP(secret)
    steps = range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), plain)]
    return found[0] if found else None


def _new_codes(person: StaffUser) -> list[str]:
    fresh = [
        "".join(secrets.choice(ALPHABET) for _ in range(rules.RECOVERY_LENGTH))
        for _ in range(rules.RECOVERY_COUNT)
    ]
    person.recovery_codes = " ".join(_digest(person.id, code) for code in fresh)
    return [f"{code[:5]}-{code[5:]}" for code in fresh]


def _digest(staff_id: uuid.UUID, code: str) -> str:
    return context.keyring().blind("staff.recovery", f"{staff_id}|{code}").hex()


def _locked(staff_id: uuid.UUID) -> StaffUser:
    query = select(StaffUser).where(StaffUser.id == staff_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _own(person: StaffUser) -> Actor:
    from core.roles import GUEST, STAFF

    return Actor("staff", person.id, person.name, frozenset({GUEST, STAFF}))
