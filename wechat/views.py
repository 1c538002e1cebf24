"""Who calls `/wechat/callback`, and what is answered? Check, open, keep once, answer; no call out.

The view has its own protection (safe mode's signature, freshness, appid), so it needs no CSRF token and no
session. Whatever does not fit is answered with 4xx in plain text: WeChat sends none of it.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy import Connection

from core import clock, context
from core.access import allow
from core.db import db, each_alone, transaction
from wechat import crypto, effects, incoming, outgoing, replies, service
from wechat.crypto import BadCallback, NotGenuine
from wechat.effects import Hooks
from wechat.incoming import Incoming
from wechat.service import scenes

log = logging.getLogger(__name__)

blueprint = Blueprint("wechat", __name__, url_prefix="/wechat")
SUCCESS = "success"
SIGNED = ("timestamp", "nonce")
LONGEST_PARAMETER = 256
WARN_SECONDS = 60


def use_hooks(app: Flask, hooks: Hooks) -> None:
    """What the features want to be asked and told by the callback of `app`."""
    app.extensions["huzhu"]["wechat_hooks"] = hooks


@blueprint.errorhandler(BadCallback)
def _refuse(error: BadCallback) -> Response:
    log.warning("callback refused", extra={"reason": str(error), "status": error.status})
    return _plain("bad request", error.status)


@blueprint.get("/callback")
@allow("guest")
def verify() -> Response:
    """The console checks the address: give `echostr` back, as plain text because anybody may write it."""
    given = _parameters("signature", "echostr", *SIGNED)
    account = _account()
    if not crypto.is_signed(given["signature"], account.token, given["timestamp"], given["nonce"]):
        raise NotGenuine("signature")
    return _plain(given["echostr"])


@blueprint.post("/callback")
@allow("guest")
def receive() -> Response:
    """A message or an event, in safe mode only."""
    account, given = _account(), _parameters("msg_signature", "encrypt_type", *SIGNED)
    body = _open(given, account)
    message = incoming.parse(body)
    reply = _handle(message, body)
    if not reply:
        return _plain(SUCCESS)
    sealed = crypto.envelope(reply, account, str(int(clock.now().timestamp())), given["nonce"])
    return Response(sealed, content_type="application/xml; charset=utf-8")


def _open(given: dict[str, str], account: crypto.Account) -> bytes:
    """The message inside the request. Raises `BadCallback` or `NotGenuine`."""
    if given["encrypt_type"] != "aes":
        raise NotGenuine("not safe mode")
    apart = crypto.check_fresh(given["timestamp"], int(clock.now().timestamp()), account.freshness)
    if apart > WARN_SECONDS:
        log.warning("our clock and WeChat's drift apart", extra={"seconds": apart})
    if (request.content_length or 0) > incoming.MAX_BYTES:
        raise BadCallback("the body is longer than 64 KB")
    outer = incoming.read_xml(request.stream.read(incoming.MAX_BYTES + 1))
    sealed = outer.get("Encrypt")
    if not isinstance(sealed, str):
        raise NotGenuine("no Encrypt")
    if not crypto.is_signed(
        given["msg_signature"], account.token, given["timestamp"], given["nonce"], sealed
    ):
        raise NotGenuine("msg_signature")
    return crypto.open_sealed(sealed, account)


def _handle(message: Incoming, body: bytes) -> str:
    """The passive reply to `message`; what it changes is in one transaction with its first arrival.

    A message that changes nothing is one insert, which needs no BEGIN and no COMMIT around it, nor a session.
    """
    if message.topic not in effects.CHANGING and not _is_desk(message):
        with each_alone() as connection:
            return service.keep(connection, message, body, _reply(connection, message)).reply
    with transaction():
        connection = db.session.connection()
        kept = service.keep(connection, message, body, _reply(connection, message))
        if kept.is_first:
            _change(connection, message)
    return kept.reply


def _is_desk(message: Incoming) -> bool:
    """Was a code scanned that stands on a member of staff's own page?"""
    return message.scene.startswith(scenes.DESK)


def _change(connection: Connection, message: Incoming) -> None:
    """What the event changes, once."""
    if follow := effects.FOLLOWING.get(message.topic):
        follow(connection, message)
    if tell := effects.TOLD.get(message.topic):
        tell(message, _hooks())


def _reply(connection: Connection, message: Incoming) -> str:
    """The reply as XML, made before the message is kept, because a repeat must get the very same."""
    hooks = _hooks()
    asked = replies.Asked(
        message,
        _voice(),
        lambda: hooks.facts(connection, message.openid),
        lambda: hooks.origin(connection, message.scene),
        hooks.tie(message.openid, message.scene) if _is_desk(message) else "",
    )
    words = outgoing.cut(replies.answer(asked))
    return outgoing.text_reply(message, words, int(clock.now().timestamp())) if words else ""


def _parameters(*names: str) -> dict[str, str]:
    """Each of these query parameters, given exactly once and not too long."""
    found = {}
    for name in names:
        values = request.args.getlist(name)
        if len(values) != 1 or len(values[0]) > LONGEST_PARAMETER:
            raise NotGenuine(f"{name} is missing or repeated")
        found[name] = values[0]
    return found


def _plain(text: str, status: int = 200) -> Response:
    return Response(text, status=status, content_type="text/plain; charset=utf-8")


def _hooks() -> Hooks:
    hooks: Hooks = current_app.extensions["huzhu"]["wechat_hooks"]
    return hooks


def _account() -> crypto.Account:
    return _ours()[0]


def _voice() -> replies.Voice:
    return _ours()[1]


def _ours() -> tuple[crypto.Account, replies.Voice]:
    """The account and how it speaks, made once for the settings and the scheme in force."""
    parts = current_app.extensions["huzhu"]
    known, brand = context.settings(), context.scheme().brand
    made = parts.get("wechat_made")
    if made is None or made[0] is not known or made[1] is not brand:
        aes_keys = crypto.keys(known.wechat_aes_key, known.wechat_aes_key_previous)
        account = crypto.Account(known.wechat_app_id, known.wechat_token, aes_keys, known.wechat_freshness)
        voice = replies.Voice(brand.account, brand.title, brand.hotline, known.public_url)
        made = parts["wechat_made"] = known, brand, account, voice
    return made[2], made[3]
