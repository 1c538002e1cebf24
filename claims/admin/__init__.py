"""Which pages do reviewers work on? 补助审核: the list, one claim, its photos, decisions, common reasons."""

from claims.admin import (
    comparing,
    deciding,
    listing,
    lowering,
    papers,
    reasons,
    revealing,
    showing,
    undoing,
    union_desk,
)
from claims.admin.door import blueprint

__all__ = [
    "blueprint",
    "comparing",
    "deciding",
    "listing",
    "lowering",
    "papers",
    "reasons",
    "revealing",
    "showing",
    "undoing",
    "union_desk",
]
