"""Who lives in the outside world from the start? Eight people who do not exist.

Their certificates carry area code 459999 / 359999, which was never given to a place.
"""

from __future__ import annotations

from dataclasses import dataclass, field


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


_FIRST = (
    ("zhang", "张建国", "19900000001", "459999197001020017", "6217000000000000111", True),
    ("li", "李秀英", "19900000002", "459999197203040024", "6217000000000000228", True),
    ("wang", "王小明", "19900000003", "459999198805060035", "6217000000000000335", False),
    ("chen", "陈·测试", "19900000004", "359999199007080040", "6217000000000000442", True),
    ("zhao", "赵示例", "19900000005", "359999198109100052", "6217000000000000558", True),
    ("sun", "孙样本", "19900000006", "459999199511120068", "6217000000000000665", False),
    ("lin", "林演示", "19900000007", "359999197902140071", "6217000000000000772", True),
    ("wu", "吴虚构", "19900000008", "459999198606160084", "6217000000000000889", False),
)


def first_people(now: float) -> list[Person]:
    return [_person(n, row, now) for n, row in enumerate(_FIRST, 1)]


def _person(n: int, row: tuple[str, str, str, str, str, bool], now: float) -> Person:
    key, name, phone, id_number, bank_card, is_follower = row
    return Person(
        key=key,
        name=name,
        openid=f"oSandboxUser{n:016d}",
        unionid=f"uSandboxUnion{n:015d}",
        phone=phone,
        id_number=id_number,
        bank_card=bank_card,
        nickname=name,
        is_follower=is_follower,
        followed_at=int(now) if is_follower else 0,
    )
