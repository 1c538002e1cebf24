"""Who pays, and which page comes next? One blueprint: batches (A6), and the bank's files."""

from payout.admin import batches, files, results
from payout.admin.door import blueprint

__all__ = ["batches", "blueprint", "files", "results"]
