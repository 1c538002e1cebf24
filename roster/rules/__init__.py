"""What may a roster hold, and what is said of a row that may not stand? Pure."""

from roster.rules.columns import COLUMNS, Layout, WrongTemplate, find_layout, instructions
from roster.rules.diagnosis import Finding, Person, is_blank, read_row

__all__ = [
    "COLUMNS",
    "Finding",
    "Layout",
    "Person",
    "WrongTemplate",
    "find_layout",
    "instructions",
    "is_blank",
    "read_row",
]
