"""Where do the features' photos go, and how do they come back? Sealed in the store, one row each."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import IO

from sqlalchemy import select

from core import clock, context
from core.db import after_commit, db
from core.errors import Missing
from core.files.models import StoredFile
from core.files.pictures import Picture, take_picture
from core.files.sealing import open_file, seal_file

# A storage key holds only hexadecimal digits and dashes, so sizes are numbered.
SIZES = {"full": "0", "preview": "1", "thumb": "2"}
CONTENT = "stored_file.content"


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


def shred_again(days: int = 3) -> int:
    """Delete once more what was erased lately: a store that was away when it was told keeps nothing."""
    since = clock.now() - dt.timedelta(days=days)
    found = list(db.session.scalars(select(StoredFile.id).where(StoredFile.erased_at > since)))
    storage = context.storage()
    for file_id in found:
        for key in SIZES.values():
            storage.delete(f"{file_id}/{key}")
    return len(found)


def picture_of(source: IO[bytes], field: str) -> Picture:
    """The picture in an upload; slow, so it is done before the transaction. Raises `Refused`."""
    return take_picture(source, field=field)
