"""May one more code go to this phone, and is what was typed the one? Codes by SMS for staff.

A phone's limits are the same names as the employees' side counts: together they keep a phone from being
flooded (S2). Who is at a device known for this person is counted apart, so that a stranger who knows the
number cannot use up the owner's codes (S4).
"""

from __future__ import annotations

import uuid

from core import codes, identifiers
from core.db import db
from core.errors import Refused
from core.limits import Limit, take_all
from notify import service as notify
from staff.rules import signing_in as rules

SIGN_IN = "staff_sign_in"
SECOND_STEP = "staff_second_step"
NEW_PHONE = "staff_new_phone"

PER_PHONE = (
    Limit("code_phone_minute", 1, 60, rules.CODE_SOON),
    Limit("code_phone_hour", 5, 3600, rules.CODE_HOUR),
    Limit("code_phone_day", 10, 86400, rules.CODE_DAY),
)
PER_DEVICE = (
    Limit("code_device_minute", 1, 60, rules.CODE_SOON),
    Limit("code_device_day", 10, 86400, rules.CODE_DAY),
)
PER_HOLDER = Limit("code_holder_day", 20, 86400, rules.CODE_DAY)
PER_IP = Limit("code_ip_day", 200, 86400, rules.CODE_DAY)
EVERYBODY = Limit("code_everybody_minute", 300, 60, rules.CODE_CROWD)


def tidy_phone(phone: str) -> str:
    """A mobile number as it is stored. Raises `Refused`."""
    if words := identifiers.mobile_problem(phone):
        raise Refused(words, "phone")
    return identifiers.normalise_mobile(phone)


def send(
    purpose: str, phone: str, holder: str, ip: str, *, device: uuid.UUID | None = None, leaves: bool = True
) -> None:
    """Send a code. Raises `TooMany`. Not `leaves`: all the same work, and nobody is told the code (S3)."""
    if device:
        own = [(limit, f"{phone}|{device}") for limit in PER_DEVICE]
    else:
        own = [(limit, phone) for limit in PER_PHONE]
    take_all([*own, (PER_HOLDER, holder), (PER_IP, ip), (EVERYBODY, "all")])
    code = codes.issue(purpose, phone, holder)
    with db.session.begin_nested() as message:
        notify.send_code(purpose, phone, code)
        if not leaves:
            message.rollback()


def check(purpose: str, phone: str, holder: str, typed: str) -> None:
    """Use the code up. Raises `Refused` (field `code`)."""
    codes.check(purpose, phone, holder, codes.tidy(typed))
