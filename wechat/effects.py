"""What does an event change? One table from the event's name to what happens, in the event's own transaction.

The features that care hand in plain functions (`Hooks`), so that this room knows none of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from wechat import service
from wechat.incoming import Incoming
from wechat.replies import Facts

log = logging.getLogger(__name__)


def _nothing(*_: str) -> None:
    return None


def _nobodys(_openid: str, _scene: str) -> str:
    return ""


def _nobody(_connection: Connection, _openid: str) -> Facts:
    return {}


def _nowhere(_connection: Connection, _scene: str) -> str:
    return ""


@dataclass(frozen=True)
class Hooks:
    """What the features want to be asked and told; each is called inside the event's transaction."""

    facts: Callable[[Connection, str], Facts] = _nobody  # asked on the callback's own connection
    origin: Callable[[Connection, str], str] = _nowhere  # scene of a QR code: the union's name
    tie: Callable[[str, str], str] = _nobodys  # openid, scene of a code on a staff page: what to answer
    forget: Callable[[str], None] = _nothing  # openid: the person withdrew the authorisation
    refresh: Callable[[str], None] = _nothing  # openid: the person changed what WeChat knows
    receipt: Callable[[str, str, str], None] = _nothing  # openid, msgid, status of a template message
    subscription_receipt: Callable[[str, str, str, str], None] = _nothing  # openid, template, msgid, status
    consent: Callable[[str, str, str], None] = _nothing  # openid, template, accept or reject
    alarm: Callable[[str], None] = field(default=_nothing)  # event: the operator must do something


def _forget(message: Incoming, hooks: Hooks) -> None:
    openid = message.text_of("OpenID") or message.openid
    service.forget_follower(openid)
    hooks.forget(openid)


def _refresh(message: Incoming, hooks: Hooks) -> None:
    hooks.refresh(message.text_of("OpenID") or message.openid)


def _receipt(message: Incoming, hooks: Hooks) -> None:
    hooks.receipt(message.openid, message.message_id, message.text_of("Status"))


def _subscription_receipts(message: Incoming, hooks: Hooks) -> None:
    for entry in message.listed("SubscribeMsgSentEvent"):
        status = "success" if entry.get("ErrorCode") == "0" else str(entry.get("ErrorStatus", ""))
        hooks.subscription_receipt(
            message.openid, str(entry.get("TemplateId", "")), str(entry.get("MsgID", "")), status
        )


def _consents(message: Incoming, hooks: Hooks) -> None:
    for wrapper in ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent"):
        for entry in message.listed(wrapper):
            hooks.consent(
                message.openid, str(entry.get("TemplateId", "")), str(entry.get("SubscribeStatusString", ""))
            )


def _alarm(message: Incoming, hooks: Hooks) -> None:
    log.error("the official account needs its operator", extra={"event": message.event})
    hooks.alarm(message.event)


# What touches the follower alone: plain statements on the connection, no session.
FOLLOWING: dict[str, Callable[[Connection, Incoming], None]] = {
    "subscribe": service.subscribed,
    "unsubscribe": service.unsubscribed,
}

# What the features are told.
TOLD: dict[str, Callable[[Incoming, Hooks], None]] = {
    "templatesendjobfinish": _receipt,
    "subscribe_msg_sent_event": _subscription_receipts,
    "subscribe_msg_popup_event": _consents,
    "subscribe_msg_change_event": _consents,
    "user_info_modified": _refresh,
    "user_authorization_revoke": _forget,
    "user_authorization_cancellation": _forget,
    "qualification_verify_fail": _alarm,
    "naming_verify_fail": _alarm,
    "annual_renew": _alarm,
    "verify_expired": _alarm,
}

CHANGING = frozenset({*FOLLOWING, *TOLD})
