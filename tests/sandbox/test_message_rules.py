"""When does WeChat refuse a message, and with which code? One table per call."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.wechat_fields import complaint
from tests.sandbox.conftest import FIELDS, WANG, ZHANG, Listener, Outside

SEND = "/cgi-bin/message/template/send"
BIZ = "/cgi-bin/message/subscribe/bizsend"
CUSTOM = "/cgi-bin/message/custom/send"


def letter(**more: Any) -> dict:
    return {"touser": ZHANG, "template_id": "TPL_CLAIM", "data": FIELDS, **more}


def fields(**more: str) -> dict:
    return FIELDS | {name: {"value": value} for name, value in more.items()}


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({}, 0, "ok"),
        ({"touser": "oNobody"}, 40003, "invalid openid"),
        ({"touser": WANG}, 43004, "require subscribe"),
        ({"template_id": ""}, 40036, "invalid template_id size"),
        ({"template_id": "TPL_OTHER"}, 40037, "invalid template_id"),
        ({"template_id": "TPL_BANNED"}, 43116, "This template_id is banned"),
        ({"data": "x"}, 47001, "data format error"),
        ({"data": fields(thing2="")}, 47003, "argument invalid! data.thing2.value is empty"),
        ({"data": {"thing2": {"value": "x"}}}, 47003, "data.character_string1.value is empty"),
        ({"data": fields(thing2="字" * 21)}, 47003, "data.thing2.value invalid"),
        ({"data": fields(thing2="a\nb")}, 47003, "data.thing2.value invalid"),
        ({"data": fields(phrase3="待复核人员审核")}, 47003, "data.phrase3.value invalid"),
        ({"data": fields(character_string1="编号1")}, 47003, "data.character_string1.value invalid"),
    ],
)
def test_template_codes(outside: Outside, more: dict, code: int, words: str) -> None:
    outside.add_template()
    outside.add_template("TPL_BANNED", is_banned=True)
    answer = outside.call(SEND, letter(**more))
    assert answer["errcode"] == code
    assert words in answer["errmsg"]
    assert (" rid: " in answer["errmsg"]) == (code != 0)


def test_same_content_within_a_minute_is_a_duplicate(outside: Outside) -> None:
    outside.add_template()
    codes = [outside.call(SEND, letter())["errcode"] for _ in range(2)]
    other = outside.call(SEND, letter(data=fields(thing2="别的")))["errcode"]
    outside.post("/clock.json", {"advance": 55})
    late = outside.call(SEND, letter())["errcode"]
    outside.post("/clock.json", {"advance": 6})
    assert (*codes, other, late, outside.call(SEND, letter())["errcode"]) == (0, 40241, 0, 40241, 0)


def test_client_msg_id_names_one_message_for_ten_minutes(outside: Outside) -> None:
    outside.add_template()
    ids = [outside.call(SEND, letter(client_msg_id="outbox-17"))["msgid"] for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(outside.get("/phone/zhang.json").json()["chat"]) == 1
    outside.post("/clock.json", {"advance": 601})
    assert outside.call(SEND, letter(client_msg_id="outbox-17"))["msgid"] != ids[0]


def test_a_blocked_message_fails_only_in_its_result(outside: Outside, product: Listener) -> None:
    outside.add_template()
    outside.post("/phone/zhang/settings", {"is_blocking": True})
    assert outside.call(SEND, letter())["errcode"] == 0
    product.wait_for(1)
    (push,) = outside.get("/push.json").json()["pushes"]
    assert "failed:user block" in push["body"]
    assert outside.get("/phone/zhang.json").json()["chat"] == []


def test_the_result_may_come_before_the_answer(outside: Outside, product: Listener) -> None:
    outside.add_template()
    outside.post("/push.json", {"is_finish_first": True})
    outside.call(SEND, letter())
    assert len(product.heard) == 1  # no waiting: it was pushed inside the call


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, 0),
        ({"touser": "oNobody"}, 40003),
        ({"template_id": "TPL_CLAIM"}, 40037),  # a template message's id is no subscription's
        ({"page": "pages/index"}, 41030),
        ({"page": "https://example.invalid/s/claims"}, 0),
        ({"data": fields(thing2="")}, 47003),
        ({"touser": WANG}, 43101),
    ],
)
def test_subscription_codes(outside: Outside, more: dict, code: int) -> None:
    outside.add_template()
    outside.add_template("TPL_ONCE", 2)
    outside.post("/phone/zhang/settings", {"grants": {"TPL_ONCE": 1}})
    assert outside.call(BIZ, letter(template_id="TPL_ONCE") | more)["errcode"] == code


@pytest.mark.parametrize(("kind", "codes"), [(2, [0, 43101]), (3, [0, 0])], ids=["one-time", "long-term"])
def test_one_consent_is_one_message(outside: Outside, kind: int, codes: list[int]) -> None:
    outside.add_template("TPL_X", kind)
    outside.post("/phone/zhang/settings", {"grants": {"TPL_X": 1}})
    assert [outside.call(BIZ, letter(template_id="TPL_X"))["errcode"] for _ in range(2)] == codes


def test_a_refusal_in_the_settings_ends_long_term_consent(outside: Outside) -> None:
    outside.add_template("TPL_LONG", 3)
    outside.post("/phone/zhang/settings", {"grants": {"TPL_LONG": 1}})
    outside.post("/phone/zhang/refuse", {"templates": ["TPL_LONG"]})
    assert outside.call(BIZ, letter(template_id="TPL_LONG"))["errcode"] == 43101


def custom(outside: Outside, times: int = 1, touser: str = ZHANG) -> list[int]:
    body = {"touser": touser, "msgtype": "text", "text": {"content": "您好"}}
    return [outside.call(CUSTOM, body)["errcode"] for _ in range(times)]


@pytest.mark.parametrize(
    ("verb", "given", "advance", "times", "codes"),
    [
        (None, {}, 0, 1, [45015]),
        ("say", {"text": "x"}, 0, 6, [0] * 5 + [45047]),
        ("say", {"text": "x"}, 48 * 3600 + 1, 1, [45015]),
        ("tap", {"key": "K"}, 0, 4, [0] * 3 + [45047]),
        ("tap", {"key": "K"}, 61, 1, [45015]),
        ("follow", {}, 0, 4, [0] * 3 + [45047]),
        ("say", {"text": "x", "menu_id": "1"}, 0, 4, [0] * 3 + [45047]),
    ],
)
def test_customer_service_windows(
    outside: Outside, verb: str | None, given: dict, advance: int, times: int, codes: list[int]
) -> None:
    if verb:
        outside.post(f"/phone/zhang/{verb}", given)
    outside.post("/clock.json", {"advance": advance})
    assert custom(outside, times) == codes


def test_unfollowing_closes_the_window(outside: Outside) -> None:
    outside.post("/phone/zhang/say", {"text": "x"})
    outside.post("/phone/zhang/unfollow")
    assert custom(outside) == [45015]


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("thing1", "补助申请😀", "字" * 21),
        ("character_string2", "BZ134-7/x", "编号"),
        ("number3", "12.5", "12元"),
        ("letter4", "ABC", "A1"),
        ("symbol5", "+-", "a"),
        ("time6", "2026年1月5日 08:03", "2026年1月5日 08:03:04"),
        ("time7", "2026-01-05~2026-01-09", "昨天"),
        ("date8", "2026.1.5", "20260105"),
        ("amount9", "¥3206.30", "3,206.30"),
        ("phone_number10", "+86 199-0000-0001", "电话"),
        ("car_number11", "桂A00001", "桂A00000001"),
        ("name12", "陈·测试", "名" * 11),
        ("phrase13", "待初核", "待初核1"),
    ],
)
def test_field_rules(field: str, good: str, bad: str) -> None:
    assert complaint(field, good) == ""
    assert complaint(field, bad) == f"data.{field}.value invalid"


def test_typing_needs_a_fresh_message(outside: Outside) -> None:
    body = {"touser": ZHANG, "command": "Typing"}
    assert outside.call("/cgi-bin/message/custom/typing", body)["errcode"] == 45080
    outside.post("/phone/zhang/say", {"text": "x"})
    assert outside.call("/cgi-bin/message/custom/typing", body)["errcode"] == 0
