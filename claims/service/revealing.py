"""Who looked at a number that is shown masked, and why? Written down before it is opened (M11, §5.4)."""

from __future__ import annotations

from claims.models import Claim
from core import audit
from core.access import Actor
from core.errors import Missing, Refused
from core.fields import in_groups
from core.limits import Limit, take_all
from employee import service as employees

FIELDS = {
    "id_number": "证件号码",
    "phone": "手机号码",
    "insurance_card": "社保卡号",
    "payee_card": "银行卡号",
}
# Of another payee; the insured person's own list of looks is not about them.
OTHERS = {"payee_id_number": "收款人证件号码", "contact_phone": "收款人手机号码"}
LABELS = FIELDS | OTHERS
REASONS = {"papers": "核对证件或卡片照片", "call": "联系申请人", "account": "核对收款账户", "other": "其他"}
PER_HOUR = Limit("reveal_hour", 60, 3600, "这一小时查看完整号码的次数（60 次）已用完，请 {m} 分钟后再看。")
PER_DAY = Limit("reveal_day", 300, 24 * 3600, "今天查看完整号码的次数（300 次）已用完，请明天再看。")


def announce(claim: Claim, field: str, reason: str, by: Actor) -> None:
    """Count and record a look. The caller commits this before it calls `value`."""
    if field not in FIELDS and field not in OTHERS:
        raise Missing
    if reason not in REASONS:
        raise Refused("请选择查看原因", "reason")
    take_all([(PER_HOUR, by.key), (PER_DAY, by.key)])
    audit.record("claim.reveal", "claim", claim.id, by, fields=(field,), reason=reason)
    if field in FIELDS:
        employees.note_looks([claim.employee_id], field, by, about=claim.number, once_a_day=False)


def value(claim: Claim, field: str) -> str:
    """The number in clear."""
    if field == "payee_card":
        return in_groups(claim.payee_card)
    if field in OTHERS:
        return str(getattr(claim, field) or "")
    person = employees.card(claim.employee_id)
    found: str = getattr(person, field)
    return found
