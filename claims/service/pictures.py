"""Where do a claim's photos go, and how do they come back? As everybody's do: see `core.files.keeping`."""

from __future__ import annotations

from core.files.keeping import CONTENT, SIZES, erase, picture_of, read, store
from core.files.pictures import take_picture

__all__ = ["CONTENT", "SIZES", "erase", "picture_of", "read", "store", "take_picture"]
