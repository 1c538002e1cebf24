"""Can nothing a person typed break out of a reply? (W5)"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wechat.letters import bytes_of, text
from wechat.incoming import parse, read_xml
from wechat.outgoing import LONGEST_TEXT, cut, news_parts, reply, text_reply

ASKED = parse(text("x").encode())
AT = 1760000000
LAYOUTS: dict[str, tuple[str, Any]] = {
    "text": ("text", [("Content", "您好")]),
    "image": ("image", [("Image", [("MediaId", "MID")])]),
    "voice": ("voice", [("Voice", [("MediaId", "MID")])]),
    "video": ("video", [("Video", [("MediaId", "MID"), ("Title", "t"), ("Description", "d")])]),
    "music": (
        "music",
        [
            (
                "Music",
                [
                    ("Title", "t"),
                    ("Description", "d"),
                    ("MusicUrl", "u"),
                    ("HQMusicUrl", "h"),
                    ("ThumbMediaId", "m"),
                ],
            )
        ],
    ),
    "news_one": (
        "news",
        news_parts(
            [
                {
                    "title": "t",
                    "description": "d",
                    "picture": "https://example.invalid/p.jpg",
                    "url": "https://example.invalid/a",
                }
            ]
        ),
    ),
    "transfer_customer_service": ("transfer_customer_service", []),
    "transfer_customer_service_account": (
        "transfer_customer_service",
        [("TransInfo", [("KfAccount", "test1@test")])],
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_replies_have_wechats_layout(name: str) -> None:
    kind, parts = LAYOUTS[name]
    assert read_xml(reply(ASKED, kind, parts, AT).encode()) == read_xml(bytes_of(f"replies/{name}.xml"))


def hostile_strings() -> list[str]:
    pieces = [
        "]]>",
        "]]",
        ">",
        "<",
        "&",
        "&amp;",
        "<![CDATA[",
        "<Content>",
        "</Content>",
        "</xml>",
        "\n",
        "'",
        '"',
    ]
    pieces += ["😀", "磳", "‮", "​", "<!DOCTYPE x>", "<?xml?>", "%s", "{0}", "\t", "]]]]><![CDATA[>"]
    dice = random.Random(5)
    return pieces + ["".join(dice.choices(pieces, k=dice.randint(2, 9))) for _ in range(200)]


@pytest.mark.parametrize("words", hostile_strings())
def test_hostile_text_comes_back_as_one_equal_content(words: str) -> None:
    fields = read_xml(text_reply(ASKED, words, AT).encode())
    assert fields["Content"] == words
    assert set(fields) == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}


@given(st.text())
def test_any_text_gives_xml_that_can_be_read(words: str) -> None:
    content = read_xml(text_reply(ASKED, f"a{words}", AT).encode())["Content"]
    assert isinstance(content, str)


@pytest.mark.parametrize("words", ["短", "一行\n" * 800, "字" * 3000, ""])
def test_long_answers_end_at_a_line_within_wechats_limit(words: str) -> None:
    kept = cut(words)
    assert len(kept.encode()) <= LONGEST_TEXT
    assert words.startswith(kept)
    assert kept == words or words[len(kept) : len(kept) + 1] == "\n" or kept == ""
