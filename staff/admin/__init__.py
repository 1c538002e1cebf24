"""Which pages has everybody who works here? Signing in, their own account; a file a subject."""

from staff.admin import account, factor, newcomers, sign_in
from staff.admin.door import OWED_PAGES, actor, blueprint, page_before

__all__ = ["OWED_PAGES", "account", "actor", "blueprint", "factor", "newcomers", "page_before", "sign_in"]
