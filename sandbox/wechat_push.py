"""How does WeChat push to us? Signed, sealed, five seconds, three attempts, and a verdict on our answer."""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import requests

from sandbox import wechat_replies
from sandbox.errands import Errands
from sandbox.people import Person
from sandbox.state import FAILED_LINE, World
from sandbox.wechat_crypto import seal, sign

AGENT = "Mozilla/4.0"


@dataclass
class Attempt:
    at: float
    seconds: float
    status: int  # 0 = no answer
    outcome: str  # success | empty | xml | encrypted xml | invalid | timeout | refused
    detail: str = ""


@dataclass
class Push:
    id: int
    openid: str
    what: str  # msgtype or event name
    body: str
    is_answerable: bool  # the person sees an answer, or the failure line
    attempts: list[Attempt] = field(default_factory=list)
    outcome: str = "pending"
    warnings: list[str] = field(default_factory=list)
    lines: list[dict] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        return asdict(self)


class PushEngine:
    def __init__(self, world: World, errands: Errands) -> None:
        self.world = world
        self.errands = errands
        self.held: list[Push] = []

    @property
    def url(self) -> str:
        return f"{self.world.settings.public_url.rstrip('/')}/wechat/callback"

    # -- what happens outside, told to the product ---------------------------
    def message(self, person: Person, kind: str, **fields: Any) -> Push:
        push = self._prepare(
            person.openid, kind, {"MsgType": kind, **fields, "MsgId": self.world.next_id()}, True
        )
        return self.deliver(push)

    def event(self, openid: str, name: str, is_answerable: bool = True, **fields: Any) -> Push:
        push = self._prepare(openid, name, {"MsgType": "event", "Event": name, **fields}, is_answerable)
        return self.deliver(push)

    def event_later(self, openid: str, name: str, **fields: Any) -> None:
        self.errands.later(0, lambda: self.event(openid, name, False, **fields))

    def _prepare(self, openid: str, what: str, fields: dict[str, Any], is_answerable: bool) -> Push:
        head = {"ToUserName": self.world.original_id, "FromUserName": openid, "CreateTime": int(time.time())}
        push = Push(self.world.next_id(), openid, what, to_xml({**head, **fields}), is_answerable)
        with self.world.lock:
            self.world.pushes.append(push)
        return push

    # -- delivery --------------------------------------------------------------
    def deliver(self, push: Push) -> Push:
        if self.world.push.is_reordering:
            return self._hold(push)
        self._run(push)
        if self.world.push.is_duplicating:
            self._attempt(push)
        return push

    def _hold(self, push: Push) -> Push:
        with self.world.lock:
            self.held.append(push)
            ready = self.held[::-1] if len(self.held) >= 2 else []
            if ready:
                self.held = []
            else:
                push.outcome = "held"
        for held in ready:
            self._run(held)
        return push

    def flush(self) -> None:
        with self.world.lock:
            ready, self.held = self.held[::-1], []
        for push in ready:
            self._run(push)

    def repeat(self, push: Push) -> Push:
        """The same message once more, as after a lost answer: same MsgId, new timestamp and nonce."""
        self._attempt(push)
        return push

    def _run(self, push: Push) -> None:
        for _ in range(self.world.push.attempts):
            verdict = self._attempt(push)
            if verdict.outcome not in ("timeout", "refused"):
                break
        self._conclude(push, verdict)

    def _attempt(self, push: Push) -> wechat_replies.Verdict:
        started = time.monotonic()
        status, verdict = self._post(push)
        taken = time.monotonic() - started
        push.attempts.append(Attempt(time.time(), round(taken, 4), status, verdict.outcome, verdict.detail))
        return verdict

    def _post(self, push: Push) -> tuple[int, wechat_replies.Verdict]:
        query, body = self.finished(push.openid, push.body)
        options = self.world.push
        try:
            answer = requests.post(
                self.url,
                params=query,
                data=body.encode(),
                timeout=(options.deadline, options.deadline),
                allow_redirects=False,
                headers={"Content-Type": "text/xml", "User-Agent": AGENT, "Connection": "close"},
            )
        except requests.Timeout:
            return 0, wechat_replies.Verdict("timeout", f"no answer in {options.deadline:g} s")
        except requests.RequestException as error:
            return 0, wechat_replies.Verdict("refused", type(error).__name__)
        if answer.status_code != 200:
            return answer.status_code, wechat_replies.Verdict("refused", f"HTTP {answer.status_code}")
        return 200, wechat_replies.judge(self.world, push.openid, answer.content)

    def finished(self, openid: str, xml: str) -> tuple[dict[str, str], str]:
        """The query and the body of one attempt: always a new timestamp, nonce and random prefix."""
        settings, options = self.world.settings, self.world.push
        timestamp, nonce = str(int(time.time()) + options.timestamp_skew), secrets.token_hex(5)
        query = {"signature": sign(settings.wechat_token, timestamp, nonce), "timestamp": timestamp}
        query |= {"nonce": nonce, "openid": openid}
        if options.mode == "plain":
            return query, xml
        sealed = seal(xml, settings.wechat_aes_key, settings.wechat_app_id)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = sign(settings.wechat_token, timestamp, nonce, sealed)
        inner = xml.removeprefix("<xml>").removesuffix("</xml>") if options.mode == "compat" else ""
        to = "" if inner else f"<ToUserName><![CDATA[{self.world.original_id}]]></ToUserName>"
        return query, f"<xml>{inner}{to}<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"

    def _conclude(self, push: Push, verdict: wechat_replies.Verdict) -> None:
        push.outcome, push.warnings = verdict.outcome, verdict.warnings
        person = self.world.person(push.openid)
        if person is None or not push.is_answerable:
            return
        if verdict.outcome in ("invalid", "timeout", "refused"):
            line = self.world.say(person, "system", "text", text=FAILED_LINE)
        elif verdict.kind:
            line = self.world.say(person, "account", verdict.kind, **verdict.content)
        else:
            return
        push.lines.append(asdict(line))

    # -- the console's "submit" button -----------------------------------------
    def verify_url(self) -> dict[str, Any]:
        token, echo = self.world.settings.wechat_token, str(secrets.randbelow(10**18))
        timestamp, nonce = str(int(time.time())), secrets.token_hex(5)
        query = {
            "signature": sign(token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "echostr": echo,
        }
        try:
            answer = requests.get(
                self.url, params=query, timeout=self.world.push.deadline, allow_redirects=False
            )
        except requests.RequestException as error:
            return {"is_accepted": False, "detail": type(error).__name__}
        is_accepted = answer.status_code == 200 and answer.text == echo
        return {"is_accepted": is_accepted, "status": answer.status_code, "detail": answer.text[:200]}


def to_xml(fields: dict[str, Any]) -> str:
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: dict[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        return f"<{name}>{_inner(value)}</{name}>"
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    safe = str(value).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{safe}]]></{name}>"
