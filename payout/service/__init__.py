"""What happens when claims are paid? Batches, the bank's files, the bank's answers."""

from payout.service.batches import check, drop, get, items_of, must_be_whole, picked, prepare, waiting
from payout.service.files import FORMATS, export, export_bytes
from payout.service.pending import keep, look, sweep, use
from payout.service.results import Failure, Preview, preview, settle

__all__ = [
    "FORMATS",
    "Failure",
    "Preview",
    "check",
    "drop",
    "export",
    "export_bytes",
    "get",
    "items_of",
    "keep",
    "look",
    "must_be_whole",
    "picked",
    "prepare",
    "preview",
    "settle",
    "sweep",
    "use",
    "waiting",
]
