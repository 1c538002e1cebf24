"""Who looked at a masked number of the roster, and why? Written down before it is opened (M11)."""

from __future__ import annotations

from core import audit
from core.access import Actor
from core.errors import Missing, Refused
from core.limits import Limit, take_all
from employee import service as employees
from employee.queries import Held

FIELDS = {"id_number": "证件号码", "phone": "手机号码", "insurance_card": "社保卡号"}
REASONS = {"roster": "核对名册", "papers": "核对证件", "call": "联系职工", "other": "其他"}
# The same counters as for a claim's numbers: who has used them up there has used them up here.
PER_HOUR = Limit("reveal_hour", 60, 3600, "这一小时查看完整号码的次数（60 次）已用完，请 {m} 分钟后再看。")
PER_DAY = Limit("reveal_day", 300, 24 * 3600, "今天查看完整号码的次数（300 次）已用完，请明天再看。")


def announce(person: Held, field: str, reason: str, by: Actor) -> None:
    """Count and record a look. The caller commits this before it calls `value`."""
    if field not in FIELDS:
        raise Missing
    if reason not in REASONS:
        raise Refused("请选择查看原因", "reason")
    take_all([(PER_HOUR, by.key), (PER_DAY, by.key)])
    audit.record("roster.reveal", "employee", person.id, by, fields=(field,), reason=reason)
    employees.note_looks([person.id], field, by, about="职工名册", once_a_day=False)


def value(person: Held, field: str) -> str:
    """The number in clear."""
    return getattr(person, field) or ""
