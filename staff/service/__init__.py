"""What happens to staff? Sign-in, grants, and what other features may ask of them."""

from staff.service.accounts import create, end_grant, grant, set_password
from staff.service.people import actor_of, holders, identity, is_person, label, recipient
from staff.service.sign_in import SignedIn, sign_in

__all__ = [
    "SignedIn",
    "actor_of",
    "create",
    "end_grant",
    "grant",
    "holders",
    "identity",
    "is_person",
    "label",
    "recipient",
    "set_password",
    "sign_in",
]
