"""Where do a claim's photos go, and how do they come back? Sealed in the store, one row each."""

from __future__ import annotations

import uuid
from typing import BinaryIO

from core import clock, context
from core.db import after_commit, db
from core.errors import Missing
from core.files import Picture, open_file, seal_file, take_picture
from core.files.models import StoredFile

# A storage key holds only hexadecimal digits and dashes, so sizes are numbered.
SIZES = {"full": "0", "preview": "1", "thumb": "2"}
CONTENT = "stored_file.content"

__all__ = ["CONTENT", "SIZES", "erase", "read", "store", "take_picture"]


def store(picture: Picture, kind: str) -> StoredFile:
    """Seal and keep the three sizes; the row is written with the caller's transaction."""
    ring, storage = context.keyring(), context.storage()
    row = StoredFile(
        kind=kind,
        media_type="image/jpeg",
        size=len(picture.full),
        width=picture.width,
        height=picture.height,
        content_bi=ring.blind(CONTENT, picture.sha256),
        look=picture.dhash,
    )
    for size, key in SIZES.items():
        storage.put(
            f"{row.id}/{key}", seal_file(getattr(picture, size), keyring=ring, aad=f"{row.id}|{size}")
        )
    db.session.add(row)
    db.session.flush()
    return row


def read(file_id: uuid.UUID, size: str) -> bytes:
    """One size of a picture as JPEG. Raises `Missing`."""
    if size not in SIZES:
        raise Missing
    sealed = context.storage().get(f"{file_id}/{SIZES[size]}")
    return open_file(sealed, keyring=context.keyring(), aad=f"{file_id}|{size}")


def erase(row: StoredFile) -> None:
    """Forget the bytes once the present transaction is committed; the row stays and says when."""
    row.erased_at = clock.now()
    storage, file_id = context.storage(), row.id

    def _delete() -> None:
        for key in SIZES.values():
            storage.delete(f"{file_id}/{key}")

    after_commit(_delete)


def picture_of(source: BinaryIO, field: str) -> Picture:
    """The picture in an upload; slow, so it is done before the transaction. Raises `Refused`."""
    return take_picture(source, field=field)
