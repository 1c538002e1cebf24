"""What happens to a request to change personal data? Handed in by the person, decided by two of the staff."""

from changes.rules import WITHDRAWAL_WORDS
from changes.service.asking import (
    current,
    delete,
    mark_of,
    open_request,
    prefilled,
    resubmit,
    show_own_numbers,
    submit,
)
from changes.service.leaving import Effect, foreseen, withdraw_all
from changes.service.moving import before, wanted
from changes.service.photos import add_photo, forget_waiting, photos_for, photos_of, remove_photo
from changes.service.review import approve, send_back

__all__ = [
    "WITHDRAWAL_WORDS",
    "Effect",
    "add_photo",
    "approve",
    "before",
    "current",
    "delete",
    "foreseen",
    "forget_waiting",
    "mark_of",
    "open_request",
    "photos_for",
    "photos_of",
    "prefilled",
    "remove_photo",
    "resubmit",
    "send_back",
    "show_own_numbers",
    "submit",
    "wanted",
    "withdraw_all",
]
