"""Where do the pictures of articles lie? In the store as they are: everybody may see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, BinaryIO, cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from content.models import ContentPicture
from core import clock, context
from core.access import Actor
from core.db import db, uuid7
from core.errors import Missing
from core.files import Picture, take_picture

SIZES = {"full": "0", "preview": "1", "thumb": "2"}


def picture_in(source: IO[bytes], field: str) -> Picture:
    """The picture of an upload, made anew; slow, so it is done before the transaction. Raises `Refused`."""
    return take_picture(cast(BinaryIO, source), field=field)


def keep(picture: Picture, by: Actor) -> str:
    """Keep the picture once; returns its digest, which is its address.

    Put in again it is new again: nobody sweeps it away while its page is being written.
    """
    digest = picture.sha256[:32]
    row = {"id": uuid7(), "digest": digest, "width": picture.width, "height": picture.height}
    table = ContentPicture.__table__
    made = insert(table).values(**row, author_id=by.id, created_at=clock.now())
    again = made.on_conflict_do_update(index_elements=["digest"], set_={"created_at": clock.now()})
    if db.session.execute(again.returning(table.c.id)).scalar_one() == row["id"]:
        for size, key in SIZES.items():
            context.storage().put(f"{row['id']}/{key}", getattr(picture, size))
    return digest


def read(digest: str, size: str) -> bytes:
    """One size of a picture as JPEG. Raises `Missing`."""
    found = db.session.scalar(select(ContentPicture.id).where(ContentPicture.digest == digest))
    if found is None or size not in SIZES:
        raise Missing
    return context.storage().get(f"{found}/{SIZES[size]}")


def sizes_of(digests: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Width and height of those that are kept; one statement, none when nothing is asked."""
    wanted = [digest for digest in digests if digest]
    if not wanted:
        return {}
    query = select(ContentPicture.digest, ContentPicture.width, ContentPicture.height)
    rows = db.session.execute(query.where(ContentPicture.digest.in_(wanted)))
    return {row.digest: (row.width, row.height) for row in rows}
