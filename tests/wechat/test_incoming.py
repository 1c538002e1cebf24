"""Is every body WeChat sends read, and every other refused? (W3, W4)"""

from __future__ import annotations

import random
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wechat.letters import DATA, bytes_of, event, load, text
from wechat.crypto import BadCallback
from wechat.incoming import MAX_BYTES, Incoming, parse, read_xml

MESSAGES = load("manifest.json")
HOSTILE = load("hostile/manifest.json")
ALL_BODIES = sorted((DATA / "messages").glob("*.xml"))


def seen(message: Incoming, name: str) -> Any:
    """What the manifest calls `name`."""
    if name == "Content_stripped":
        return message.text
    if name == "scene":
        return message.scene
    if name == "MsgID":
        return message.message_id
    if name == "ScanResult":
        return message.part("ScanCodeInfo")["ScanResult"]
    if name == "pics":
        items = message.part("SendPicsInfo")["PicList"]["item"]
        return len(items) if isinstance(items, list) else 1
    if name == "list":
        return _rows(message)
    return message.text_of(name) or None


def _rows(message: Incoming) -> list[list[str]]:
    for wrapper in ("SubscribeMsgPopupEvent", "SubscribeMsgSentEvent", "SubscribeMsgChangeEvent"):
        if wrapper in message.fields:
            return [list(entry.values()) for entry in message.listed(wrapper)]
    return []


@pytest.mark.parametrize("entry", MESSAGES, ids=lambda e: e["id"])
def test_every_known_body_yields_its_fields(entry: dict) -> None:
    message = parse(bytes_of(entry["file"]))
    for name, expected in entry["expect"].items():
        if name != "duplicate_of":
            assert seen(message, name) == expected, name


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_are_refused(name: str) -> None:
    with pytest.raises(BadCallback):
        parse(bytes_of(HOSTILE[name]["file"]))


WRONG = {
    "empty": b"",
    "another root": b"<html><MsgType>text</MsgType></html>",
    "two senders": event("CLICK").replace("</xml>", "<FromUserName>o2</FromUserName></xml>").encode(),
    "two types": event("CLICK").replace("</xml>", "<MsgType>text</MsgType></xml>").encode(),
    "nested event": event("CLICK").replace("CLICK", "<a>CLICK</a>").encode(),
    "no time": event("CLICK").replace("CreateTime", "CreateTim").encode(),
    "time in words": event("CLICK").replace("1760000000", "yesterday").encode(),
    "time beyond all years": event("CLICK").replace("1760000000", "17600000000").encode(),
    "sender too long": event("CLICK", openid="o" * 129).encode(),
    "blank sender": event("CLICK", openid="  ").encode(),
    "not UTF-8": event("CLICK").encode().replace(b"CLICK", b"\xff\xfe"),
    "UTF-16": event("CLICK").encode("utf-16"),
    "cut off": event("CLICK").encode()[:-5],
    "two documents": event("CLICK").encode() * 2,
    "DOCTYPE": b"<!DOCTYPE xml>" + event("CLICK").encode(),
    "DOCTYPE after a comment": b"<?xml version='1.0'?>\n<!-- x --> <!DOCTYPE xml []>"
    + event("CLICK").encode(),
    "entity of its own": b"<!DOCTYPE x [<!ENTITY a 'CLICK'>]>"
    + event("CLICK").replace("CLICK", "&a;").encode(),
    "undefined entity": event("CLICK").replace("CLICK", "&x;").encode(),
    "surrogate": event("CLICK").replace("CLICK", "&#xD800;").encode(),
    "NUL": event("CLICK").replace("CLICK", "&#0;").encode(),
    "nine deep": text("x").replace("</xml>", "<a>" * 8 + "</a>" * 8 + "</xml>").encode(),
    "20,000 deep": b"<xml>" + b"<a>" * 9_000 + b"</a>" * 9_000 + b"</xml>",
    "too long": text("x" * MAX_BYTES).encode(),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_shapes_are_refused(name: str) -> None:
    with pytest.raises(BadCallback):
        parse(WRONG[name])


def test_eight_levels_are_still_read() -> None:
    assert parse(text("x").replace("</xml>", "<a>" * 7 + "</a>" * 7 + "</xml>").encode()).text == "x"


def test_a_doctype_somebody_writes_in_the_chat_is_only_text() -> None:
    assert parse(text("<!DOCTYPE html> 怎么填？").encode()).text == "<!DOCTYPE html> 怎么填？"


def test_unknown_types_are_kept() -> None:
    message = parse(event("brand_new_event", Whatever="1").encode())
    assert (message.topic, message.text_of("Whatever")) == ("brand_new_event", "1")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (text("a"), text("a"), True),
        (text("a"), text("a", openid="o2"), False),
        (text("a"), text("a", message_id="23238423864001003"), False),
        (event("CLICK", EventKey="help"), event("CLICK", EventKey="help"), True),
        (event("CLICK", EventKey="help"), event("CLICK", EventKey="progress"), False),
        (event("CLICK", EventKey="help"), event("VIEW", EventKey="help"), False),
        (event("CLICK", EventKey="help"), event("CLICK", EventKey="help", at=1760000001), False),
        (event("TEMPLATESENDJOBFINISH", MsgID="1"), event("TEMPLATESENDJOBFINISH", MsgID="2"), False),
    ],
)
def test_repeats_share_a_key_and_nothing_else_does(one: str, other: str, is_same: bool) -> None:
    """W3: MsgId alone collides between people; two events of one second are two."""
    assert (parse(one.encode()).dedupe_key == parse(other.encode()).dedupe_key) == is_same


def test_the_recorded_repeat_of_a_click_shares_its_key() -> None:
    body = bytes_of("messages/60_dup_event_retry.xml")
    assert parse(body).dedupe_key == parse(body).dedupe_key


MARKUP = (b"<", b"</", b"]]>", b"&#x", b"<!DOCTYPE a>")


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A genuine body with a few bytes changed, cut, doubled or swapped for markup."""
    body = bytearray(draw(st.sampled_from(ALL_BODIES)).read_bytes())
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(body)))
        until = min(len(body), at + draw(st.integers(0, 12)))
        part = draw(st.one_of(st.binary(max_size=8), st.sampled_from(MARKUP)))
        body[at:until] = part
    return bytes(body)


@settings(max_examples=500)
@given(mutated())
def test_mutated_bodies_are_read_or_refused(body: bytes) -> None:
    read_or_refuse(body)


def test_five_thousand_more_mutants_are_read_or_refused() -> None:
    dice = random.Random(11)
    bodies = [path.read_bytes() for path in ALL_BODIES]
    for _ in range(5000):
        body = bytearray(dice.choice(bodies))
        for _ in range(dice.randint(1, 6)):
            at = dice.randint(0, len(body))
            body[at : at + dice.randint(0, 12)] = dice.choice((*MARKUP, dice.randbytes(dice.randint(0, 8))))
        read_or_refuse(bytes(body))


def read_or_refuse(body: bytes) -> None:
    try:
        message = parse(body)
    except BadCallback:
        return
    assert message.openid
    assert message.kind
    assert len(message.dedupe_key) == 64


def test_parsing_needs_little_memory() -> None:
    body = b"<xml>" + b"".join(b"<a%d>1</a%d>" % (n, n) for n in range(4000))[: MAX_BYTES - 100] + b"</xml>"
    tracemalloc.start()
    try:
        with pytest.raises(BadCallback):
            parse(body)
        assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_wrapper_may_hold_none_one_or_several() -> None:
    rows = "<List><T>1</T></List><List><T>2</T></List>"
    for inside, expected in (("", []), ("<List><T>1</T></List>", ["1"]), (rows, ["1", "2"])):
        message = parse(event("e").replace("</xml>", f"<W>{inside}</W></xml>").encode())
        assert [entry["T"] for entry in message.listed("W")] == expected


def test_repeated_fields_become_a_list() -> None:
    assert read_xml(b"<xml><a>1</a><a>2</a><a>3</a></xml>") == {"a": ["1", "2", "3"]}
