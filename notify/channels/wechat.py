"""How is a WeChat message sent? By template or subscription message, as staff or the profile map it.

A template message carries our id as `client_msg_id`: WeChat counts it once in ten minutes, so within nine
an unknown outcome is cleared up by sending again. A subscription message has no id at all: what is unknown
there waits for its event, and is then left to a person.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from core import context
from notify.channels.wire import Letter
from notify.rules import Answer, Outcome, fitted
from wechat.client import WeChatError, send_subscription, send_template
from wechat.service.mappings import Mapped, carrier, filled

SAME_ID_SECONDS = 9 * 60


def send(letter: Letter) -> Outcome:
    try:
        template = _template(letter)
    except DBAPIError:
        return Outcome("later", code="database")
    if template is None:
        return Outcome("unreachable", code="no_mapping")
    url = context.settings().public_url + str(letter.params.get("link", ""))
    try:
        reference = _sent(letter, template, url)
    except WeChatError as error:
        return refusal(error)
    return Outcome("sent", reference=reference)


def _template(letter: Letter) -> Mapped | None:
    return carrier(letter.kind, str(letter.params.get("template", "")))


def _sent(letter: Letter, template: Mapped, url: str) -> str:
    values = filled(template.fields, letter.params.get("fields", {}))
    data = {field: fitted(field, text) for field, text in values.items()}
    if template.needs_consent:
        send_subscription(letter.address, template.template_id, data, page=url)
        return ""
    return send_template(letter.address, template.template_id, data, url=url, client_msg_id=letter.id)


def refusal(error: WeChatError) -> Outcome:
    """What a failed call means for the message; the inbox row is there in any case."""
    code = str(error.errcode) if error.errcode is not None else error.errmsg[:40]
    if error.verdict == "already":
        return Outcome("sent", code=code)
    if error.verdict == "not_follower":
        return Outcome("unreachable", code=f"not_follower {code}")
    if error.verdict == "unknown":
        return Outcome("unknown", code=code, blames=True)
    if error.verdict == "later":
        return Outcome("later", code=code, blames=error.errcode in (None, -1) or error.needs_operator)
    return Outcome("never", code=code)


def ask(letter: Letter) -> Answer:
    template = _template(letter)
    if template is None or template.needs_consent or letter.unsure_for > SAME_ID_SECONDS:
        return Answer("silent")
    outcome = send(letter)
    if outcome.verdict == "sent":
        return Answer("taken", outcome.reference)
    if outcome.verdict in ("never", "unreachable"):
        return Answer("failed", code=outcome.code)
    return Answer("silent", code=outcome.code)
