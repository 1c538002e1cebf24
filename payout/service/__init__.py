"""What happens when claims are paid? Batches, the bank's files, the bank's answers."""

from payout.service.batches import check, drop, get, items_of, prepare, waiting
from payout.service.files import export, export_bytes
from payout.service.results import Preview, preview, settle

__all__ = [
    "Preview",
    "check",
    "drop",
    "export",
    "export_bytes",
    "get",
    "items_of",
    "prepare",
    "preview",
    "settle",
    "waiting",
]
