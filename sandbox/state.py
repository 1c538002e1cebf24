"""What does the outside world remember? The `World`: people, chats, tokens, messages, behind one lock."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.people import Line, Person, Window, first_people
from sandbox.wechat_tokens import Tokens

CHAT_KEEPS = 500
SMS_KEEPS = 20_000
MESSAGE_WINDOW = (48 * 3600, 5)
ACTION_WINDOW = (60, 3)
FAILED_LINE = "该公众号暂时无法提供服务，请稍后再试"


@dataclass
class Media:
    media_id: str
    kind: str
    content: bytes
    content_type: str
    filename: str
    created_at: float


@dataclass
class QrTicket:
    ticket: str
    scene: str
    is_string: bool
    expires_at: float | None
    url: str


@dataclass
class Template:
    """A message template; `type` 0 = template message, 2 = one-time, 3 = long-term subscription."""

    template_id: str
    title: str
    content: str
    type: int = 0
    example: str = ""
    enums: dict[str, list[str]] = field(default_factory=dict)
    is_banned: bool = False


@dataclass
class Sms:
    id: str
    provider: str
    phone: str
    sign: str
    template: str
    params: list[str]
    text: str
    at: float
    status: str = "pending"  # pending | delivered | failed
    reason: str = ""
    context: str = ""  # what the sender gave for itself: SessionContext, OutId
    reported_at: float = 0.0
    report_answer: str = ""


@dataclass
class Mail:
    id: str
    to: str
    subject: str
    text: str
    at: float


@dataclass
class PushOptions:
    """How the push engine behaves; every value may be set by POST /push.json."""

    mode: str = "safe"  # safe | plain | compat
    deadline: float = 5.0
    attempts: int = 3
    is_duplicating: bool = False  # every push is sent once more after it was answered
    is_reordering: bool = False  # pushes are held in pairs and sent in the wrong order
    is_finish_first: bool = False  # the result event is pushed before the send call is answered
    timestamp_skew: int = 0
    receipt_delay: float = 0.2
    finish_status: str = ""  # force e.g. "failed: system failed"


class World:
    """Everything outside. Verbs take the lock themselves; modules with own state do it with `world.lock`."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.faults = Faults()
        self.generation = 0
        self.version = 0  # goes up with every change worth keeping
        self._last_id = 0
        self.templates: dict[str, Template] = {}
        self.sms_templates: dict[str, dict] = {}
        self.reset()

    def reset(self) -> None:
        """The first day again; what is still under way for the old world is dropped (`generation`).

        The catalogues of templates stay: the product files them once, when it starts.
        """
        with self.lock:
            self.generation += 1
            self.faults.clear()
            self._start()
            self.changed()

    def _start(self) -> None:
        self.clock = Clock()
        self.push = PushOptions()
        self.tokens = Tokens(self.clock)
        self.original_id = getattr(self.settings, "wechat_original_id", "") or "gh_5a1e70mutual"
        self.people: dict[str, Person] = {p.openid: p for p in first_people(self.clock.now())}
        self.menu: dict | None = None
        self.media: dict[str, Media] = {}
        self.qr: dict[str, QrTicket] = {}
        self.forget_sms()
        self.sms_fates: dict[str, dict] = {}
        self.sms_limits = True
        self.mail: deque[Mail] = deque(maxlen=2_000)
        self.batches: dict[str, Any] = {}
        self.bank_refusals: dict[str, str] = {}
        self.transfers: list[Any] = []
        self.identity_refusals: dict[str, str] = {}
        self.oidc_codes: dict[str, dict[str, Any]] = {}
        self.oidc_trick = ""
        self.sent: dict[str, Any] = {}  # template messages of the last ten minutes, oldest first
        self.pushes: deque[Any] = deque(maxlen=2_000)
        self.counts: Counter[str] = Counter()

    # -- names and numbers -------------------------------------------------
    def next_id(self) -> int:
        """A number that grows over restarts too: microseconds, never the same twice."""
        with self.lock:
            self._last_id = max(self._last_id + 1, time.time_ns() // 1000)
            return self._last_id

    def secret_word(self, prefix: str, length: int = 48) -> str:
        return prefix + secrets.token_urlsafe(length)

    def count(self, what: str) -> int:
        """How often `what` happened today, this time included."""
        with self.lock:
            self.counts[f"{self.clock.day()}|{what}"] += 1
            return self.counts[f"{self.clock.day()}|{what}"]

    def changed(self) -> None:
        with self.lock:
            self.version += 1

    # -- people ------------------------------------------------------------
    def person(self, key_or_openid: str) -> Person | None:
        with self.lock:
            if key_or_openid in self.people:
                return self.people[key_or_openid]
            return next((p for p in self.people.values() if p.key == key_or_openid), None)

    def add_person(self, person: Person) -> Person:
        with self.lock:
            self.people[person.openid] = person
            self.changed()
            return person

    def follow(self, person: Person, scene: str = "", how: str = "ADD_SCENE_SEARCH") -> None:
        with self.lock:
            person.is_follower, person.followed_at = True, int(self.clock.now())
            person.follow_scene, person.qr_scene = how, scene
            self.open_window(person, "action")
            self.changed()

    def unfollow(self, person: Person) -> None:
        with self.lock:
            person.is_follower, person.windows = False, []
            self.changed()

    # -- chat --------------------------------------------------------------
    def say(self, person: Person, by: str, kind: str, **content: Any) -> Line:
        with self.lock:
            line = Line(self.next_id(), self.clock.now(), by, kind, content)
            person.chat.append(line)
            del person.chat[:-CHAT_KEEPS]
            self.changed()
            return line

    def open_window(self, person: Person, kind: str) -> None:
        """The person did something: the account may answer (5 in 48 hours, or 3 in a minute)."""
        seconds, left = MESSAGE_WINDOW if kind == "message" else ACTION_WINDOW
        with self.lock:
            now = self.clock.now()
            person.windows = [w for w in person.windows if w.ends_at > now and w.kind != kind]
            person.windows.append(Window(kind, now + seconds, left))
            person.last_said_at = now

    def use_window(self, person: Person) -> int:
        """0 = one message used up; otherwise WeChat's error code."""
        with self.lock:
            now = self.clock.now()
            open_now = sorted((w for w in person.windows if w.ends_at > now), key=lambda w: w.ends_at)
            if not person.is_follower or not open_now:
                return 45015
            usable = next((w for w in open_now if w.left > 0), None)
            if usable is None:
                return 45047
            usable.left -= 1
            return 0

    # -- SMS ---------------------------------------------------------------
    def keep_sms(self, sms: Sms) -> None:
        with self.lock:
            if len(self.sms) >= SMS_KEEPS:
                old = self.sms.popleft()
                self.sms_of[old.provider, old.phone].remove(old)
                self.sms_by_id.pop((old.provider, old.id), None)
            self.sms.append(sms)
            self.sms_of.setdefault((sms.provider, sms.phone), []).append(sms)
            self.sms_by_id[sms.provider, sms.id] = sms
            self.changed()

    def forget_sms(self) -> None:
        with self.lock:
            self.sms: deque[Sms] = deque()
            self.sms_of: dict[tuple[str, str], list[Sms]] = {}
            self.sms_by_id: dict[tuple[str, str], Sms] = {}
            self.changed()

    # -- media -------------------------------------------------------------
    def keep_media(self, kind: str, content: bytes, content_type: str, filename: str) -> Media:
        with self.lock:
            media = Media(self.secret_word("", 48), kind, content, content_type, filename, self.clock.now())
            self.media[media.media_id] = media
            return media

    def live_media(self, media_id: str) -> Media | None:
        with self.lock:
            media = self.media.get(media_id)
            return media if media and self.clock.now() < media.created_at + 3 * 86400 else None


def world() -> World:
    """The world of the running app."""
    return current_app.extensions["sandbox_world"]
