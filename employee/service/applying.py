"""How do a person's own details change? Only through a request that was approved (`changes/`).

The phone comes with a code sent to the new one; whoever has the old one is told.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core import audit, codes, identifiers
from core.access import Actor
from core.db import db
from core.errors import Conflict
from core.fields import mask_phone
from employee import rules
from employee.models import Employee
from employee.service.binding import counted
from employee.service.people import EmployeeCard
from notify import service as notify

PURPOSE = "change"
CHANGEABLE = (
    "name", "id_type", "id_number", "born_on", "sex", "insurance_type", "insurance_card", "phone",
)  # fmt: skip
MOVED = "登记的{what}在提交以后已经变过，这份申请不能照原样办理。请退回，让职工按现在的内容重新填写。"
TAKEN = "这个证件号码已经登记在另一位职工名下，不能办理。请先核对是不是同一个人。"


def details(person: EmployeeCard | Employee) -> dict[str, str]:
    """What may be changed of a person, as text; dates as 1990-01-31."""
    return {name: _text(getattr(person, name)) for name in CHANGEABLE}


def request_new_phone_code(phone: str, holder: str, ip: str) -> str:
    """Send a code to the phone that is to be put on file; returns the words to show."""
    phone = counted(phone, holder, ip)
    notify.send_code(PURPOSE, phone, codes.issue(PURPOSE, phone, holder))
    return rules.CODE_SENT.format(phone=mask_phone(phone))


def prove_new_phone(phone: str, holder: str, code: str) -> None:
    """Use the code up. Raises `Refused` when it is not the one."""
    codes.check(PURPOSE, identifiers.normalise_mobile(phone), holder, code)


def change_details(
    employee_id: uuid.UUID,
    before: Mapping[str, str],
    after: Mapping[str, str],
    by: Actor,
    *,
    labels: Mapping[str, str],
    number: str,
) -> None:
    """Set `after` (only what changes), if what it was decided on still stands as in `before`.

    Raises `Conflict` when it moved meanwhile, or when somebody else now has the certificate.
    """
    person = db.session.get_one(Employee, employee_id, with_for_update=True, populate_existing=True)
    now = details(person)
    watched = {*after, "name", "id_type", "id_number"}
    if moved := [labels[name] for name in CHANGEABLE if name in watched and now[name] != before[name]]:
        raise Conflict(MOVED.format(what="、".join(moved)))
    if "id_number" in after and others_with_certificate(after["id_number"], employee_id):
        raise Conflict(TAKEN)
    old_phone = person.phone or ""
    _set(person, after)
    # Which fields and by which request; what they were and are stays sealed in the request.
    audit.record("employee.change", "employee", employee_id, by, tuple(after), number=number)
    if "phone" in after and old_phone:
        _tell_old_phone(employee_id, old_phone, number)


def others_with_certificate(id_number: str, but: uuid.UUID) -> int:
    """How many other people have this certificate number."""
    return _others(Employee.id_number.matches(id_number), but)  # type: ignore[attr-defined]


def others_with_phone(phone: str, but: uuid.UUID) -> int:
    """How many other people have this phone."""
    return _others(Employee.phone.matches(phone), but)  # type: ignore[attr-defined]


def _others(same: object, but: uuid.UUID) -> int:
    query = select(func.count()).select_from(Employee).where(same, Employee.id != but)  # type: ignore[arg-type]
    return db.session.scalar(query) or 0


def _set(person: Employee, after: Mapping[str, str]) -> None:
    """The unique index of certificates has the last word, also against somebody quicker."""
    try:
        with db.session.begin_nested():
            for name in CHANGEABLE:
                if name in after:
                    setattr(person, name, _value(name, after[name]))
            db.session.flush()
    except IntegrityError:
        raise Conflict(TAKEN) from None


def _tell_old_phone(employee_id: uuid.UUID, phone: str, number: str) -> None:
    notify.send(
        "phone_changed",
        employee=employee_id,
        about=("change", employee_id, number),
        dedupe=f"phone_changed:{number}",
        to=notify.Recipient(phone, "", True, False),
    )


def _text(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value or "")


def _value(name: str, text: str) -> object:
    if name == "born_on":
        return dt.date.fromisoformat(text) if text else None
    if name in ("phone", "insurance_card"):
        return text or None
    return text
