"""Where is this member of staff reached? Phone (XM-09) and e-mail, each proved before it counts."""

from __future__ import annotations

import re
import uuid

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select

from core import audit, clock, context
from core.access import Actor
from core.db import db, uuid7
from core.errors import Conflict, Invalid, Refused
from core.limits import Limit, forgive, take
from notify import service as notify
from staff.models import StaffUser
from staff.rules import signing_in as rules
from staff.service import codes, devices
from staff.service.hashing import is_password
from staff.service.telling import tell

TRIES = Limit("staff_contact", 5, 900, rules.FACTOR_TRIES)
MAILS = Limit("staff_mail", 5, 86400, "今天发出的确认邮件太多，请明天再试。")
LINK_SECONDS = 24 * 3600
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
STALE_LINK = "这个链接已过期，或已经用过。请登录后重新填写邮箱。"


def email_problem(email: str) -> str | None:
    """What is wrong with an address, or None."""
    return None if len(email) <= 120 and _EMAIL.fullmatch(email) else rules.WRONG_EMAIL


def request_phone_code(staff_id: uuid.UUID, phone: str, holder: str, ip: str) -> str:
    """A code to the new phone. Raises `Refused` or `TooMany`; says nothing of whose phone it is."""
    phone = codes.tidy_phone(phone)
    if db.session.get_one(StaffUser, staff_id).phone == phone:
        raise Refused(rules.SAME_PHONE, "phone")
    codes.send(codes.NEW_PHONE, phone, holder, ip)
    return rules.CODE_SENT_TO.format(phone=f"{phone[:3]}****{phone[-4:]}")


def change_phone(staff_id: uuid.UUID, phone: str, code: str, password: str, holder: str, by: Actor) -> None:
    """The new phone counts once its own code was typed; the old one is told, other sessions end."""
    take(TRIES, str(staff_id))
    phone = codes.tidy_phone(phone)
    person = db.session.get_one(StaffUser, staff_id)
    if not is_password(person.password_hash, password):
        raise Invalid({"password": "密码不对，请核对后再试"})
    codes.check(codes.NEW_PHONE, phone, holder, code)
    if db.session.scalar(select(StaffUser.id).where(StaffUser.phone.matches(phone))):
        raise Conflict(rules.PHONE_TAKEN)
    old, person.phone = person.phone or "", phone
    person.auth_epoch += 1
    devices.forget(staff_id)
    audit.record("staff.change_phone", "staff", staff_id, by, fields=("phone",))
    tell(staff_id, rules.CHANGED.phone, phone=old)
    forgive(TRIES, str(staff_id))


def confirmed_email(staff_id: uuid.UUID) -> str:
    """The address a member of staff has confirmed as theirs; "" when there is none."""
    person = db.session.get(StaffUser, staff_id)
    return (person.email or "") if person and person.email_confirmed_at else ""


def change_email(staff_id: uuid.UUID, email: str, by: Actor) -> bool:
    """Write down an address; True when a confirmation left. It counts for nothing before it is confirmed."""
    email = email.strip()
    if email and (words := email_problem(email)):
        raise Refused(words, "email")
    person = db.session.get_one(StaffUser, staff_id)
    audit.record("staff.change_email", "staff", staff_id, by, fields=("email",))
    return ask_confirmation(person, email)


def ask_confirmation(person: StaffUser, email: str) -> bool:
    """Keep the address as unconfirmed and send its link. An address somebody confirmed cannot be taken."""
    if email.lower() == (person.email or "").lower() and person.email_confirmed_at:
        return False
    if email and _is_taken(email, person.id):
        raise Refused(rules.EMAIL_TAKEN, "email")
    person.email, person.email_confirmed_at = email or None, None
    if not email or not notify.can_mail():
        return False
    take(MAILS, email.lower())
    link = f"{context.settings().public_url}/admin/email/confirm?token={_token(person)}"
    notify.send_mail("staff_email", email, values={"link": link}, dedupe=f"email:{uuid7()}")
    return True


def confirm_email(token: str) -> None:
    """The link of the mail. Raises `Refused` when it is old, or for another address than the present one."""
    try:
        staff_id, mark = _signer().loads(token, max_age=LINK_SECONDS)
        person = db.session.get(StaffUser, uuid.UUID(staff_id))
    except (BadSignature, ValueError):
        raise Refused(STALE_LINK) from None
    if person is None or not person.email or _mark(person) != mark:
        raise Refused(STALE_LINK)
    if person.email_confirmed_at is None:
        person.email_confirmed_at = clock.now()
        by = Actor("staff", person.id, person.name, frozenset())
        audit.record("staff.confirm_email", "staff", person.id, by, fields=("email",))


def _is_taken(email: str, but: uuid.UUID) -> bool:
    """Confirmed by somebody else? An unconfirmed claim to an address gives way."""
    row = db.session.scalar(select(StaffUser).where(StaffUser.email.matches(email), StaffUser.id != but))
    if row is not None and row.email_confirmed_at is None:
        row.email = None
        db.session.flush()
        return False
    return row is not None


def _token(person: StaffUser) -> str:
    return str(_signer().dumps([str(person.id), _mark(person)]))


def _mark(person: StaffUser) -> str:
    """Which address the link is for, without showing it in the link."""
    return context.keyring().blind("staff.email_link", f"{person.id}|{(person.email or '').lower()}").hex()


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(context.settings().secret_key, salt="staff-email")
