"""Does the account answer what people ask, kindly and without telling too much?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.scheme import load_scheme
from tests.wechat.letters import event, text
from wechat.incoming import parse
from wechat.menu import menu_of
from wechat.outgoing import LONGEST_TEXT
from wechat.replies import BY_KEY, TOPICS, Asked, Facts, Voice, answer, holds_personal_number, topic_of

VOICE = Voice("广西职工保障互助协会", "广西职工互助", "0771-0000000", "https://huzhu.example.invalid")
NOBODY: Facts = {}
ZHANG: Facts = {
    "name": "张*国",
    "claims": [("BZ1344168415351173120", "待初核"), ("BZ1344201122043166720", "办结")],
    "todo": 1,
}
NEW: Facts = {"name": "李*英", "claims": [], "todo": 0}


def ask(body: str, facts: Facts = NOBODY) -> str:
    return answer(Asked(parse(body.encode()), VOICE, lambda: facts))


WORDS = [
    ("进度", "progress"),
    ("我的补助到账了吗", "progress"),
    ("查询状态", "progress"),
    ("怎么申请住院补助", "claim"),
    ("报销", "claim"),
    ("我参保了吗", "coverage"),
    ("绑定", "bind"),
    ("怎么解绑", "unbind"),
    ("解除绑定", "unbind"),
    ("换微信了", "unbind"),
    ("信息变更", "change"),
    ("我要修改手机号", "change"),
    ("最新政策", "news"),
    ("宣传手册", "news"),
    ("我的", "me"),
    ("个人中心", "me"),
    ("帮助", "help"),
    ("你好", "help"),
    ("今天天气怎么样", "help"),
    ("", "help"),
    ("HELP", "help"),
]


@pytest.mark.parametrize(("words", "topic"), WORDS)
def test_words_lead_to_their_topic(words: str, topic: str) -> None:
    assert topic_of(words).name == topic


ANSWERS = [
    (event("subscribe"), NOBODY, "next=/h5/bind"),
    (event("subscribe"), ZHANG, "张*国，欢迎回来"),
    (event("SCAN", EventKey="s"), NOBODY, "您还没有绑定"),
    (event("SCAN", EventKey="s"), ZHANG, "此微信已绑定 张*国"),
    (event("CLICK", EventKey="progress"), NOBODY, "您还没有绑定"),
    (event("CLICK", EventKey="CLAIM_PROGRESS"), ZHANG, "BZ1344168415351173120 待初核"),
    (event("CLICK", EventKey="help"), NOBODY, "服务电话：0771-0000000"),
    (event("CLICK", EventKey="no such key"), NOBODY, "您可以回复"),
    (text("进度"), ZHANG, "BZ1344201122043166720 办结"),
    (text("进度"), NEW, "您还没有申请过补助"),
    (text("进度"), {"name": "张*国"}, "查看进度"),
    (text("我的"), ZHANG, "您有 1 件申请需要处理"),
    (text("绑定"), NOBODY, "next=/h5/bind"),
    (text("绑定"), ZHANG, "此微信已绑定 张*国"),
    (text("解绑"), ZHANG, "解绑后要重新输入验证码才能绑定，申请记录不会丢失。"),
    (text("申请"), NEW, "职工客户端只能申请住院医疗补助"),
    (text("变更"), ZHANG, "不允许同时修改姓名和证件号码"),
    (text("参保"), NEW, "next=/h5/coverage"),
    (text("公告"), NOBODY, "next=/h5/notices"),
    (text("BZ1344168415351173120"), ZHANG, "您可以回复"),
    (text("11010119900307002X"), NOBODY, "请不要在聊天里发送"),
    (text("x").replace(">text<", ">image<"), NOBODY, "不会作为申请材料"),
    (text("x").replace(">text<", ">voice<"), NOBODY, "您可以回复"),
]


@pytest.mark.parametrize(("body", "facts", "expected"), ANSWERS)
def test_answers(body: str, facts: Facts, expected: str) -> None:
    words = ask(body, facts)
    assert expected in words
    assert len(words.encode()) <= LONGEST_TEXT


@pytest.mark.parametrize("name", ["unsubscribe", "VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "anything_new"])
def test_events_that_need_no_answer_ask_nothing(name: str) -> None:
    def never() -> Facts:
        raise AssertionError("facts were looked up for nothing")

    assert answer(Asked(parse(event(name).encode()), VOICE, never)) == ""


NUMBERS = [
    ("11010119900307002X", True),
    ("我的身份证是11010119900307002x请查收", True),
    ("1101 0119 9003 0700 2X", True),
    ("１１０１０１１９９００３０７００２Ｘ", True),
    ("13800138000", True),
    ("138-0013-8000", True),
    ("6217000000000000111", True),
    ("H12345678", True),
    ("E12345678", True),
    ("EA1234567", True),
    ("110101900307002", True),
    ("BG1344168415351173120", False),
    ("BZ1344168415351173120", False),
    ("CBFW2024080003", False),
    ("2026年10月1日住院", False),
    ("12345678", False),
    ("报了3206.30元", False),
    ("", False),
]


@pytest.mark.parametrize(("words", "is_personal"), NUMBERS)
def test_personal_numbers_are_noticed_and_ours_are_not(words: str, is_personal: bool) -> None:
    assert holds_personal_number(words) is is_personal


@given(st.text(max_size=2000))
def test_any_text_is_answered_within_the_limit_and_never_echoed(words: str) -> None:
    clean = "".join(c for c in words if c.isprintable() or c in "\n\t")
    body = text("Q" + clean.encode("utf-8", "ignore").decode())
    said = ask(body, ZHANG)
    assert said
    assert len(said.encode()) <= LONGEST_TEXT


def test_many_claims_are_cut_to_the_newest_few() -> None:
    facts: Facts = {"name": "张*国", "claims": [(f"BZ{n}", "待初核") for n in range(400)]}
    words = ask(text("进度"), facts)
    assert "BZ4 待初核" in words
    assert "BZ5 " not in words


def test_no_topic_word_is_unreachable() -> None:
    for topic in TOPICS:
        for word in topic.words:
            first = next(t for t in TOPICS if any(other in word for other in t.words))
            assert first.name == topic.name, word


@pytest.mark.parametrize("scheme", ["guangxi", "xiamen"])
def test_every_menu_key_of_the_profiles_is_answered(scheme: str) -> None:
    """GX-02: 【我的】 is in the menu, and each click says something."""
    menu = menu_of(load_scheme(scheme).menu, VOICE.public_url)
    assert "我的" in str(menu)
    leaves = [leaf for top in menu["button"] for leaf in top.get("sub_button", [top])]
    for leaf in leaves:
        if leaf["type"] == "click":
            assert leaf["key"].lower() in BY_KEY
            assert ask(event("CLICK", EventKey=leaf["key"]), ZHANG)
