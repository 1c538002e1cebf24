"""What happens to people of the roster? Binding, consents, and what other features may ask of them."""

from employee.rules import RESEND_SECONDS
from employee.service.binding import (
    Bound,
    MoveNeeded,
    bind,
    confirm_move,
    forget_openid,
    request_code,
    request_visit_code,
    unbind,
    visitor,
)
from employee.service.consents import give_consent, has_consents, withdraw_consent
from employee.service.people import (
    PERSON,
    EmployeeCard,
    actor_of,
    bound_person,
    card,
    cards,
    get,
    greeting,
    recipient,
    same_person,
    speaker,
)

__all__ = [
    "PERSON",
    "RESEND_SECONDS",
    "Bound",
    "EmployeeCard",
    "MoveNeeded",
    "actor_of",
    "bind",
    "bound_person",
    "card",
    "cards",
    "confirm_move",
    "forget_openid",
    "get",
    "greeting",
    "give_consent",
    "has_consents",
    "recipient",
    "request_code",
    "request_visit_code",
    "same_person",
    "speaker",
    "unbind",
    "visitor",
    "withdraw_consent",
]
