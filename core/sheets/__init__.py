"""How do tables come in and go out? The one reader and the one writer of xlsx and csv."""

from core.sheets.formulas import defused, restored
from core.sheets.reading import Cell, read_rows
from core.sheets.writing import stream_xlsx, write_csv, write_xlsx

__all__ = ["Cell", "defused", "read_rows", "restored", "stream_xlsx", "write_csv", "write_xlsx"]
