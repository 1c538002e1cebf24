"""What does a failed call to WeChat mean for the caller? One table of error codes (pure).

An exception of ours never holds a URL, a request or a response: those carry the appsecret, the access token
or an OAuth code.
"""

from __future__ import annotations

import re
from typing import Literal

Verdict = Literal["later", "never", "not_follower", "already", "unknown"]

TOKEN_REFUSED = frozenset({40001, 40014, 42001})
CODE_USED = frozenset({40029, 40163, 41008, 42003})

LATER = frozenset(
    {
        -1,  # busy
        40001,  # the token was refused twice
        40014,
        42001,
        40013,  # appid or secret is wrong: nothing of ours is lost while the operator mends it
        40125,
        40164,  # our address is not on the allow-list yet
        43117,  # too many to this person
        45009,  # daily quota
        45011,  # minute quota
        45047,  # too many customer-service messages
        50002,
        89501,  # the address waits for the administrator
        89503,
        89506,
        89507,
    }
)
NOT_FOLLOWER = frozenset({40003, 43004, 43101, 45015})  # this person cannot be reached by this channel
ALREADY = frozenset({40241})  # the same content went to the same person within 60 seconds
# Only a person at the console can mend these.
OPERATOR = frozenset({40013, 40125, 40164, 40249, 43116, 48001, 89501, 89503, 89506, 89507})

_RID = re.compile(r"\s*rid:\s*([0-9A-Za-z-]+)\s*$")


class WeChatError(Exception):
    """A call to WeChat that did not end well.

    `verdict`: "later" try again · "never" give up · "not_follower" other channel · "already" it was sent
    before · "unknown" WeChat may or may not have done it.
    """

    def __init__(self, errcode: int | None, errmsg: str, verdict: Verdict, rid: str = "") -> None:
        super().__init__(errcode, errmsg, verdict, rid)
        self.errcode = errcode
        self.errmsg = errmsg
        self.verdict: Verdict = verdict
        self.rid = rid

    @property
    def needs_operator(self) -> bool:
        """Nothing but a person at the console can mend this."""
        return self.errcode in OPERATOR

    def __str__(self) -> str:
        return (
            f"wechat {self.errcode} {self.errmsg} ({self.verdict}{', rid ' + self.rid if self.rid else ''})"
        )


def from_code(errcode: int, errmsg: object, secrets: tuple[str, ...] = ()) -> WeChatError:
    """The error for one of WeChat's codes, its request id apart and every known secret blotted out."""
    text = str(errmsg)
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    found = _RID.search(text)
    rid = found.group(1) if found else ""
    return WeChatError(errcode, _RID.sub("", text)[:200], verdict_of(errcode), rid)


def verdict_of(errcode: int) -> Verdict:
    if errcode in LATER:
        return "later"
    if errcode in NOT_FOLLOWER:
        return "not_follower"
    return "already" if errcode in ALREADY else "never"


def no_answer(kind: str, *, reached: bool) -> WeChatError:
    """No usable answer: "later" when the request certainly never arrived, else "unknown"."""
    return WeChatError(None, kind, "unknown" if reached else "later")


def before_the_call(error: WeChatError) -> WeChatError:
    """A token could not be had, so that the call itself was never made: worth trying again for certain."""
    return WeChatError(error.errcode, error.errmsg, "later", error.rid)
