"""Where do a claim's photos go, and how do they come back? As everybody's do, and they are compared."""

from __future__ import annotations

from claims.service import likeness
from core.files import keeping
from core.files.keeping import CONTENT, SIZES, picture_of, read
from core.files.models import StoredFile
from core.files.pictures import Picture, take_picture

__all__ = ["CONTENT", "SIZES", "erase", "picture_of", "read", "store", "take_picture"]


def store(picture: Picture, kind: str) -> StoredFile:
    """Seal and keep; a worker will look for the same picture in other claims."""
    row = keeping.store(picture, kind)
    likeness.expect(row)
    return row


def erase(row: StoredFile) -> None:
    """Forget the bytes after the commit, and what the picture was known by."""
    likeness.forget(row)
    keeping.erase(row)
