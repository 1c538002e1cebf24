"""Does the sandbox push as WeChat does? Signed, sealed, a deadline, three attempts, a verdict."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
import xmltodict
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from werkzeug.wrappers import Response

from sandbox.state import FAILED_LINE, QrTicket
from sandbox.wechat_crypto import seal, sign
from sandbox.wechat_push import to_xml
from sandbox.wechat_replies import judge
from tests.sandbox.conftest import FIELDS, ZHANG, Heard, Listener, Outside

DATA = Path(__file__).parent / "data"
ACCOUNT = "gh_5a1e70mutual"


def opened(outside: Outside, heard: Heard) -> str:
    s = outside.settings
    crypto = WeChatCrypto(s.wechat_token, s.wechat_aes_key, s.wechat_app_id)
    text = crypto.decrypt_message(
        heard.body.decode(), heard.query["msg_signature"], heard.query["timestamp"], heard.query["nonce"]
    )
    return text.decode() if isinstance(text, bytes) else text


def reply(text: str = "您好", to: str = ZHANG, sender: str = ACCOUNT) -> str:
    head = {"ToUserName": to, "FromUserName": sender, "CreateTime": 1760000000}
    return to_xml({**head, "MsgType": "text", "Content": text})


def sealed_reply(outside: Outside, xml: str, token: str = "", key: str = "") -> bytes:
    s = outside.settings
    box = seal(xml, key or s.wechat_aes_key, s.wechat_app_id)
    signature = sign(token or s.wechat_token, "1760000000", "n1", box)
    parts = {"Encrypt": box, "MsgSignature": signature, "TimeStamp": 1760000000, "Nonce": "n1"}
    return to_xml(parts).encode()


def say(outside: Outside, text: str = "你好") -> dict:
    return outside.post("/phone/zhang/say", {"text": text}).json()


# -- what arrives -------------------------------------------------------------------------------
def test_a_message_arrives_sealed_and_is_read_by_wechatpy(outside: Outside, product: Listener) -> None:
    say(outside, "a]]>b <互助>")
    (heard,) = product.heard
    assert heard.query["encrypt_type"] == "aes"
    assert heard.query["openid"] == ZHANG
    assert b"MsgType" not in heard.body
    message = parse_message(opened(outside, heard))
    assert (message.type, message.content, message.source, message.target) == (
        "text",
        "a]]>b <互助>",
        ZHANG,
        ACCOUNT,
    )
    assert message.id


def test_plain_and_compatible_modes(outside: Outside, product: Listener) -> None:
    for mode in ("plain", "compat"):
        outside.post("/push.json", {"mode": mode})
        say(outside)
    plain, compat = product.heard
    assert "msg_signature" not in plain.query
    assert parse_message(plain.body.decode()).content == "你好"
    root = ET.fromstring(compat.body)
    assert root.findtext("Content") == "你好"
    assert root.findtext("Encrypt")


@pytest.mark.parametrize(
    ("verb", "body", "event", "fields"),
    [
        ("unfollow", {}, "unsubscribe", {"EventKey": None}),
        ("follow", {}, "subscribe", {"EventKey": None}),
        ("tap", {"key": "CLAIM_PROGRESS"}, "CLICK", {"EventKey": "CLAIM_PROGRESS"}),
        ("revoke", {}, "user_authorization_revoke", {"OpenID": ZHANG, "RevokeInfo": "301"}),
        (
            "tap",
            {"key": "SCAN_INVOICE", "type": "scancode_waitmsg", "result": "CODE_128,2344"},
            "scancode_waitmsg",
            {"EventKey": "SCAN_INVOICE"},
        ),
    ],
)
def test_what_people_do_becomes_an_event(
    outside: Outside, product: Listener, verb: str, body: dict, event: str, fields: dict
) -> None:
    outside.post(f"/phone/zhang/{verb}", body)
    data = parse_message(opened(outside, product.heard[0]))._data
    assert data["Event"] == event
    assert {name: data[name] for name in fields} == fields


def test_a_scanned_code_follows_or_scans(outside: Outside, product: Listener) -> None:
    scene = {
        "expire_seconds": 600,
        "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": "bind7f"}},
    }
    ticket = outside.call("/cgi-bin/qrcode/create", scene)["ticket"]
    for person in ("wang", "wang"):
        outside.post(f"/phone/{person}/scan", {"ticket": ticket})
    first, second = (xmltodict.parse(opened(outside, h))["xml"] for h in product.heard)
    assert (first["Event"], first["EventKey"], first["Ticket"]) == ("subscribe", "qrscene_bind7f", ticket)
    assert (second["Event"], second["EventKey"]) == ("SCAN", "bind7f")
    outside.post("/clock.json", {"advance": 601})
    assert outside.post("/phone/wang/scan", {"ticket": ticket}).json()["push"] is None


def test_popup_answers_are_pushed_and_kept(outside: Outside, product: Listener) -> None:
    outside.post("/phone/zhang/subscribe", {"answers": {"T1": "accept", "T2": "reject"}})
    rows = parse_message(opened(outside, product.heard[0]))._data["SubscribeMsgPopupEvent"]["List"]
    assert [(r["TemplateId"], r["SubscribeStatusString"]) for r in rows] == [
        ("T1", "accept"),
        ("T2", "reject"),
    ]
    assert outside.get("/phone/zhang.json").json()["grants"] == {"T1": 1}


# -- deadline, attempts, repeats -------------------------------------------------------------------
def test_three_attempts_each_signed_anew_then_the_failure_line(outside: Outside, product: Listener) -> None:
    outside.post("/push.json", {"deadline": 0.1})

    is_over = threading.Event()

    def late(_: Heard) -> bytes:
        is_over.wait(5)
        return b"success"

    product.answer = late
    done = say(outside)
    is_over.set()
    assert [a["outcome"] for a in done["push"]["attempts"]] == ["timeout"] * 3
    assert len({h.query["nonce"] for h in product.heard}) == 3
    assert len({h.query["msg_signature"] for h in product.heard}) == 3
    assert len({parse_message(opened(outside, h)).id for h in product.heard}) == 1
    assert done["lines"][-1]["content"]["text"] == FAILED_LINE


def test_the_answer_to_a_retry_is_shown_once(outside: Outside, product: Listener) -> None:
    def second_time(heard: Heard) -> Response | bytes:
        return Response("busy", 503) if len(product.heard) == 1 else sealed_reply(outside, reply("到了"))

    product.answer = second_time
    done = say(outside)
    assert [a["outcome"] for a in done["push"]["attempts"]] == ["refused", "encrypted xml"]
    assert [line["content"]["text"] for line in done["lines"]] == ["你好", "到了"]


def test_duplicates_carry_the_same_msgid(outside: Outside, product: Listener) -> None:
    outside.post("/push.json", {"is_duplicating": True})
    product.answer = lambda _: sealed_reply(outside, reply())
    done = say(outside)
    assert len({parse_message(opened(outside, h)).id for h in product.heard}) == 1
    assert (len(product.heard), len(done["lines"])) == (2, 2)


def test_pairs_come_in_the_wrong_order(outside: Outside, product: Listener) -> None:
    outside.post("/push.json", {"is_reordering": True})
    assert outside.post("/phone/zhang/unfollow").json()["push"]["outcome"] == "held"
    outside.post("/phone/zhang/follow")
    events = [parse_message(opened(outside, h))._data["Event"] for h in product.heard]
    assert events == ["subscribe", "unsubscribe"]


def test_an_event_of_a_system_never_writes_into_the_chat(outside: Outside, product: Listener) -> None:
    product.answer = lambda _: Response("broken", 500)
    done = outside.post("/phone/zhang/unfollow").json()
    assert done["push"]["outcome"] == "refused"
    assert done["lines"] == []


# -- the verdict on our answer ----------------------------------------------------------------------
Answers = Callable[[Outside], bytes]


@pytest.mark.parametrize(
    ("mode", "make", "outcome", "detail"),
    [
        ("safe", lambda o: b"", "empty", ""),
        ("safe", lambda o: b"success", "success", ""),
        ("safe", lambda o: sealed_reply(o, reply()), "encrypted xml", ""),
        ("plain", lambda o: reply().encode(), "xml", ""),
        ("safe", lambda o: reply().encode(), "invalid", "plaintext reply in safe mode"),
        ("plain", lambda o: sealed_reply(o, reply()), "invalid", "encrypted reply in plain mode"),
        ("safe", lambda o: sealed_reply(o, reply(), token="other"), "invalid", "MsgSignature"),
        ("safe", lambda o: sealed_reply(o, reply(to=ACCOUNT, sender=ZHANG)), "invalid", "not swapped"),
        ("plain", lambda o: b"ok", "invalid", "not XML"),
        ("plain", lambda o: b'{"a":1}', "invalid", "not XML"),
        ("plain", lambda o: b"<html/>", "invalid", "root element"),
        ("plain", lambda o: reply("长" * 700).encode(), "invalid", "longer than 2048"),
        ("plain", lambda o: reply("").encode(), "invalid", "Content is missing"),
    ],
)
def test_verdicts(outside: Outside, mode: str, make: Answers, outcome: str, detail: str) -> None:
    outside.world.push.mode = mode
    verdict = judge(outside.world, ZHANG, make(outside))
    assert verdict.outcome == outcome
    assert detail in verdict.detail


@pytest.mark.parametrize("path", sorted((DATA / "replies").glob("*")), ids=lambda p: p.name)
def test_every_documented_reply_is_accepted(outside: Outside, path: Path) -> None:
    outside.world.push.mode = "plain"
    for media_id in ("MID",):
        media = outside.world.keep_media("image", b"x", "image/jpeg", "m.jpg")
        outside.world.media[media_id] = media
    verdict = judge(outside.world, ZHANG, path.read_bytes())
    assert verdict.outcome in ("success", "empty", "xml"), verdict.detail
    assert verdict.warnings == []


def test_news_appear_in_the_chat(outside: Outside, product: Listener) -> None:
    article = {
        "Title": "补助申请",
        "Description": "点这里",
        "PicUrl": "",
        "Url": "https://example.invalid/h5/claims",
    }
    head = {"ToUserName": ZHANG, "FromUserName": ACCOUNT, "CreateTime": 1760000000, "MsgType": "news"}
    xml = to_xml({**head, "ArticleCount": 1, "Articles": {"item": article}})
    product.answer = lambda _: sealed_reply(outside, xml)
    (_, line) = say(outside)["lines"]
    assert line["content"]["articles"][0]["title"] == "补助申请"


def test_the_url_is_verified_as_the_console_does(outside: Outside, product: Listener) -> None:
    product.answer = lambda heard: heard.query["echostr"].encode()
    assert outside.post("/push/verify.json").json()["is_accepted"] is True
    product.answer = lambda _: b"success"
    assert outside.post("/push/verify.json").json()["is_accepted"] is False


# -- the bodies themselves ----------------------------------------------------------------------------
TOLD: list[tuple[str, str, dict]] = [
    ("17_subscribe.xml", "follow", {}),
    ("20_subscribe_qrscene_str.xml", "follow", {"ticket": "T"}),
    ("25_scan_str.xml", "scan", {"ticket": "T"}),
    ("02_text_emoji.xml", "say", {"text": "谢谢😀[微笑]"}),
    ("60_dup_event_retry.xml", "tap", {"key": "CLAIM_PROGRESS"}),
    ("28_view.xml", "tap", {"name": "首页"}),
    ("31_scancode_waitmsg.xml", "tap", {"key": "SCAN", "type": "scancode_waitmsg", "result": "1"}),
    ("35_location_select.xml", "tap", {"key": "NEAR", "type": "location_select"}),
    ("42_sub_popup_one.xml", "subscribe", {"answers": {"T": "accept"}, "scene": 2}),
    (
        "14_location.xml",
        "say",
        {"kind": "location", "fields": {"Location_X": 1, "Location_Y": 2, "Scale": 3, "Label": "x"}},
    ),
]


def shape(xml: str) -> list:
    def one(element: ET.Element) -> tuple:
        return element.tag, [one(child) for child in element]

    return one(ET.fromstring(xml))[1]


@pytest.mark.parametrize(("name", "verb", "body"), TOLD, ids=[t[0] for t in TOLD])
def test_bodies_have_the_documented_elements(
    outside: Outside, product: Listener, name: str, verb: str, body: dict
) -> None:
    outside.world.qr["T"] = QrTicket("T", "bind:u:7f3a", True, None, "http://weixin.qq.com/q/x")
    outside.world.menu = {
        "button": [{"type": "view", "name": "首页", "url": "https://example.invalid/m/home"}]
    }
    pushed = outside.post(f"/phone/zhang/{verb}", body).json()["push"]["body"]
    assert shape(pushed) == shape((DATA / "messages" / name).read_text())


def test_results_have_the_documented_elements(outside: Outside, product: Listener) -> None:
    outside.add_template()
    outside.add_template("TPL_ONCE", 2)
    outside.post("/phone/zhang/settings", {"grants": {"TPL_ONCE": 1}})
    outside.world.push.is_finish_first = True
    for path, template in (("template/send", "TPL_CLAIM"), ("subscribe/bizsend", "TPL_ONCE")):
        outside.call(f"/cgi-bin/message/{path}", {"touser": ZHANG, "template_id": template, "data": FIELDS})
    bodies = [push["body"] for push in reversed(outside.get("/push.json").json()["pushes"])]
    names = ("36_template_finish_ok.xml", "45_sub_sent_ok.xml")
    assert [shape(b) for b in bodies] == [shape((DATA / "messages" / n).read_text()) for n in names]
