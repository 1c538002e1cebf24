"""Which channels are there? One line each: how it sends, how it is asked, how long before it knows.

A new SMS provider is one file beside these, one line here, its settings and its ids in
config/sms_templates.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notify.channels import aliyun, mail, sandbox_sms, tencent, wechat
from notify.channels.wire import Letter, NoAnswer
from notify.rules import Answer, Outcome

__all__ = ["CHANNELS", "Channel", "Letter", "NoAnswer"]


@dataclass(frozen=True)
class Channel:
    """`settle`: seconds after which the provider's own records can be trusted to show a message.

    `send_many` carries up to `most` messages of one kind and the same words in one call, and gives an outcome
    for each, in their order; they share `Letter.batch`, and no number is among them twice.
    """

    send: Callable[[Letter], Outcome]
    ask: Callable[[Letter], Answer]
    settle: float
    send_many: Callable[[Sequence[Letter]], list[Outcome]] | None = None
    most: int = 1


CHANNELS: dict[str, Channel] = {
    "sandbox": Channel(sandbox_sms.send, sandbox_sms.ask, 2.0, sandbox_sms.send_many, sandbox_sms.MOST),
    "tencent": Channel(tencent.send, tencent.ask, 60.0, tencent.send_many, tencent.MOST),
    "aliyun": Channel(aliyun.send, aliyun.ask, 120.0, aliyun.send_many, aliyun.MOST),
    "wechat": Channel(wechat.send, wechat.ask, settle=15.0),
    "mail": Channel(mail.send, mail.ask, settle=60.0),
}
