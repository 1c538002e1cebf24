"""Is every genuine callback kept once and answered, and everything else refused without a trace? (W1–W5)"""

from __future__ import annotations

import base64
import json
import random
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import text as sql

from tests.wechat.letters import (
    ACCOUNT,
    APP_ID,
    DATA,
    OPENID,
    TOKEN,
    Letter,
    bytes_of,
    event,
    load,
    sealed,
    text,
)
from wechat import crypto, service, views
from wechat.effects import Hooks
from wechat.incoming import MAX_BYTES, read_xml
from wechat.models import InboundEvent

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from flask_sqlalchemy import SQLAlchemy
    from werkzeug.test import TestResponse

Post = Callable[[Letter], "TestResponse"]
HOSTILE = load("hostile/manifest.json")
MESSAGES = load("manifest.json")


def rows(db: SQLAlchemy, table: str = "inbound_event") -> int:
    return db.session.execute(sql(f"SELECT count(*) FROM {table}")).scalar_one()


def opened(response: TestResponse) -> dict[str, str]:
    """The fields of an encrypted passive reply, its signature checked."""
    outer = read_xml(response.data)
    signed = (TOKEN, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
    assert crypto.is_signed(outer["MsgSignature"], *signed)
    return read_xml(crypto.open_sealed(outer["Encrypt"], ACCOUNT))


# --- the console's check of the address -------------------------------------------------------------------


@pytest.mark.parametrize(
    "vector", [v for v in load("signature.json") if v.get("method") == "GET"], ids=lambda v: v["id"]
)
def test_address_check(make_app: Callable[..., Flask], vector: dict) -> None:
    from tests.wechat.conftest import serve

    client = serve(make_app(WECHAT_TOKEN=vector["token"])).test_client()
    response = client.get("/wechat/callback", query_string=vector["query"])
    assert response.status_code == vector["expect"]["status"]
    assert response.mimetype == "text/plain"
    if "body" in vector["expect"]:
        assert response.text == vector["expect"]["body"]
    else:
        assert vector["query"]["echostr"] not in response.text


# --- genuine ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", MESSAGES, ids=lambda e: e["id"])
def test_every_known_body_is_kept_and_answered(post: Post, db: SQLAlchemy, entry: dict) -> None:
    response = post(sealed(bytes_of(entry["file"])))
    assert response.status_code == 200
    assert rows(db) == 1
    if response.text != "success":
        fields = opened(response)
        assert (fields["ToUserName"], fields["FromUserName"]) == (OPENID, "gh_5a1e70mutual")


@pytest.mark.parametrize("name", ["brand_new_event", "LOCATION", "VIEW", "unsubscribe", "PUBLISHJOBFINISH"])
def test_events_with_nothing_to_say_are_answered_success(post: Post, db: SQLAlchemy, name: str) -> None:
    response = post(sealed(event(name)))
    assert (response.status_code, response.text, response.mimetype) == (200, "success", "text/plain")
    assert rows(db) == 1


def test_following_invites_to_bind(post: Post) -> None:
    """GX-01, GX-03."""
    words = opened(post(sealed(event("subscribe"))))["Content"]
    for expected in (
        "绑定职工信息",
        "查看保障权益",
        "自助申请补助",
        "获取工会资讯",
        "/wechat/oauth?next=/h5/bind",
    ):
        assert expected in words


def test_what_people_write_is_stored_sealed(post: Post, db: SQLAlchemy) -> None:
    post(sealed(bytes_of("messages/07_text_id_number.xml")))
    row = db.session.query(InboundEvent).one()
    assert b"11010119900307002X" not in bytes(row.body_ct)
    assert "个人信息".encode() not in bytes(row.reply_ct or b"")


def test_a_few_statements_are_enough(post: Post, app: Flask, db: SQLAlchemy) -> None:
    """B1: one insert, one look-up when the answer needs it, one change when the event makes one."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sql_event.listen(db.engine, "before_cursor_execute", note)
    try:
        post(sealed(text("帮助")))
        assert [s.split()[0] for s in seen] == ["INSERT"]
        seen.clear()
        post(sealed(event("subscribe")))
        assert [s.split()[0] for s in seen] == ["SELECT", "INSERT", "INSERT"]  # who is it, keep, follow
        seen.clear()
        post(sealed(text("帮助")))
        assert [s.split()[0] for s in seen] == ["INSERT", "SELECT"]
    finally:
        sql_event.remove(db.engine, "before_cursor_execute", note)


# --- forged, stale, malformed -----------------------------------------------------------------------------


def forged() -> dict[str, Letter]:
    good = sealed(text("x"))
    other_app = replace(ACCOUNT, app_id="wx0sandbox00000002")
    other_key = replace(ACCOUNT, aes_keys=crypto.keys("b" * 43))
    plain = Letter(good.query, text("x").encode())
    return {
        "no msg_signature": good.but(msg_signature=None),
        "empty msg_signature": good.but(msg_signature=""),
        "wrong msg_signature": good.but(msg_signature="0" * 40),
        "upper-case msg_signature": good.but(msg_signature=good.query["msg_signature"].upper()),
        "signature as msg_signature": good.but(msg_signature=good.query["signature"]),
        "plain mode with a valid signature": plain.but(encrypt_type=None, msg_signature=None),
        "plain body in safe mode": plain,
        "encrypt_type raw": good.but(encrypt_type="raw"),
        "no encrypt_type": good.but(encrypt_type=None),
        "no timestamp": good.but(timestamp=None),
        "no nonce": good.but(nonce=None),
        "another nonce": good.but(nonce="other"),
        "another timestamp": good.but(timestamp=str(int(time.time()) + 1)),
        "a very long nonce": good.but(nonce="n" * 5000),
        "altered body": Letter(good.query, sealed(text("y")).body),
        "another appid": sealed(text("x"), account=other_app),
        "another key": sealed(text("x"), account=other_key),
        "301 seconds old": sealed(text("x"), at=int(time.time()) - 301),
        "302 seconds early": sealed(text("x"), at=int(time.time()) + 302),
    }


@pytest.mark.parametrize("name", forged())
def test_forgeries_are_refused_without_a_trace(post: Post, db: SQLAlchemy, name: str) -> None:
    """W1, W2."""
    assert post(forged()[name]).status_code == 403
    assert rows(db) == 0


@pytest.mark.parametrize("name", ["timestamp", "nonce", "msg_signature", "encrypt_type"])
def test_repeated_query_parameters_are_refused(client: FlaskClient, db: SQLAlchemy, name: str) -> None:
    good = sealed(text("x"))
    query = [*good.query.items(), (name, good.query[name])]
    assert client.post("/wechat/callback", query_string=query, data=good.body).status_code == 403
    assert rows(db) == 0


def test_a_thousand_flipped_bits_are_a_thousand_refusals(post: Post, db: SQLAlchemy) -> None:
    good = sealed(bytes_of("messages/02_text_emoji.xml"))
    encrypted = re.search(rb"<Encrypt>(.*)</Encrypt>", good.body)
    assert encrypted
    cipher = bytearray(base64.b64decode(encrypted[1]))
    dice = random.Random(7)
    for _ in range(1000):
        bit = dice.randrange(len(cipher) * 8)
        cipher[bit // 8] ^= 1 << bit % 8
        body = b"<xml><Encrypt>" + base64.b64encode(cipher) + b"</Encrypt></xml>"
        assert post(Letter(good.query, body)).status_code in (400, 403)
        cipher[bit // 8] ^= 1 << bit % 8
    assert rows(db) == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages_in_a_genuine_envelope_are_refused(post: Post, db: SQLAlchemy, name: str) -> None:
    assert post(sealed(bytes_of(HOSTILE[name]["file"]))).status_code == 400
    assert rows(db) == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_without_envelope_are_refused(post: Post, db: SQLAlchemy, name: str) -> None:
    query = sealed(text("x")).query
    assert post(Letter(query, bytes_of(HOSTILE[name]["file"]))).status_code in (400, 403)
    assert rows(db) == 0


@pytest.mark.parametrize("body", [b"", b"x" * (MAX_BYTES + 1), b"\xff", b"<xml>" * 20000, b"{}", b"<xml/>"])
def test_malformed_requests_are_never_an_error_of_ours(post: Post, db: SQLAlchemy, body: bytes) -> None:
    assert 400 <= post(Letter(sealed(text("x")).query, body)).status_code < 500
    assert rows(db) == 0


@pytest.mark.parametrize("line", (DATA / "callbacks.jsonl").read_text("utf-8").splitlines()[:6])
def test_recorded_callbacks_of_long_ago_are_stale(post: Post, db: SQLAlchemy, line: str) -> None:
    recorded = json.loads(line)
    assert post(Letter(recorded["query"], recorded["body"].encode())).status_code == 403
    assert rows(db) == 0


def test_the_previous_key_is_good_during_a_rotation(make_app: Callable[..., Flask]) -> None:
    from tests.wechat.conftest import serve

    app = serve(
        make_app(
            WECHAT_AES_KEY="c" * 43, WECHAT_AES_KEY_PREVIOUS="sandboxAESkey0123456789sandboxAESkey0123456"
        )
    )
    letter = sealed(text("x"))
    client = app.test_client()
    assert client.post("/wechat/callback", query_string=letter.query, data=letter.body).status_code == 200


def test_the_window_is_a_setting(make_app: Callable[..., Flask]) -> None:
    from tests.wechat.conftest import serve

    client = serve(make_app(WECHAT_FRESHNESS="10")).test_client()
    for age, status in ((5, 200), (15, 403)):
        letter = sealed(text("x"), at=int(time.time()) - age)
        response = client.post("/wechat/callback", query_string=letter.query, data=letter.body)
        assert response.status_code == status


def test_a_clock_that_drifts_is_told_before_it_blocks(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    post(sealed(text("x"), at=int(time.time()) - 5))
    assert "drift" not in caplog.text
    assert post(sealed(text("y"), at=int(time.time()) - 90)).status_code == 200
    assert "drift" in caplog.text


# --- repeats ----------------------------------------------------------------------------------------------


def in_parallel(app: Flask, letters: list[Letter]) -> list[TestResponse]:
    def send(letter: Letter) -> TestResponse:
        return app.test_client().post("/wechat/callback", query_string=letter.query, data=letter.body)

    with ThreadPoolExecutor(len(letters)) as pool:
        return list(pool.map(send, letters))


def test_ten_parallel_repeats_have_one_effect_and_one_reply(app: Flask, db: SQLAlchemy) -> None:
    """W2, W3: WeChat signs and seals each repeat anew; the first answer is given to all."""
    calls: list[str] = []
    views.use_hooks(
        app, Hooks(facts=lambda *_: {"name": f"第{len(calls)}位", "claims": []}, forget=calls.append)
    )
    body = event("user_authorization_revoke", OpenID="oGone")
    answers = in_parallel(app, [sealed(body, nonce=f"n{n}") for n in range(10)])
    assert [a.text for a in answers] == ["success"] * 10
    assert calls == ["oGone"]
    assert rows(db) == 1


def test_ten_parallel_repeats_of_a_follow_are_answered_alike(app: Flask, db: SQLAlchemy) -> None:
    answers = in_parallel(app, [sealed(event("subscribe"), nonce=f"n{n}") for n in range(10)])
    assert len({json.dumps(opened(answer), sort_keys=True) for answer in answers}) == 1
    assert (rows(db), rows(db, "follower")) == (1, 1)


def test_the_very_same_request_again_is_answered_alike(app: Flask, post: Post, db: SQLAlchemy) -> None:
    """The reply is the first one even if the person's facts have changed in between."""
    facts: dict = {"name": "张*国", "claims": [("BZ1", "待初核")]}
    views.use_hooks(app, Hooks(facts=lambda *_: facts))
    letter = sealed(text("进度"))
    first = opened(post(letter))
    facts["claims"] = [("BZ1", "办结")]
    assert opened(post(letter)) == first
    assert "待初核" in first["Content"]
    assert rows(db) == 1


def test_two_people_with_one_message_id_are_two_messages(post: Post, db: SQLAlchemy) -> None:
    post(sealed(text("x")))
    post(sealed(text("x", openid="oSomebodyElse")))
    assert rows(db) == 2


def test_an_effect_that_fails_leaves_no_trace_and_is_tried_again(
    app: Flask, post: Post, db: SQLAlchemy
) -> None:
    done: list[str] = []

    def fail(_openid: str) -> None:
        raise RuntimeError("the feature is broken")

    letter = sealed(event("user_authorization_revoke", OpenID="oGone"))
    views.use_hooks(app, Hooks(forget=fail))
    assert post(letter).status_code == 500
    assert rows(db) == 0
    views.use_hooks(app, Hooks(forget=done.append))
    assert post(letter).text == "success"
    assert done == ["oGone"]


# --- who follows ------------------------------------------------------------------------------------------

FOLLOWS, LEAVES = "subscribe", "unsubscribe"
ORDERS = [
    ([(FOLLOWS, 10)], True),
    ([(LEAVES, 10)], False),
    ([(FOLLOWS, 10), (LEAVES, 20)], False),
    ([(LEAVES, 20), (FOLLOWS, 10)], False),
    ([(FOLLOWS, 10), (LEAVES, 20), (FOLLOWS, 30)], True),
    ([(FOLLOWS, 30), (FOLLOWS, 10), (LEAVES, 20)], True),
    ([(FOLLOWS, 30), (LEAVES, 20), (FOLLOWS, 10)], True),
    ([(LEAVES, 20), (FOLLOWS, 30), (FOLLOWS, 10)], True),
    ([(FOLLOWS, 10), (LEAVES, 10)], False),
    ([(LEAVES, 10), (FOLLOWS, 10)], False),
]


@pytest.mark.parametrize(("order", "is_subscribed"), ORDERS)
def test_follow_and_leave_settle_by_wechats_time(
    post: Post, db: SQLAlchemy, order: list[tuple[str, int]], is_subscribed: bool
) -> None:
    """W3."""
    for name, seconds in order:
        post(sealed(event(name, at=1760000000 + seconds)))
    follower = service.follower_for(OPENID)
    assert follower is not None
    assert follower.is_subscribed is is_subscribed
    assert service.is_reachable(OPENID) is is_subscribed


def test_the_scene_people_came_by_is_kept(post: Post, db: SQLAlchemy) -> None:
    post(sealed(event("subscribe", EventKey="qrscene_union-7")))
    follower = service.follower_for(OPENID)
    assert follower is not None
    assert follower.scene == "union-7"


def test_somebody_never_heard_of_may_be_written_to(db: SQLAlchemy) -> None:
    assert service.follower_for("oNobody") is None
    assert service.is_reachable("oNobody")


# --- what the features are told ---------------------------------------------------------------------------

SENT = "<SubscribeMsgSentEvent><List><TemplateId>T</TemplateId><MsgID>9</MsgID><ErrorCode>{}</ErrorCode>"
SENT += "<ErrorStatus>{}</ErrorStatus></List></SubscribeMsgSentEvent></xml>"
POPUP = "<SubscribeMsgPopupEvent><List><TemplateId>T</TemplateId><SubscribeStatusString>accept"
POPUP += "</SubscribeStatusString><PopupScene>1</PopupScene></List></SubscribeMsgPopupEvent></xml>"
TOLD = [
    (event("TEMPLATESENDJOBFINISH", MsgID="7", Status="success"), "receipt", (OPENID, "7", "success")),
    (
        event("TEMPLATESENDJOBFINISH", MsgID="7", Status="failed:user block"),
        "receipt",
        (OPENID, "7", "failed:user block"),
    ),
    (
        event("subscribe_msg_sent_event").replace("</xml>", SENT.format(0, "success")),
        "subscription_receipt",
        (OPENID, "T", "9", "success"),
    ),
    (
        event("subscribe_msg_sent_event").replace("</xml>", SENT.format(43101, "refused")),
        "subscription_receipt",
        (OPENID, "T", "9", "refused"),
    ),
    (event("subscribe_msg_popup_event").replace("</xml>", POPUP), "consent", (OPENID, "T", "accept")),
    (event("user_authorization_revoke", OpenID="oGone"), "forget", ("oGone",)),
    (event("user_authorization_cancellation", OpenID="oGone"), "forget", ("oGone",)),
    (event("user_info_modified", OpenID="oSome"), "refresh", ("oSome",)),
    (event("verify_expired"), "alarm", ("verify_expired",)),
]


@pytest.mark.parametrize(("body", "hook", "arguments"), TOLD)
def test_the_features_are_told_once(
    app: Flask, post: Post, body: str, hook: str, arguments: tuple[str, ...]
) -> None:
    calls: list[tuple[str, ...]] = []
    views.use_hooks(app, Hooks(**{hook: lambda *given: calls.append(given)}))
    for nonce in ("a", "b"):
        assert post(sealed(body, nonce=nonce)).text == "success"
    assert calls == [arguments]


def test_a_withdrawn_authorisation_removes_the_follower(post: Post, db: SQLAlchemy) -> None:
    post(sealed(event("subscribe", openid="oGone")))
    post(sealed(event("user_authorization_revoke", OpenID="oGone")))
    assert service.follower_for("oGone") is None


def test_old_messages_are_swept_and_new_ones_stay(post: Post, db: SQLAlchemy) -> None:
    from core import clock
    from wechat import jobs

    post(sealed(text("new")))
    post(sealed(text("old", message_id="1")))
    old = db.session.query(InboundEvent).order_by(InboundEvent.id.desc()).first()
    assert old
    old.created_at = clock.now() - service.KEEP_EVENTS
    db.session.commit()
    assert jobs.sweep() == 1
    assert rows(db) == 1


def test_the_app_id_of_these_tests_is_the_sandboxes(app: Flask) -> None:
    assert app.extensions["huzhu"]["settings"].wechat_app_id == APP_ID
