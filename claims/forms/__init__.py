"""What did the person type about a claim? Messy input is understood where it is plain."""

from claims.forms.account import OtherPayeeForm, PayeeForm, other_payee_values, payee_values
from claims.forms.answers import read
from claims.forms.event import (
    EVENT_FORMS,
    DeathForm,
    InjuryForm,
    StayForm,
    event_values,
    in_order,
    read_certificate,
    stay_values,
)

__all__ = [
    "EVENT_FORMS",
    "DeathForm",
    "InjuryForm",
    "OtherPayeeForm",
    "PayeeForm",
    "StayForm",
    "event_values",
    "in_order",
    "other_payee_values",
    "payee_values",
    "read",
    "read_certificate",
    "stay_values",
]
