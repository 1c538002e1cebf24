"""What does a message say once its places are filled, for each channel?"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from core import clock, context
from notify.messages import Notice, Nudge, places

About = tuple[str, uuid.UUID | None, str]
NOTHING: About = ("", None, "")
DRAIN = "notify.drain"


def filled(about: About, values: Mapping[str, str]) -> dict[str, str]:
    when = clock.now().astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return {**values, **site_words(), "number": about[2] or "-", "when": when, "id": str(about[1] or "")}


def site_words() -> dict[str, str]:
    """The words that are the same in every message of this scheme."""
    scheme = context.scheme()
    return {
        "account": scheme.brand.account,
        "operator": scheme.brand.operator,
        "sent_back": scheme.review.sent_back,
    }


def wechat_params(words: Notice | Nudge, filling: Mapping[str, str]) -> dict[str, Any]:
    fields = {name: text.format(**filling) for name, text in words.wechat.fields.items()}
    return {"template": words.wechat.template, "fields": fields, "link": words.link.format(**filling)}


def sms_params(words: Notice, filling: Mapping[str, str]) -> dict[str, Any]:
    link = context.settings().public_url + words.sms_link
    return {"text": words.sms.format(**{**filling, "link": link}), "values": _sms_values(words, filling)}


def _sms_values(words: Notice, filling: Mapping[str, str]) -> dict[str, str]:
    """The cloud's template has the constant parts in it; only what differs from person to person is sent."""
    constant = {"account", "operator", "sent_back", "link"}
    return {name: filling[name] for name in places(words.sms) if name not in constant}
