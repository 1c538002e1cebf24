"""Which menus, files and QR codes does WeChat take? Tables of what is refused with which code."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests
from PIL import Image

from tests.sandbox.conftest import Outside

LEAF = {"type": "click", "name": "进度", "key": "K"}
VIEW = {"type": "view", "name": "首页", "url": "https://example.invalid/h5/"}


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([LEAF], 0),
        ([{"name": "服务", "sub_button": [LEAF, VIEW]}], 0),
        ([], 40016),
        ([LEAF] * 4, 40016),
        ([{"name": "服务", "sub_button": [LEAF] * 6}], 40023),
        ([LEAF | {"name": ""}], 40018),
        ([LEAF | {"name": "六个汉字太长"}], 40018),
        ([{"name": "服务", "sub_button": [LEAF | {"name": "字" * 21}]}], 40025),
        ([LEAF | {"key": "k" * 129}], 40019),
        ([LEAF | {"key": ""}], 40019),
        ([LEAF | {"type": "unknown"}], 40017),
        ([VIEW | {"url": ""}], 40020),
        ([VIEW | {"url": "https://e.invalid/" + "x" * 1024}], 40020),
        ([VIEW | {"url": "javascript:1"}], 40055),
        ([{"name": "服务", "sub_button": [VIEW | {"url": "/h5/"}]}], 40054),
    ],
)
def test_menus(outside: Outside, buttons: list, code: int) -> None:
    import json

    raw = json.dumps({"button": buttons}, ensure_ascii=False).encode()
    url = f"{outside.url}/wechat/api/cgi-bin/menu/create"
    answer = requests.post(url, params={"access_token": outside.token()}, data=raw, timeout=5).json()
    assert answer["errcode"] == code


def test_escaped_menus_are_refused(outside: Outside) -> None:
    """requests' own json= writes \\uXXXX: WeChat answers 40033."""
    assert outside.call("/cgi-bin/menu/create", {"button": [LEAF]})["errcode"] == 40033


def test_bodies_that_are_no_json(outside: Outside) -> None:
    url = f"{outside.url}/wechat/api/cgi-bin/menu/create"
    codes = [
        requests.post(url, params={"access_token": outside.token()}, data=raw, timeout=5).json()["errcode"]
        for raw in (b"", b"{", b"[]", b"\xff")
    ]
    assert codes == [44002, 47001, 47001, 47001]


def test_unknown_addresses_answer_200_too(outside: Outside) -> None:
    assert outside.call("/cgi-bin/no/such/call")["errcode"] == 40066


def image(kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind)
    return out.getvalue()


def upload(outside: Outside, kind: str, part: Any) -> dict:
    url = f"{outside.url}/wechat/api/cgi-bin/media/upload"
    query = {"access_token": outside.token(), "type": kind}
    return requests.post(url, params=query, files={"media": part} if part else None, timeout=10).json()


@pytest.mark.parametrize(
    ("kind", "part", "code"),
    [
        ("image", ("a.jpg", image()), 0),
        ("image", ("a.png", image("PNG")), 0),
        ("paper", ("a.jpg", image()), 40004),
        ("image", None, 41005),
        ("image", ("media", image()), 40005),
        ("image", ("a.jpg", b"not a picture"), 40005),
        ("image", ("a.exe", image()), 40005),
        ("image", ("a.jpg", b""), 40006),
        ("image", ("a.jpg", image() + b"0" * (10 * 1024 * 1024)), 40009),
        ("thumb", ("a.jpg", image() + b"0" * (64 * 1024)), 45001),
    ],
    ids=[
        "jpg",
        "png",
        "no type",
        "no part",
        "no ending",
        "no picture",
        "exe",
        "empty",
        "large",
        "large thumb",
    ],
)
def test_uploads(outside: Outside, kind: str, part: Any, code: int) -> None:
    assert upload(outside, kind, part).get("errcode", 0) == code


def test_media_live_three_days(outside: Outside) -> None:
    media_id = upload(outside, "image", ("a.jpg", image()))["media_id"]
    address = {"media_id": media_id}
    get = lambda: outside.get("/wechat/api/cgi-bin/media/get", access_token=outside.token(), **address)  # noqa: E731
    assert get().headers["Content-disposition"] == f'attachment; filename="{media_id}.jpg"'
    outside.post("/clock.json", {"advance": 3 * 86400 + 1})
    assert (get().status_code, get().json()["errcode"]) == (200, 40007)


@pytest.mark.parametrize(
    ("action", "scene", "seconds", "code"),
    [
        ("QR_STR_SCENE", {"scene_str": "bind7f3a"}, 600, 0),
        ("QR_SCENE", {"scene_id": 7}, 600, 0),
        ("QR_LIMIT_STR_SCENE", {"scene_str": "hall"}, None, 0),
        ("QR_OTHER", {"scene_id": 7}, 600, 40052),
        ("QR_STR_SCENE", {"scene_str": ""}, 600, 40053),
        ("QR_STR_SCENE", {"scene_str": "x" * 65}, 600, 40053),
        ("QR_LIMIT_SCENE", {"scene_id": 100_001}, None, 40053),
        ("QR_SCENE", {"scene_id": 7}, 2_592_001, 40097),
    ],
)
def test_qr_codes(outside: Outside, action: str, scene: dict, seconds: int | None, code: int) -> None:
    body = {"action_name": action, "action_info": {"scene": scene}}
    answer = outside.call("/cgi-bin/qrcode/create", body | ({"expire_seconds": seconds} if seconds else {}))
    assert answer.get("errcode", 0) == code
    assert ("expire_seconds" in answer) == (code == 0 and seconds is not None)
