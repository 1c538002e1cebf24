"""What happens to people of the roster? Binding, consents, and what other features may ask of them."""

from employee.rules import CONSENTS, RESEND_SECONDS
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
from employee.service.closing import check_own_code, close_account, own_phone, request_own_code
from employee.service.consents import give_consent, has_consents, withdraw_consent
from employee.service.copying import export_of
from employee.service.deaths import report_death
from employee.service.looks import looks_of, note_looks
from employee.service.moving import move_to_union
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
    recipients_of,
    same_person,
    speaker,
)
from employee.service.rebinding import (
    Told,
    ask_rebind,
    count_help,
    request_help_code,
    sweep_rebinds,
    told,
)
from employee.service.visiting import prove, visitor_actor
from employee.service.wishes import Wishes, want_big, want_hints, want_sms, wants_big, wishes

__all__ = [
    "CONSENTS",
    "PERSON",
    "RESEND_SECONDS",
    "Bound",
    "EmployeeCard",
    "MoveNeeded",
    "Told",
    "Wishes",
    "actor_of",
    "ask_rebind",
    "bind",
    "bound_person",
    "card",
    "cards",
    "check_own_code",
    "close_account",
    "confirm_move",
    "count_help",
    "export_of",
    "forget_openid",
    "get",
    "greeting",
    "give_consent",
    "has_consents",
    "looks_of",
    "move_to_union",
    "note_looks",
    "prove",
    "recipient",
    "recipients_of",
    "own_phone",
    "report_death",
    "request_code",
    "request_help_code",
    "request_own_code",
    "request_visit_code",
    "same_person",
    "speaker",
    "sweep_rebinds",
    "told",
    "unbind",
    "visitor",
    "visitor_actor",
    "want_big",
    "want_hints",
    "want_sms",
    "wants_big",
    "wishes",
    "withdraw_consent",
]
