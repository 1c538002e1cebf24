"""Which pages show reports? The dashboard, the lists, the tables that leave."""

from reports.admin import board, exports, lists
from reports.admin.door import blueprint

__all__ = ["blueprint", "board", "exports", "lists"]
