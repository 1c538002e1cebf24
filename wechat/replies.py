"""What does the account answer? The whole conversation as one table (pure).

`TOPICS` says which words and menu keys lead to which answer; `EVENTS` says what an event is answered with.
What is in neither is answered with help when a person wrote it, and with nothing when WeChat did.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import quote

from wechat.incoming import Incoming

CLAIMS_SHOWN = 5


class Facts(TypedDict, total=False):
    """What is known about the writer: `name` masked, only when bound; claims as (number, words of state)."""

    name: str
    claims: list[tuple[str, str]]
    todo: int


@dataclass(frozen=True)
class Voice:
    """Whose words these are: the scheme profile's names, and where our pages are."""

    account: str
    title: str
    hotline: str
    public_url: str

    def link(self, page: str, words: str) -> str:
        """A link that signs the person in silently and lands on `page`."""
        return f'<a href="{self.public_url}/wechat/oauth?next={quote(page)}">{words}</a>'


@dataclass(frozen=True)
class Asked:
    """One message with what the answer may need; `facts` is looked up only when it is asked for."""

    message: Incoming
    voice: Voice
    facts: Callable[[], Facts]
    origin: Callable[[], str] = str  # the union whose QR code was scanned
    desk: str = ""  # what a member of staff reads who scanned the code of their own page


Answer = Callable[[Asked], str]


def _scanned(asked: Asked) -> str:
    return asked.desk or _me(asked)


def _welcome(asked: Asked) -> str:
    if asked.desk:
        return asked.desk
    facts, voice = asked.facts(), asked.voice
    if facts.get("name"):
        return f"{facts['name']}，欢迎回来！\n" + _doors(voice)
    union = asked.origin()
    by = f"您扫的是{union}的二维码。\n" if union else ""
    return (
        f"欢迎关注{voice.account}！\n{by}请先{voice.link('/h5/bind', '绑定职工信息')}，绑定后可以：\n"
        "· 查看保障权益\n· 自助申请补助\n· 获取工会资讯\n"
        "绑定时请准备好姓名、证件号码和能收短信的手机。回复“帮助”查看更多。"
    )


def _me(asked: Asked) -> str:
    facts, voice = asked.facts(), asked.voice
    if not facts.get("name"):
        return _not_bound(voice)
    todo = facts.get("todo", 0)
    waiting = f"您有 {todo} 件申请需要处理，请尽快查看。\n" if todo else ""
    return f"此微信已绑定 {facts['name']}。\n{waiting}" + _doors(voice)


def _doors(voice: Voice) -> str:
    return "\n".join(
        (
            voice.link("/h5/me", "个人中心"),
            voice.link("/h5/claims", "补助申请"),
            voice.link("/h5/coverage", "职工参保"),
        )
    )


def _not_bound(voice: Voice) -> str:
    return f"您还没有绑定，绑定后可查看参保和补助。\n请点{voice.link('/h5/bind', '绑定职工信息')}。"


def _progress(asked: Asked) -> str:
    facts, voice = asked.facts(), asked.voice
    if not facts.get("name"):
        return _not_bound(voice)
    claims = facts.get("claims")
    if claims is None:
        return f"请点{voice.link('/h5/claims', '补助申请')}查看进度。"
    if not claims:
        return f"您还没有申请过补助。出院并拿到发票后，可在{voice.link('/h5/claims', '补助申请')}里申请。"
    lines = [f"{number} {state}" for number, state in claims[:CLAIMS_SHOWN]]
    return "\n".join((f"{facts['name']}，您的补助申请：", *lines, voice.link("/h5/claims", "查看详情")))


def _claim(asked: Asked) -> str:
    return (
        f"请点{asked.voice.link('/h5/claims', '补助申请')}，再点【申请住院补助金】，"
        "按步骤上传证件和单据、填写收款账户后提交审核。\n职工客户端只能申请住院医疗补助。"
    )


def _coverage(asked: Asked) -> str:
    return f"请点{asked.voice.link('/h5/coverage', '职工参保')}查看参保记录。参保由单位工会统一办理。"


def _bind(asked: Asked) -> str:
    return _me(asked) if asked.facts().get("name") else _not_bound(asked.voice)


def _unbind(asked: Asked) -> str:
    return (
        f"请在{asked.voice.link('/h5/me', '个人中心')}点“解绑微信”。\n"
        "解绑后要重新输入验证码才能绑定，申请记录不会丢失。"
    )


def _change(asked: Asked) -> str:
    return (
        f"请点{asked.voice.link('/h5/changes', '个人信息变更')}，再点【我要变更信息】。\n"
        "不允许同时修改姓名和证件号码。"
    )


def _news(asked: Asked) -> str:
    voice = asked.voice
    return "\n".join(
        (
            voice.link("/h5/notices", "公告通知"),
            voice.link("/h5/articles", "文章资讯"),
            voice.link("/h5/brochure", "宣传手册"),
        )
    )


def _help(asked: Asked) -> str:
    voice = asked.voice
    phone = f"服务电话：{voice.hotline}。" if voice.hotline else ""
    return (
        f"这里是{voice.account}。您可以回复：\n"
        "“进度” 查看补助申请进度\n“申请” 申请住院补助\n“参保” 查看参保记录\n"
        "“绑定” 绑定职工信息\n“变更” 变更个人信息\n“资讯” 公告和文章\n"
        f"或打开{voice.link('/h5/', voice.title)}办理。\n遇到问题？联系本单位工会。{phone}"
    )


def _picture(asked: Asked) -> str:
    return (
        "聊天里发来的照片和文件不会作为申请材料。\n"
        f"请在{asked.voice.link('/h5/claims', '补助申请')}的申请页面上传。"
    )


def _personal(asked: Asked) -> str:
    return (
        "请不要在聊天里发送证件号码、手机号码、银行卡号等个人信息，您可以长按这条消息删除。\n"
        f"需要填写时，请在{asked.voice.link('/h5/me', '个人中心')}的页面里填写。"
    )


@dataclass(frozen=True)
class Topic:
    """One answer: the menu keys and the words that lead to it."""

    name: str
    answer: Answer
    keys: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


# The first topic with a matching word answers, so the narrower words stand above the wider ones.
TOPICS = (
    Topic("unbind", _unbind, ("unbind",), ("解绑", "解除绑定", "换绑", "换微信")),
    Topic(
        "progress",
        _progress,
        ("progress", "claim_progress"),
        ("进度", "状态", "到账", "打款", "审核", "查询"),
    ),
    Topic("change", _change, ("change",), ("变更", "修改", "更正", "改信息", "改名", "换手机")),
    Topic("bind", _bind, ("bind",), ("绑定", "注册", "登录")),
    Topic("claim", _claim, ("claim",), ("申请", "补助", "报销", "住院", "理赔")),
    Topic("coverage", _coverage, ("coverage",), ("参保", "保障", "权益", "保险")),
    Topic("news", _news, ("news",), ("公告", "通知", "资讯", "文章", "手册", "政策")),
    Topic("me", _me, ("me", "mine"), ("我的", "个人中心", "个人信息")),
    Topic("help", _help, ("help",), ("帮助", "你好", "您好", "人工", "客服", "电话")),
)
BY_KEY = {key: topic for topic in TOPICS for key in topic.keys}

# Events by their name in lower case; any other event is answered with nothing.
EVENTS: dict[str, Answer] = {
    "subscribe": _welcome,
    "scan": _scanned,
    "click": lambda asked: BY_KEY.get(asked.message.key.lower(), BY_KEY["help"]).answer(asked),
    "scancode_waitmsg": _help,
}

# Messages that are not text; any other kind is answered with help.
KINDS: dict[str, Answer] = {"image": _picture, "video": _picture, "shortvideo": _picture}

# A person's or a card's number as people type it, but no number of ours like BG1344168415351173120.
_NUMBERS = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|[0-9]{15}|1[3-9][0-9]{9}|[0-9]{13,19}"
    r"|[HMhm][0-9]{8,10}|[EGegDSPdsp][A-Za-z]?[0-9]{7,8})(?![0-9A-Za-z])"
)


def holds_personal_number(text: str) -> bool:
    """Does the text hold something like an identity, phone or card number?"""
    plain = unicodedata.normalize("NFKC", text)
    return bool(_NUMBERS.search(plain) or _NUMBERS.search(re.sub(r"(?<=[0-9])[ \-]+(?=[0-9Xx])", "", plain)))


def topic_of(text: str) -> Topic:
    """The topic that a text is about; help when it is about none."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    for topic in TOPICS:
        if any(word in plain for word in topic.words):
            return topic
    return BY_KEY["help"]


def answer(asked: Asked) -> str:
    """The words to answer with; empty when there is nothing to say."""
    message = asked.message
    if message.kind == "event":
        speak = EVENTS.get(message.topic)
        return speak(asked) if speak else ""
    if message.kind == "text":
        return (
            _personal(asked) if holds_personal_number(message.text) else topic_of(message.text).answer(asked)
        )
    return KINDS.get(message.kind, _help)(asked)
