"""How does a person prove it is them before something grave, and how does an account end?"""

from __future__ import annotations

import uuid

from sqlalchemy import select

from core import audit, codes, sessions
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.fields import mask_phone
from employee import rules
from employee.models import Binding, Employee
from employee.service import binding
from employee.service.consents import withdraw_consent
from employee.service.expiring import forget
from notify import service as notify

NO_PHONE = "您没有登记手机号码，请先联系本单位工会登记。"


def own_phone(employee_id: uuid.UUID) -> str:
    """The phone on file, masked."""
    return mask_phone(db.session.get_one(Employee, employee_id).phone)


def request_own_code(purpose: str, by: Actor, ip: str) -> str:
    """A fresh code to the phone on file; returns the words to show. Raises `TooMany`, `Refused`."""
    phone = _phone(by)
    binding.counted(phone, by.key, ip)
    notify.send_code(purpose, phone, codes.issue(purpose, phone, by.key))
    return rules.CODE_SENT.format(phone=mask_phone(phone))


def check_own_code(purpose: str, by: Actor, code: str) -> None:
    """Raises `Refused` unless it is the code that went to the phone on file for this purpose."""
    codes.check(purpose, _phone(by), by.key, codes.tidy(code))


def close_account(by: Actor) -> None:
    """注销: every consent is withdrawn, the binding ends and its openid is forgotten everywhere."""
    assert by.id  # noqa: S101 - employees have ids
    for purpose in rules.CONSENT_KEYS:
        withdraw_consent(by.id, purpose, by)
    binding.end_binding(by.id, "closed", by)
    for row in db.session.scalars(select(Binding).where(Binding.employee_id == by.id)):
        forget(row)
    sessions.revoke_all("employee", by.id)
    audit.record("employee.close", "employee", by.id, by)


def _phone(by: Actor) -> str:
    assert by.id  # noqa: S101 - employees have ids
    phone = db.session.get_one(Employee, by.id).phone
    if not phone:
        raise Refused(NO_PHONE)
    return phone
