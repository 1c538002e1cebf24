"""Which pages do reviewers work on? 补助审核: the list, one claim, its photos, decisions, common reasons."""

from claims.admin import deciding, listing, papers, reasons, revealing, showing
from claims.admin.door import blueprint

__all__ = ["blueprint", "deciding", "listing", "papers", "reasons", "revealing", "showing"]
