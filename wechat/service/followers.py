"""What happens to followers and to what WeChat sends? Plain statements: this is the hottest path there is."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from core import clock, context
from core.db import db, uuid7
from wechat.incoming import Incoming
from wechat.models import Follower

KEEP_EVENTS = dt.timedelta(days=7)
KEEP_STATES = dt.timedelta(days=1)

# As the driver reads it: every message pays for it, and there is nothing to compile.
_INSERT = (
    "INSERT INTO inbound_event (id, dedupe_key, kind, body_ct, reply_ct, created_at)"
    " VALUES (%(id)s, %(key)s, %(kind)s, %(body)s, %(reply)s, %(at)s) ON CONFLICT (dedupe_key) DO NOTHING"
)
_STORED = text("SELECT id, reply_ct FROM inbound_event WHERE dedupe_key = :key")
# At equal times the unsubscribe wins: whoever left must not be written to. Whoever comes back without a QR
# code still came from where they came first.
_FOLLOW = text(
    "INSERT INTO follower (id, openid, is_subscribed, subscribed_at, last_event_at, scene)"
    " VALUES (:id, :openid, true, :at, :at, :scene)"
    " ON CONFLICT (openid) DO UPDATE SET is_subscribed = true, subscribed_at = excluded.subscribed_at,"
    " last_event_at = excluded.last_event_at,"
    " scene = CASE excluded.scene WHEN '' THEN follower.scene ELSE excluded.scene END"
    " WHERE follower.last_event_at < excluded.last_event_at"
)
_LEAVE = text(
    "INSERT INTO follower (id, openid, is_subscribed, last_event_at, scene)"
    " VALUES (:id, :openid, false, :at, '')"
    " ON CONFLICT (openid) DO UPDATE SET is_subscribed = false, last_event_at = excluded.last_event_at"
    " WHERE follower.last_event_at <= excluded.last_event_at"
)


@dataclass(frozen=True)
class Kept:
    """What became of one message: the answer to give, and whether it is the first time."""

    reply: str
    is_first: bool


def follower_for(openid: str) -> Follower | None:
    """The follower of this openid, also one who has left."""
    return db.session.scalar(select(Follower).where(Follower.openid == openid))


def is_reachable(openid: str) -> bool:
    """May WeChat messages be sent to this openid? Also to somebody unknown: an old follower perhaps."""
    follower = follower_for(openid)
    return follower is None or follower.is_subscribed


def keep(connection: Connection, message: Incoming, body: bytes, reply: str) -> Kept:
    """Keep `message` with its reply, unless it was kept before: then the first reply counts."""
    key = bytes.fromhex(message.dedupe_key)
    row_id = uuid7()
    ring = context.keyring()
    row = {
        "id": row_id,
        "key": key,
        "kind": message.topic[:64],
        "body": ring.seal(body, _place(row_id, "body")),
        "reply": ring.seal(reply.encode(), _place(row_id, "reply")) if reply else None,
        "at": clock.now(),
    }
    if connection.exec_driver_sql(_INSERT, row).rowcount:
        return Kept(reply, is_first=True)
    stored = connection.execute(_STORED, {"key": key}).one()
    if stored.reply_ct is None:
        return Kept("", is_first=False)
    first = ring.open(bytes(stored.reply_ct), _place(stored.id, "reply")).decode()
    return Kept(first, is_first=False)


def _place(row_id: uuid.UUID, name: str) -> bytes:
    return f"inbound_event.{name}|{row_id}".encode()


def subscribed(connection: Connection, message: Incoming) -> None:
    """Somebody follows, unless a newer event says otherwise."""
    connection.execute(_FOLLOW, _follow_values(message) | {"scene": message.scene})


def unsubscribed(connection: Connection, message: Incoming) -> None:
    """Somebody left, unless a newer event says otherwise."""
    connection.execute(_LEAVE, _follow_values(message))


def _follow_values(message: Incoming) -> dict[str, object]:
    at = dt.datetime.fromtimestamp(message.sent_at, dt.UTC)
    return {"id": uuid7(), "openid": message.openid, "at": at}


def forget_follower(openid: str) -> None:
    """Remove what WeChat told us about a person who withdrew the authorisation."""
    for table in ("follower", "wechat_subscription_consent"):
        db.session.execute(text(f"DELETE FROM {table} WHERE openid = :openid"), {"openid": openid})  # noqa: S608


def sweep(now: dt.datetime | None = None) -> int:
    """Remove messages and sign-ins that no repeat can need any more; returns how many went."""
    at = now or clock.now()
    events = text("DELETE FROM inbound_event WHERE created_at < :old")
    states = text("DELETE FROM oauth_state WHERE created_at < :old")
    gone = db.session.execute(events, {"old": at - KEEP_EVENTS}).rowcount  # type: ignore[attr-defined]
    return int(gone + db.session.execute(states, {"old": at - KEEP_STATES}).rowcount)  # type: ignore[attr-defined]
