"""Who follows the account, what did WeChat tell us, and which sign-ins are under way?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Boolean, LargeBinary, SmallInteger, String, Uuid
from sqlalchemy.orm import Mapped

from core.db import column, db, moment, primary_key


class Follower(db.Model):
    """One person as WeChat knows them; who that is in the scheme, only a binding says."""

    __tablename__ = "follower"

    id: Mapped[uuid.UUID] = primary_key()
    openid: Mapped[str] = column(String(128), data="personal", unique=True, nullable=False)
    is_subscribed: Mapped[bool] = column(Boolean, nullable=False)
    subscribed_at: Mapped[dt.datetime | None] = moment(nullable=True)
    # WeChat's own time of the newest subscribe or unsubscribe: they may arrive in the wrong order.
    last_event_at: Mapped[dt.datetime] = moment(nullable=False)
    scene: Mapped[str] = column(String(128), nullable=False, default="", server_default="")


class InboundEvent(db.Model):
    """One message or event, kept to drop repeats and to give them the same answer again."""

    __tablename__ = "inbound_event"

    id: Mapped[uuid.UUID] = primary_key()
    dedupe_key: Mapped[bytes] = column(LargeBinary(32), unique=True, nullable=False)
    kind: Mapped[str] = column(String(64), nullable=False)
    body_ct: Mapped[bytes] = column(LargeBinary, data="personal", nullable=False)
    reply_ct: Mapped[bytes | None] = column(LargeBinary, data="personal", nullable=True)
    created_at: Mapped[dt.datetime] = moment(nullable=False, index=True)


class OAuthState(db.Model):
    """One sign-in under way: only hashes, used once, for ten minutes, by the browser that began it."""

    __tablename__ = "oauth_state"

    id: Mapped[uuid.UUID] = column(Uuid, primary_key=True)
    state_hash: Mapped[bytes] = column(LargeBinary(32), data="secret", unique=True, nullable=False)
    browser_hash: Mapped[bytes] = column(LargeBinary(32), data="secret", nullable=False)
    next_path: Mapped[str] = column(String(200), nullable=False)
    restarts: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    created_at: Mapped[dt.datetime] = moment(nullable=False, index=True)
    used_at: Mapped[dt.datetime | None] = moment(nullable=True)
