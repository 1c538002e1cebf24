"""Are pages of our own origin signed as WeChat computes it, and no others? (W9)"""

from __future__ import annotations

import pytest

from core.errors import Refused
from tests.wechat.letters import load
from wechat.jssdk import own_page, signature

OURS = "https://huzhu.example.invalid"


@pytest.mark.parametrize("vector", load("jssdk.json"), ids=lambda v: v["id"])
def test_vectors(vector: dict) -> None:
    url = vector.get("page_location_href", vector["url"])
    signed = signature(vector["jsapi_ticket"], vector["noncestr"], vector["timestamp"], url)
    assert signed == vector["signature"]


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (f"{OURS}/h5/claims/new", f"{OURS}/h5/claims/new"),
        (f"{OURS}/h5/?from=singlemessage#/step2", f"{OURS}/h5/?from=singlemessage"),
        (f"{OURS}:443/h5/", f"{OURS}:443/h5/"),
        ("HTTPS://Huzhu.Example.Invalid/h5/", "HTTPS://Huzhu.Example.Invalid/h5/"),
    ],
)
def test_own_pages_lose_their_fragment_only(url: str, page: str) -> None:
    assert own_page(url, OURS).casefold() == page.casefold()


FOREIGN = [
    "https://evil.invalid/",
    "http://huzhu.example.invalid/",
    "https://huzhu.example.invalid:8443/",
    "https://huzhu.example.invalid.evil.invalid/",
    "https://evil.invalid/?https://huzhu.example.invalid/",
    "https://huzhu.example.invalid@evil.invalid/",
    "https://user@huzhu.example.invalid/",
    "//huzhu.example.invalid/",
    "/h5/",
    "javascript:alert(1)",
    "https://huzhu.example.invalid\\@evil.invalid/",
    "https://huzhu.example.invalid/\nh5",
    "https://huzhu.example.invalid:99999/",
    "https://[::1",
    "",
]


@pytest.mark.parametrize("url", FOREIGN)
def test_foreign_pages_are_refused(url: str) -> None:
    with pytest.raises(Refused) as refusal:
        own_page(url, OURS)
    assert refusal.value.status == 400
