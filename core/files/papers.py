"""How does a paper get in that may be a photo or a PDF? One door for both, told apart by their bytes.

A photo becomes clean pictures as everywhere (`core.files.pictures`). A PDF is kept as it came: it is only
ever handed out as a download that no page of ours shows inside itself.
"""

from __future__ import annotations

import hashlib
import re
from typing import IO, NamedTuple

from core import context
from core.errors import Refused
from core.files.documents import erase_document, read_document, store_document
from core.files.keeping import erase, picture_of, read, store
from core.files.models import StoredFile
from core.files.pictures import MAX_BYTES, MB, Picture
from core.files.sealing import open_file

PDF = "application/pdf"
SNIFFED = 1024
TAIL = 2048

TOO_LARGE = f"文件太大（超过 {MAX_BYTES // MB} MB），请压缩后再上传，或改为拍照上传"
NOT_WHOLE = "这个 PDF 没有传完整或已损坏，请重新导出后再上传"
LOCKED = "这个 PDF 有密码，请去掉密码后再上传，或改为拍照上传"
ACTIVE = "这个 PDF 里带有脚本或附件，请打印成普通 PDF，或改为拍照上传"
_RUNS = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA)\b")


class Pdf(NamedTuple):
    """A PDF that was looked at."""

    content: bytes
    sha256: str


def take_paper(source: IO[bytes], field: str) -> Picture | Pdf:
    """The photo or PDF in an upload; slow, so it is done before the transaction. Raises `Refused`."""
    head = source.read(SNIFFED)
    source.seek(0)
    if b"%PDF-" not in head:
        return picture_of(source, field)
    content = source.read(MAX_BYTES + 1)
    if words := _problem(content):
        raise Refused(words, field, 413 if words is TOO_LARGE else 422)
    return Pdf(content, hashlib.sha256(content).hexdigest())


def store_paper(paper: Picture | Pdf, kind: str) -> StoredFile:
    """Seal and keep it; the row is written with the caller's transaction."""
    if isinstance(paper, Pdf):
        return store_document(paper.content, kind, PDF, paper.sha256)
    return store(paper, kind)


def read_paper(row: StoredFile, size: str = "full") -> bytes:
    """The bytes: one size of a picture, or the whole PDF. Raises `Missing`."""
    return read_document(row.id) if row.media_type == PDF else read(row.id, size)


def place_of(row: StoredFile) -> str:
    """Where its whole bytes lie: what may be kept in a message and read without the database."""
    return f"{row.id}|{'full' if row.media_type.startswith('image/') else 'document'}"


def at_place(place: str) -> bytes:
    """The bytes that lie there. Raises what the store raises when they are gone."""
    key = f"{place.partition('|')[0]}/0"
    return open_file(context.storage().get(key), keyring=context.keyring(), aad=place)


def erase_paper(row: StoredFile) -> None:
    """Forget the bytes once the present transaction is committed."""
    if row.media_type == PDF:
        erase_document(row.id)
    else:
        erase(row)


def _problem(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        return TOO_LARGE
    if b"%%EOF" not in content[-TAIL:]:
        return NOT_WHOLE
    if b"/Encrypt" in content:
        return LOCKED
    return ACTIVE if _RUNS.search(content) else ""
