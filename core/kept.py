"""What was typed into a form that met the door? Kept for its owner until they have shown what was asked for.

A POST that needs a second factor, a new password or a new sign-in is not carried out. Its text fields are
sealed and kept for a while; the owner lands on the form again with all of it and presses the button anew.
Nothing is ever sent by itself. Files and secrets are not kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import LargeBinary, String, Uuid, delete, select
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed

LIFE = dt.timedelta(minutes=30)
LARGEST = 64 * 1024
MOST_LIVE = 5
# What somebody proves themselves with is typed again; a token of the old page is worth nothing.
NEVER = frozenset({"csrf_token", "password", "again", "old", "code", "picture", "altcha"})
Pairs = list[tuple[str, str]]


class KeptForm(db.Model):
    """One form that could not be taken yet; only the hash of the token in its address is here."""

    __tablename__ = "kept_form"

    id: Mapped[uuid.UUID] = primary_key()
    token_hash: Mapped[bytes] = column(LargeBinary(32), data="secret", unique=True, nullable=False)
    area: Mapped[str] = column(String(16), nullable=False)
    owner_id: Mapped[uuid.UUID] = column(Uuid, nullable=False, index=True)
    path: Mapped[str] = column(String(300), nullable=False)
    came_from: Mapped[str] = column(String(300), nullable=False, default="")
    content = Sealed("personal")
    kept_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now, index=True)
    used_at: Mapped[dt.datetime | None] = moment(nullable=True)


@dataclass(frozen=True)
class Kept:
    """A form as it was sent: where to, from which page, and its fields in order."""

    path: str
    came_from: str
    fields: Pairs


def keep(area: str, owner_id: uuid.UUID, path: str, came_from: str, fields: Iterable[tuple[str, str]]) -> str:
    """Keep a form for its owner; the token to have it back by, or "" when it is too large to keep."""
    wanted = [(name, value) for name, value in fields if name not in NEVER]
    text = json.dumps(wanted, ensure_ascii=False)
    if len(text.encode()) > LARGEST or len(path) > 300:
        return ""
    token = secrets.token_urlsafe(24)
    row = KeptForm(
        token_hash=_hash(token),
        area=area,
        owner_id=owner_id,
        path=path,
        came_from=came_from[:300],
        content=text,
    )
    db.session.add(row)
    db.session.flush()
    _only_the_newest(area, owner_id)
    return token


def take(token: str, area: str, owner_id: uuid.UUID) -> Kept | None:
    """The form behind a token, once, for its owner alone; None when it is over, used or somebody else's."""
    mine = (
        KeptForm.token_hash == _hash(token),
        KeptForm.area == area,
        KeptForm.owner_id == owner_id,
        KeptForm.kept_at > clock.now() - LIFE,
    )
    row = db.session.scalar(select(KeptForm).where(*mine, KeptForm.used_at.is_(None)).with_for_update())
    if row is None:
        return None
    found = Kept(row.path, row.came_from, [(name, value) for name, value in json.loads(row.content or "[]")])
    row.used_at, row.content = clock.now(), None
    return found


def path_of(token: str, area: str, owner_id: uuid.UUID) -> str:
    """Where the form behind a token was sent to; using nothing up. "" when it is over."""
    mine = (KeptForm.token_hash == _hash(token), KeptForm.area == area, KeptForm.owner_id == owner_id)
    timely = (KeptForm.used_at.is_(None), KeptForm.kept_at > clock.now() - LIFE)
    return db.session.scalar(select(KeptForm.path).where(*mine, *timely)) or ""


def sweep() -> int:
    """What nobody came back for goes."""
    old = delete(KeptForm).where(KeptForm.kept_at < clock.now() - LIFE)
    return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]


def _only_the_newest(area: str, owner_id: uuid.UUID) -> None:
    """A browser that sends the same form again and again fills no table."""
    newest = select(KeptForm.id).where(KeptForm.area == area, KeptForm.owner_id == owner_id)
    newest = newest.order_by(KeptForm.kept_at.desc(), KeptForm.id.desc()).limit(MOST_LIVE)
    other = (KeptForm.area == area, KeptForm.owner_id == owner_id, KeptForm.id.not_in(newest))
    db.session.execute(delete(KeptForm).where(*other))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
