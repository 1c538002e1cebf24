"""Who follows the account, what did WeChat tell us, which sign-ins are under way, and how is it set up?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed


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


class MenuVersion(db.Model):
    """One saved menu of the account, kept for ever; the highest number is the one being worked on."""

    __tablename__ = "wechat_menu_version"

    id: Mapped[uuid.UUID] = primary_key()
    number: Mapped[int] = column(Integer, unique=True, nullable=False)
    buttons: Mapped[str] = column(Text, data="public", nullable=False)
    restored_from: Mapped[int | None] = column(Integer, nullable=True)
    made_by: Mapped[str] = column(String(80), nullable=False)
    made_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    pushed_at: Mapped[dt.datetime | None] = moment(nullable=True)
    pushed_by: Mapped[str] = column(String(80), nullable=False, default="")


class AccountErrand(db.Model):
    """One call that staff asked for and a worker makes; what came of it is told on the page."""

    __tablename__ = "wechat_errand"
    __table_args__ = (
        Index("ix_wechat_errand_due", "due_at", postgresql_where=text("done_at IS NULL")),
        Index("ix_wechat_errand_last", "kind", "subject", "id"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    kind: Mapped[str] = column(String(24), nullable=False)
    subject: Mapped[str] = column(String(64), nullable=False, default="")
    given = Sealed("personal")
    asked_by: Mapped[str] = column(String(80), nullable=False)
    asked_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    due_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    tries: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    done_at: Mapped[dt.datetime | None] = moment(nullable=True)
    outcome: Mapped[str] = column(String(16), nullable=False, default="")
    code: Mapped[str] = column(String(60), nullable=False, default="")
    answer: Mapped[str] = column(Text, nullable=False, default="")


class TemplateMapping(db.Model):
    """Which template carries a message, and which of its fields holds which value; beats the profile's.

    `key` is a kind of message or a template key of the profile; an empty `template_id` means: not by WeChat.
    """

    __tablename__ = "wechat_template_mapping"

    id: Mapped[uuid.UUID] = primary_key()
    key: Mapped[str] = column(String(40), unique=True, nullable=False)
    kind: Mapped[str] = column(String(16), nullable=False)
    template_id: Mapped[str] = column(String(64), nullable=False)
    fields: Mapped[str] = column(Text, nullable=False)
    version: Mapped[int] = column(Integer, nullable=False, default=1)
    changed_by: Mapped[str] = column(String(80), nullable=False)
    changed_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)


class UnionScene(db.Model):
    """The permanent QR code of a union; `url` is what the picture holds, empty until WeChat gave it."""

    __tablename__ = "wechat_union_scene"

    id: Mapped[uuid.UUID] = primary_key()
    union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), unique=True, nullable=False)
    code: Mapped[str] = column(String(64), unique=True, nullable=False)
    url: Mapped[str] = column(String(200), data="public", nullable=False, default="")
    made_at: Mapped[dt.datetime | None] = moment(nullable=True)


class SubscriptionConsent(db.Model):
    """How many notifications of a template a person still allows: an accept is one more, a send one less."""

    __tablename__ = "wechat_subscription_consent"
    __table_args__ = (UniqueConstraint("openid", "template_id"),)

    id: Mapped[uuid.UUID] = primary_key()
    openid: Mapped[str] = column(String(128), data="personal", nullable=False)
    template_id: Mapped[str] = column(String(64), nullable=False)
    left_count: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    is_refused: Mapped[bool] = column(Boolean, nullable=False, default=False)
    told_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
