"""Has every kind of message all its words, and does no SMS say what it must not? (decisions.md, GX-64)"""

from __future__ import annotations

import dataclasses

import pytest

from claims import rules as claims
from config.scheme import load_scheme
from notify.channels.templates import table
from notify.messages import MESSAGES, Code, Notice, needed, places, problems
from notify.rules import fitted, reason_words, sms_parts
from sandbox.wechat_fields import complaint

NOTICES = {kind: words for kind, words in MESSAGES.items() if isinstance(words, Notice)}
FORBIDDEN = (
    "医疗",
    "疾病",
    "诊断",
    "身份证",
    "银行卡",
    "卡号",
    "金额",
    "元",
    "住院",
    "http",
    "¥",
    "★",
    "【",
    "】",
)


def test_every_message_a_claim_can_cause_has_words() -> None:
    assert {move.tells for move in claims.WORKFLOW.moves if move.tells} <= set(NOTICES)


@pytest.mark.parametrize(
    "part", [field.name for field in dataclasses.fields(Notice) if not field.name.startswith("is_")]
)
def test_a_kind_without_words_for_a_channel_does_not_load(part: str) -> None:
    empty = NOTICES["claim_paid"].wechat if part == "wechat" else ""
    broken = dataclasses.replace(
        NOTICES["claim_paid"],
        **{part: dataclasses.replace(empty, fields={}) if part == "wechat" else ""},
    )
    assert problems({"claim_paid": broken})


@pytest.mark.parametrize("kind", MESSAGES)
def test_an_sms_is_neutral_and_names_only_constant_things(kind: str) -> None:
    """您的申请…有更新: no diagnosis, ID, card or amount, and no personal link."""
    words = MESSAGES[kind].sms
    assert not [bad for bad in FORBIDDEN if bad in words]
    allowed = {"code", "minutes"} if isinstance(MESSAGES[kind], Code) else {"account", "operator", "link"}
    assert set(places(words)) <= allowed


@pytest.mark.parametrize("kind", NOTICES)
@pytest.mark.parametrize("scheme", ["guangxi", "xiamen"])
def test_an_sms_is_billed_as_two_at_most(kind: str, scheme: str) -> None:
    words, brand = NOTICES[kind], load_scheme(scheme).brand
    link = "https://huzhu.example.org" + words.sms_link
    text = words.sms.format(account=brand.account, operator=brand.operator, link=link)
    assert sms_parts(f"【{brand.operator}】{text}") <= 2


@pytest.mark.parametrize("provider", ["tencent", "aliyun"])
def test_every_kind_has_a_template_id_at_every_cloud(provider: str) -> None:
    assert set(table()[provider]) == set(MESSAGES)


@pytest.mark.parametrize("scheme", ["guangxi", "xiamen"])
@pytest.mark.parametrize("kind", NOTICES)
def test_every_wechat_message_fits_its_template(kind: str, scheme: str) -> None:
    """The fields the profile maps exist in the words, and each value passes WeChat's own rules."""
    words = NOTICES[kind].wechat
    template = load_scheme(scheme).wechat_templates[words.template]
    values = {"number": "BZ1345678901234567890", "when": "2026-11-21 19:05"}
    values["sent_back"] = load_scheme(scheme).review.sent_back
    for field, name in template["fields"].items():
        text = words.fields[name].format(**values)
        assert complaint(field, fitted(field, text)) == "", (field, text)
        assert fitted(field, text) == text, "cut short"


def test_what_a_sender_must_give_is_read_from_the_words() -> None:
    assert needed("payment_failed") == {"reason", "amount"}
    assert needed("claim_submitted") == set()


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("thing4", "一" * 25, "一" * 19 + "…"),
        ("thing4", "换\n行\x07", "换 行"),
        ("phrase2", "六个中文汉字", "六个中文汉"),
        ("thing4", "", "-"),
        ("character_string1", "1" * 40, "1" * 32),
    ],
)
def test_values_are_cut_to_what_wechat_takes(field: str, given: str, kept: str) -> None:
    assert fitted(field, given) == kept


@pytest.mark.parametrize(
    ("text", "parts"), [("字" * 70, 1), ("字" * 71, 2), ("字" * 134, 2), ("字" * 135, 3)]
)
def test_an_sms_is_counted_as_the_carriers_bill_it(text: str, parts: int) -> None:
    assert sms_parts(text) == parts


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", ""),
        ("LimitExceeded.PhoneNumberDailyLimit", "该号码今天收到的短信已到上限，明天再发"),
        ("MK:0001 空号", "号码是空号，请在名册核对"),
        ("not_follower 43004", "没有关注公众号或不接收消息，已有短信和站内信"),
        ("Strange.Code", "服务商返回 Strange.Code"),
    ],
)
def test_a_reason_is_told_in_words(code: str, words: str) -> None:
    assert reason_words(code) == words
