"""What do the inbox and the page of all messages list? Always by key, never by offset."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, and_, func, or_, select, text, tuple_

from core.copies import Copy, facts
from core.db import db
from core.fields import mask_phone
from core.retention import ERASED
from notify.messages import MESSAGES, NUDGES, Notice, Nudge
from notify.models import InboxMessage, OutboxAttempt, OutboxMessage, ProviderHealth, Receipt
from notify.rules import FAILED, HELD, RESENDABLE, UNKNOWN, fitted
from notify.service import site_words

PAGE = 20
_UNREAD = text("SELECT count(*) FROM inbox_message WHERE owner_id = :owner AND read_at IS NULL")


def inbox(owner_id: uuid.UUID, before: uuid.UUID | None = None, most: int = PAGE) -> list[InboxMessage]:
    """The person's messages, newest first; `before` is the last one already shown."""
    query = select(InboxMessage).where(InboxMessage.owner_id == owner_id)
    if before is not None:
        query = query.where(InboxMessage.id < before)
    return list(db.session.scalars(query.order_by(InboxMessage.id.desc()).limit(most)))


def export_of(owner_id: uuid.UUID) -> list[Copy]:
    """The person's messages, for the copy they may ask for."""
    query = select(InboxMessage).where(InboxMessage.owner_id == owner_id).order_by(InboxMessage.id)
    labels = {"title": "标题", "text": "内容", "created_at": "时间", "read_at": "阅读时间"}
    return [Copy("站内信", [facts(row, labels) for row in db.session.scalars(query)])]


def inbox_message(owner_id: uuid.UUID, message_id: uuid.UUID) -> InboxMessage | None:
    """One message, if it is this person's."""
    return db.session.scalars(
        select(InboxMessage).where(InboxMessage.id == message_id, InboxMessage.owner_id == owner_id)
    ).one_or_none()


def unread_count(owner_id: uuid.UUID) -> int:
    """In plain text, because every page of the person shows it."""
    return int(db.session.connection().execute(_UNREAD, {"owner": owner_id}).scalar_one())


def unread_of(owner_id: uuid.UUID) -> ScalarSelect[int]:
    """How many messages somebody has not read, to put among another query's columns."""
    mine = and_(InboxMessage.owner_id == owner_id, InboxMessage.read_at.is_(None))
    return select(func.count()).select_from(InboxMessage).where(mine).scalar_subquery()


# --- staff -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """One outgoing message as staff may see it: the address masked, a code's digits hidden."""

    id: uuid.UUID
    kind: str
    channel: str
    status: str
    why: str
    address: str
    text: str
    created_at: dt.datetime
    final_at: dt.datetime | None
    attempt: int
    provider: str
    is_resendable: bool


def sent(
    *, channel: str = "", status: str = "", kind: str = "", before: uuid.UUID | None = None, most: int = PAGE
) -> list[Sent]:
    """Outgoing messages, newest first."""
    query = select(OutboxMessage)
    for column, value in (
        (OutboxMessage.channel, channel),
        (OutboxMessage.status, status),
        (OutboxMessage.kind, kind),
    ):
        if value:
            query = query.where(column == value)
    if before is not None:
        edge = select(OutboxMessage.created_at).where(OutboxMessage.id == before).scalar_subquery()
        query = query.where(tuple_(OutboxMessage.created_at, OutboxMessage.id) < tuple_(edge, before))
    ordered = query.order_by(OutboxMessage.created_at.desc(), OutboxMessage.id.desc()).limit(most)
    return [_shown(row) for row in db.session.scalars(ordered)]


def sent_one(message_id: uuid.UUID) -> Sent | None:
    row = db.session.get(OutboxMessage, message_id)
    return _shown(row) if row else None


def _shown(row: OutboxMessage) -> Sent:
    return Sent(row.id, row.kind, row.channel, row.status, row.why, masked(row.channel, row.address or ""),
                _words(row), row.created_at, row.final_at, row.attempt, row.provider,
                row.status in RESENDABLE and row.lane != "codes" and row.address_ct is not None)  # type: ignore[attr-defined] # fmt: skip


def masked(channel: str, address: str) -> str:
    if not address:
        return ERASED
    return mask_phone(address) if channel == "sms" else f"{address[:3]}…{address[-2:]}"


def _words(row: OutboxMessage) -> str:
    if row.params is None:
        return ERASED
    params: Mapping[str, Any] = json.loads(row.params)
    if row.channel == "wechat":
        return "，".join(str(value) for value in params.get("fields", {}).values())
    text = str(params.get("text", ""))
    if row.channel == "mail":  # whoever reads a link with a secret in it could use it
        return re.sub(r"https?://\S+", "（链接）", text)
    return re.sub(r"\d{4,}", "******", text) if row.lane == "codes" else text


def attempts(message_id: uuid.UUID) -> list[OutboxAttempt]:
    query = select(OutboxAttempt).where(OutboxAttempt.outbox_id == message_id)
    return list(db.session.scalars(query.order_by(OutboxAttempt.attempt)))


def receipts_of(message_id: uuid.UUID) -> list[Receipt]:
    row = db.session.get(OutboxMessage, message_id)
    if row is None:
        return []
    by_reference = and_(
        Receipt.provider_reference == row.provider_reference, Receipt.provider_reference != ""
    )
    query = select(Receipt).where(
        Receipt.provider == row.provider, or_(by_reference, Receipt.provider_reference == str(row.id))
    )
    return list(db.session.scalars(query.order_by(Receipt.at)))


def trouble() -> dict[str, int]:
    """How many messages wait for a person or for an answer: {status: count}."""
    query = (
        select(OutboxMessage.status, func.count())
        .where(OutboxMessage.status.in_((UNKNOWN, HELD, FAILED)))
        .group_by(OutboxMessage.status)
    )
    found = {row[0]: int(row[1]) for row in db.session.execute(query)}
    return {status: found.get(status, 0) for status in (UNKNOWN, HELD, FAILED)}


def health() -> list[ProviderHealth]:
    return list(db.session.scalars(select(ProviderHealth).order_by(ProviderHealth.provider)))


# --- what goes to WeChat -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ByWeChat:
    """One kind of message: its `group` in the profile's [wechat_templates], its values as an example."""

    kind: str
    label: str
    group: str
    values: Mapping[str, str]


_EXAMPLE = {"number": "BZ1344168415351173120", "when": "2026-10-01 15:01"}


def by_wechat() -> list[ByWeChat]:
    """Every kind of message that WeChat can carry, with the values a template may show."""
    found, example = [], _Example(_EXAMPLE | site_words())
    for kind, words in {**MESSAGES, **NUDGES}.items():
        if isinstance(words, Notice | Nudge):
            values = {name: text.format_map(example) for name, text in words.wechat.fields.items()}
            found.append(ByWeChat(kind, words.label, words.wechat.template, values))
    return found


class _Example(dict[str, str]):
    """What the sender gives is shown as （示例）."""

    def __missing__(self, name: str) -> str:
        return "（示例）"


as_wechat_accepts = fitted  # for the page that shows what a template will say
