"""Which messages were written, to whom, and how far has each got?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed

STATUSES = ("pending", "sending", "unknown", "sent", "delivered", "failed", "cancelled", "held")


class InboxMessage(db.Model):
    """站内信: the base channel, written in the action's own transaction; the same thing is said once."""

    __tablename__ = "inbox_message"
    __table_args__ = (
        Index("ix_inbox_message_owner", "owner_id", "id"),
        Index("ix_inbox_message_created", "created_at"),
        Index("ix_inbox_message_unread", "owner_id", postgresql_where=text("read_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = primary_key()
    dedupe_key: Mapped[str] = column(String(160), nullable=False, unique=True)
    owner_kind: Mapped[str] = column(String(16), nullable=False)
    owner_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    kind: Mapped[str] = column(String(40), nullable=False)
    title: Mapped[str] = column(String(60), nullable=False)
    text = Sealed("personal", nullable=False)
    link: Mapped[str] = column(String(120), nullable=False, default="")
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    read_at: Mapped[dt.datetime | None] = moment(nullable=True)


class OutboxMessage(db.Model):
    """A message that must leave. `id` goes to the provider too, so that a repeat can be asked for.

    Where it went and what it said is forgotten after a while (`notify.rules.KEEP`): then both are empty.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_due", "lane", "not_before", postgresql_where=text("status = 'pending'")),
        Index("ix_outbox_lease", "lease_until", postgresql_where=text("status IN ('sending', 'unknown')")),
        Index(
            "ix_outbox_reference",
            "provider",
            "provider_reference",
            postgresql_where=text("provider_reference <> ''"),
        ),
        Index("ix_outbox_about", "about_id"),
        Index("ix_outbox_list", "created_at", "id"),
        Index("ix_outbox_kind", "kind", "created_at", "id"),
        Index("ix_outbox_forget", "created_at", postgresql_where=text("address_ct IS NOT NULL")),
        Index(
            "ix_outbox_trouble",
            "status",
            "created_at",
            "id",
            postgresql_where=text("status IN ('unknown', 'held', 'failed')"),
        ),
        CheckConstraint(f"status IN {STATUSES}", name="status_known"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    dedupe_key: Mapped[str] = column(String(160), nullable=False, unique=True)
    lane: Mapped[str] = column(String(16), nullable=False)
    channel: Mapped[str] = column(String(16), nullable=False)
    kind: Mapped[str] = column(String(40), nullable=False)
    owner_kind: Mapped[str] = column(String(16), nullable=False)
    owner_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True, index=True)
    about_kind: Mapped[str] = column(String(16), nullable=False, default="")
    about_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    address = Sealed("identifier", index="plain")
    params = Sealed("personal")
    status: Mapped[str] = column(String(16), nullable=False, default="pending")
    why: Mapped[str] = column(String(120), nullable=False, default="")
    attempt: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    refusals: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    not_before: Mapped[dt.datetime] = moment(nullable=False, server_default=func.clock_timestamp())
    lease_until: Mapped[dt.datetime | None] = moment(nullable=True)
    provider: Mapped[str] = column(String(24), nullable=False, default="")
    provider_reference: Mapped[str] = column(String(64), nullable=False, default="")
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    first_sent_at: Mapped[dt.datetime | None] = moment(nullable=True)
    final_at: Mapped[dt.datetime | None] = moment(nullable=True)


class OutboxAttempt(db.Model):
    """One call to a provider and what came of it; append only."""

    __tablename__ = "outbox_attempt"
    __table_args__ = (UniqueConstraint("outbox_id", "attempt"),)

    id: Mapped[uuid.UUID] = primary_key()
    outbox_id: Mapped[uuid.UUID] = column(
        Uuid, ForeignKey("outbox_message.id", ondelete="CASCADE"), nullable=False
    )
    attempt: Mapped[int] = column(SmallInteger, nullable=False)
    provider: Mapped[str] = column(String(24), nullable=False)
    started_at: Mapped[dt.datetime] = moment(nullable=False, server_default=func.clock_timestamp())
    ended_at: Mapped[dt.datetime | None] = moment(nullable=True)
    outcome: Mapped[str] = column(String(16), nullable=False, default="")
    code: Mapped[str] = column(String(60), nullable=False, default="")


class Receipt(db.Model):
    """What a provider says became of a message; kept even when it overtakes our own commit."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("provider", "provider_reference", "status", "reported"),
        Index(
            "ix_receipt_unmatched",
            "provider",
            "provider_reference",
            postgresql_where=text("matched_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = primary_key()
    provider: Mapped[str] = column(String(24), nullable=False)
    provider_reference: Mapped[str] = column(String(64), nullable=False)
    status: Mapped[str] = column(String(16), nullable=False)
    code: Mapped[str] = column(String(60), nullable=False, default="")
    reported: Mapped[str] = column(String(32), nullable=False, default="")
    at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    matched_at: Mapped[dt.datetime | None] = moment(nullable=True)


class SendingPace(db.Model):
    """From when a provider may be given mass messages again; `*` says which drain is at them now."""

    __tablename__ = "sending_pace"

    provider: Mapped[str] = column(String(24), primary_key=True)
    free_at: Mapped[dt.datetime] = moment(nullable=False, server_default=func.clock_timestamp())
    holder: Mapped[str] = column(String(36), nullable=False, default="", server_default="")


class ProviderHealth(db.Model):
    """How a provider is doing: its weight moves gradually, it never flips on one error."""

    __tablename__ = "provider_health"

    provider: Mapped[str] = column(String(24), primary_key=True)
    weight: Mapped[int] = column(Integer, nullable=False)
    errors: Mapped[int] = column(Integer, nullable=False, default=0)
    calls: Mapped[int] = column(Integer, nullable=False, default=0)
    streak: Mapped[int] = column(Integer, nullable=False, default=0)
    window_at: Mapped[dt.datetime] = moment(nullable=False, server_default=func.clock_timestamp())
    pause_until: Mapped[dt.datetime | None] = moment(nullable=True)
