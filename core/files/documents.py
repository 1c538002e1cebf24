"""Where do tables, archives and PDFs go, and how do they come back? Sealed in the store, one row each."""

from __future__ import annotations

import uuid

from core import clock, context
from core.db import after_commit, db
from core.errors import Missing
from core.files.keeping import CONTENT
from core.files.models import StoredFile
from core.files.sealing import open_file, seal_file


def store_document(content: bytes, kind: str, media_type: str, digest: str) -> StoredFile:
    """Seal and keep the bytes; `digest` (SHA-256, hexadecimal) finds the same content again."""
    ring = context.keyring()
    row = StoredFile(
        kind=kind, media_type=media_type, size=len(content), content_bi=ring.blind(CONTENT, digest)
    )
    context.storage().put(_key(row.id), seal_file(content, keyring=ring, aad=_aad(row.id)))
    db.session.add(row)
    db.session.flush()
    return row


def read_document(file_id: uuid.UUID) -> bytes:
    """The bytes that were kept. Raises `Missing`."""
    row = db.session.get(StoredFile, file_id)
    if row is None or row.erased_at:
        raise Missing
    return open_file(context.storage().get(_key(file_id)), keyring=context.keyring(), aad=_aad(file_id))


def erase_document(file_id: uuid.UUID) -> None:
    """Forget the bytes once the present transaction is committed; the row stays and says when."""
    row = db.session.get(StoredFile, file_id)
    if row is None or row.erased_at:
        return
    row.erased_at = clock.now()
    storage = context.storage()
    after_commit(lambda: storage.delete(_key(file_id)))


def _key(file_id: uuid.UUID) -> str:
    return f"{file_id}/0"


def _aad(file_id: uuid.UUID) -> str:
    return f"{file_id}|document"
