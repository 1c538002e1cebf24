"""Who looked at a number that is shown masked, and why? Written down before it is opened (M11, §5.4)."""

from __future__ import annotations

from changes.models import ChangeRequest
from changes.service.moving import before, wanted
from claims.service.revealing import PER_DAY, PER_HOUR, REASONS
from core import audit
from core.access import Actor
from core.errors import Missing, Refused
from core.limits import take_all
from employee import service as employees

FIELDS = {
    "old-id_number": "原证件号码",
    "new-id_number": "新证件号码",
    "old-phone": "原手机号码",
    "new-phone": "新手机号码",
    "old-insurance_card": "原社保卡号",
    "new-insurance_card": "新社保卡号",
}


def announce(request: ChangeRequest, field: str, reason: str, by: Actor) -> None:
    """Count and record a look. The caller commits this before it calls `value`."""
    if field not in FIELDS:
        raise Missing
    if reason not in REASONS:
        raise Refused("请选择查看原因", "reason")
    take_all([(PER_HOUR, by.key), (PER_DAY, by.key)])
    audit.record("change.reveal", "change", request.id, by, fields=(field,), reason=reason)
    look = field.partition("-")[2]
    employees.note_looks([request.employee_id], look, by, about=request.number, once_a_day=False)


def value(request: ChangeRequest, field: str) -> str:
    """The number in clear."""
    side, _, name = field.partition("-")
    found = before(request) if side == "old" else {**before(request), **wanted(request)}
    return found.get(name, "")
