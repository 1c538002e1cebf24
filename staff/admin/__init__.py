"""Which pages has everybody who works here? Signing in, their own account; a file a subject."""

from staff.admin import account, factor, helping, newcomers, reminding, sign_in
from staff.admin.door import OWED_PAGES, actor, blueprint, page_before, waiting

__all__ = [
    "OWED_PAGES",
    "account",
    "actor",
    "blueprint",
    "factor",
    "helping",
    "newcomers",
    "page_before",
    "reminding",
    "sign_in",
    "waiting",
]
