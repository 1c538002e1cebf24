"""Who lives in the outside world? At first the people of config/demo.py, who do not exist."""

from __future__ import annotations

from dataclasses import dataclass, field

from config.demo import PEOPLE, DemoPerson


@dataclass
class Line:
    """One line of a chat: what the person or the official account said, and when."""

    id: int
    at: float
    by: str  # person | account | system
    kind: str  # text | image | news | template | subscribe | msgmenu | ...
    content: dict = field(default_factory=dict)


@dataclass
class Window:
    """A customer-service window: how many messages the account may still send, and until when."""

    kind: str  # message (5 in 48 h) | action (3 in 1 minute)
    ends_at: float
    left: int


@dataclass
class Person:
    key: str
    name: str
    openid: str
    phone: str
    id_number: str
    bank_card: str
    nickname: str = "微信用户"
    unionid: str = ""
    is_follower: bool = False
    is_blocking: bool = False  # follows, but refuses messages
    is_snapshot: bool = False  # opens pages in 快照页 mode: a virtual account
    followed_at: int = 0
    follow_scene: str = "ADD_SCENE_SEARCH"
    qr_scene: str = ""
    last_said_at: float = 0.0
    windows: list[Window] = field(default_factory=list)
    grants: dict[str, int] = field(default_factory=dict)  # template id -> one-time consents left
    refusals: list[str] = field(default_factory=list)
    chat: list[Line] = field(default_factory=list)

    @property
    def virtual_openid(self) -> str:
        return f"oSandboxVirt{self.openid[-16:]}"


def first_people(now: float) -> list[Person]:
    return [_person(n, known, now) for n, known in enumerate(PEOPLE, 1)]


def _person(n: int, known: DemoPerson, now: float) -> Person:
    return Person(
        key=known.key,
        name=known.name,
        openid=f"oSandboxUser{n:016d}",
        unionid=f"uSandboxUnion{n:015d}",
        phone=known.phone,
        id_number=known.id_number,
        bank_card=known.bank_card,
        nickname=known.name,
        is_follower=known.is_follower,
        followed_at=int(now) if known.is_follower else 0,
    )
