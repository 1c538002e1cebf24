"""What happens to a claim? Filing and correcting by the person; review and payment by staff."""

from claims.rules import WITHDRAWAL_WORDS
from claims.service.checks import Check
from claims.service.correction import fix_payee, is_same_account, lacks_new_photo, resubmit, unchanged_items
from claims.service.figures import approval_mark, estimate, facts_of, memory_of, reckon
from claims.service.filing import (
    CONSENTS,
    account_photos,
    add_document,
    appeal,
    delete_draft,
    remove_document,
    reuse_documents,
    save_step,
    start_draft,
    submit,
    withdraw,
)
from claims.service.leaving import Effect, foreseen, withdraw_all

__all__ = [
    "CONSENTS",
    "WITHDRAWAL_WORDS",
    "Check",
    "account_photos",
    "Effect",
    "add_document",
    "appeal",
    "approval_mark",
    "delete_draft",
    "estimate",
    "facts_of",
    "fix_payee",
    "foreseen",
    "is_same_account",
    "lacks_new_photo",
    "memory_of",
    "reckon",
    "remove_document",
    "resubmit",
    "reuse_documents",
    "save_step",
    "start_draft",
    "submit",
    "unchanged_items",
    "withdraw",
    "withdraw_all",
]
