"""Which bytes lie in the store although no row knows them? Their transaction was rolled back, for one.

Nothing younger than a day is touched: its transaction may still be on its way.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import uuid
from collections.abc import Callable, Iterable
from itertools import islice

from sqlalchemy import select

from core import clock, context
from core.db import db, transaction
from core.files.models import StoredFile

log = logging.getLogger(__name__)

GRACE = dt.timedelta(days=1)
AT_ONCE = 500
MOST = 20_000
OURS = re.compile(r"([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[0-9]")

# Which of these owners (the first part of a key) does a table know?
Knows = Callable[[set[str]], set[str]]


def sweep(knows: Iterable[Knows], most: int = MOST) -> int:
    """Delete what nobody knows; returns how many keys went."""
    asked = (known_files, *knows)
    gone = 0
    found = context.storage().keys(clock.now() - GRACE)
    while keys := list(islice(found, AT_ONCE)):
        gone += _sweep_some(keys, asked, most - gone)
        if gone >= most:
            break
    if gone:
        log.warning("bytes without a row were deleted", extra={"count": gone})
    return gone


def _sweep_some(keys: list[str], asked: Iterable[Knows], most: int) -> int:
    owners = {key: parts[1] for key in keys if (parts := OURS.fullmatch(key))}
    lost = set(owners.values())
    with transaction():
        for knows in asked:
            lost -= knows(lost) if lost else set()
    orphans = [key for key, owner in owners.items() if owner in lost][:most]
    for key in orphans:
        context.storage().delete(key)
    return len(orphans)


def known_files(owners: set[str]) -> set[str]:
    """Photos and documents that were not erased."""
    return ids_of(
        owners,
        lambda ids: select(StoredFile.id).where(StoredFile.id.in_(ids), StoredFile.erased_at.is_(None)),
    )


def ids_of(owners: set[str], query: Callable[[list[uuid.UUID]], object]) -> set[str]:
    """Those of the owners that a table with a uuid has a row for."""
    ids = [uuid.UUID(owner) for owner in owners if "-" in owner]
    return {str(one) for one in db.session.scalars(query(ids))} if ids else set()  # type: ignore[call-overload]
