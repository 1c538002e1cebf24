"""Who allows how many subscription notifications? An accept is one more, a send one less, a refusal none.

The count goes down in the transaction that writes the message, so that two messages never use one consent.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, text

from core import clock
from core.db import db, uuid7
from wechat.models import SubscriptionConsent
from wechat.service import mappings
from wechat.service.mappings import LONG_TERM, SUBSCRIPTION, Mapped

MOST_AT_ONCE = 5  # templates one button may ask for
# WeChat's event and the page's own report tell of one and the same tap.
SAME_TAP = dt.timedelta(seconds=60)

_ACCEPT = text(
    "INSERT INTO wechat_subscription_consent (id, openid, template_id, left_count, is_refused, told_at)"
    " VALUES (:id, :openid, :template, 1, false, :at)"
    " ON CONFLICT (openid, template_id) DO UPDATE SET is_refused = false, told_at = excluded.told_at,"
    " left_count = wechat_subscription_consent.left_count + 1"
    " WHERE wechat_subscription_consent.is_refused OR wechat_subscription_consent.told_at < :same"
)
_REFUSE = text(
    "INSERT INTO wechat_subscription_consent (id, openid, template_id, left_count, is_refused, told_at)"
    " VALUES (:id, :openid, :template, 0, true, :at)"
    " ON CONFLICT (openid, template_id) DO UPDATE SET is_refused = true, left_count = 0,"
    " told_at = excluded.told_at"
)
_TAKE = text(
    "UPDATE wechat_subscription_consent SET left_count = left_count - :less"
    " WHERE openid = :openid AND template_id = :template AND left_count > 0 AND NOT is_refused"
)
_TAKE_MANY = text(
    "UPDATE wechat_subscription_consent SET left_count = left_count - :less"
    " WHERE openid = ANY(:openids) AND template_id = :template AND left_count > 0 AND NOT is_refused"
    " RETURNING openid"
)


def told(openid: str, template_id: str, answer: str) -> None:
    """The person answered `accept` or something else (reject, ban, filter) for one template."""
    values = {"id": uuid7(), "openid": openid, "template": template_id[:64], "at": clock.now()}
    if answer == "accept":
        db.session.execute(_ACCEPT, values | {"same": clock.now() - SAME_TAP})
    else:
        db.session.execute(_REFUSE, values)


def take(openid: str, mapped: Mapped) -> bool:
    """May a message go so to this person? A one-time consent is used up by asking."""
    if not mapped.needs_consent:
        return True
    values = {"openid": openid, "template": mapped.template_id, "less": int(mapped.kind != LONG_TERM)}
    return bool(db.session.execute(_TAKE, values).rowcount)  # type: ignore[attr-defined]


def carries(kind: str, group: str, openid: str) -> bool:
    """Can a message of `kind` go to this person by WeChat now? Uses up the consent it needs."""
    mapped = mappings.carrier(kind, group, db.session.connection())
    return mapped is not None and take(openid, mapped)


def carries_many(kind: str, group: str, openids: list[str]) -> list[str]:
    """Those of these WeChats that a message of `kind` can go to now; as `carries`, in one statement."""
    mapped = mappings.carrier(kind, group, db.session.connection())
    if mapped is None or not openids:
        return []
    if not mapped.needs_consent:
        return openids
    values = {"openids": openids, "template": mapped.template_id, "less": int(mapped.kind != LONG_TERM)}
    return list(db.session.scalars(_TAKE_MANY, values))


def asked_for() -> list[str]:
    """The templates to ask people's consent for: one-time ones, or lasting ones, never both in one button."""
    wanted = mappings.in_use()
    for kind in (SUBSCRIPTION, LONG_TERM):
        ids = {mapped.template_id for mapped in wanted if mapped.kind == kind}
        if ids:
            return sorted(ids)[:MOST_AT_ONCE]
    return []


def left(openid: str) -> dict[str, int]:
    """How many notifications the person still allows, by template."""
    table = SubscriptionConsent
    query = select(table.template_id, table.left_count).where(table.openid == openid)
    return {row[0]: row[1] for row in db.session.execute(query)}
