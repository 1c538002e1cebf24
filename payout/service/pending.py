"""Where does a result file wait between preview and the person's word? Sealed, half an hour, for one use."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from functools import partial

from sqlalchemy import ColumnElement, delete, select

from core import clock, context
from core.access import Actor
from core.db import after_commit, db
from core.errors import Conflict
from core.files import open_file, seal_file
from payout.models import PayoutBatch, PendingResult

LIVES = dt.timedelta(minutes=30)
GONE = "回盘文件的预览已过期（30 分钟）或已经用过，没有处理任何一笔。请重新上传。"


def keep(batch: PayoutBatch, content: bytes, by: Actor) -> str:
    """Put the bytes away for this person and this batch; gives the key to ask for them."""
    key = secrets.token_hex(16)
    aad = _aad(key, batch.id, by)
    context.storage().put(_place(key), seal_file(content, keyring=context.keyring(), aad=aad))
    db.session.add(PendingResult(key=key, batch_id=batch.id, staff_id=by.id))
    db.session.flush()
    return key


def look(batch: PayoutBatch, key: str, by: Actor) -> bytes:
    """The bytes, still there afterwards. Raises `Conflict` when they are not this person's or too old."""
    if db.session.scalar(select(PendingResult.key).where(*_mine(batch, key, by))) is None:
        raise Conflict(GONE)
    return _open(batch, key, by)


def use(batch: PayoutBatch, key: str, by: Actor) -> bytes:
    """The bytes, for the last time: the key is gone when the transaction commits. Raises `Conflict`."""
    mine = delete(PendingResult).where(*_mine(batch, key, by)).returning(PendingResult.key)
    if db.session.execute(mine).first() is None:
        raise Conflict(GONE)
    content = _open(batch, key, by)
    after_commit(partial(context.storage().delete, _place(key)))
    return content


def sweep() -> int:
    """Forget files nobody came back for; returns how many went."""
    old = delete(PendingResult).where(PendingResult.uploaded_at < clock.now() - LIVES)
    keys = list(db.session.scalars(old.returning(PendingResult.key)))
    for key in keys:
        after_commit(partial(context.storage().delete, _place(key)))
    return len(keys)


def kept_of(owners: set[str]) -> set[str]:
    """Which of these are keys of files that wait?"""
    return set(db.session.scalars(select(PendingResult.key).where(PendingResult.key.in_(owners))))


def _mine(batch: PayoutBatch, key: str, by: Actor) -> tuple[ColumnElement[bool], ...]:
    return (
        PendingResult.key == key,
        PendingResult.batch_id == batch.id,
        PendingResult.staff_id == by.id,
        PendingResult.uploaded_at > clock.now() - LIVES,
    )


def _open(batch: PayoutBatch, key: str, by: Actor) -> bytes:
    sealed = context.storage().get(_place(key))
    return open_file(sealed, keyring=context.keyring(), aad=_aad(key, batch.id, by))


def _place(key: str) -> str:
    return f"{key}/0"


def _aad(key: str, batch_id: uuid.UUID, by: Actor) -> str:
    return f"pending_result|{key}|{batch_id}|{by.id}"
