"""Which channels are there? One line each: how it sends, how it is asked, how long before it knows.

A new SMS provider is one file beside these, one line here, its settings and its ids in
config/sms_templates.toml.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notify.channels import aliyun, mail, sandbox_sms, tencent, wechat
from notify.channels.wire import Letter, NoAnswer
from notify.rules import Answer, Outcome

__all__ = ["CHANNELS", "Channel", "Letter", "NoAnswer"]


@dataclass(frozen=True)
class Channel:
    """`settle`: seconds after which the provider's own records can be trusted to show a message."""

    send: Callable[[Letter], Outcome]
    ask: Callable[[Letter], Answer]
    settle: float


CHANNELS: dict[str, Channel] = {
    "sandbox": Channel(sandbox_sms.send, sandbox_sms.ask, settle=2.0),
    "tencent": Channel(tencent.send, tencent.ask, settle=60.0),
    "aliyun": Channel(aliyun.send, aliyun.ask, settle=120.0),
    "wechat": Channel(wechat.send, wechat.ask, settle=15.0),
    "mail": Channel(mail.send, mail.ask, settle=60.0),
}
