"""Which tokens, tickets, codes and pages does WeChat accept, and for how long?"""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.wechat_mp import jsapi_signature
from tests.sandbox.conftest import ZHANG, Outside


def plain(outside: Outside, **more: str) -> dict:
    s = outside.settings
    query = {
        "grant_type": "client_credential",
        "appid": s.wechat_app_id,
        "secret": s.wechat_app_secret,
        **more,
    }
    return outside.get("/wechat/api/cgi-bin/token", **query).json()


def stable(outside: Outside, is_forced: bool = False) -> dict:
    s = outside.settings
    body = {"grant_type": "client_credential", "appid": s.wechat_app_id, "secret": s.wechat_app_secret}
    return outside.post("/wechat/api/cgi-bin/stable_token", body | {"force_refresh": is_forced}).json()


def accepts(outside: Outside, token: str) -> int:
    return outside.call("/cgi-bin/getcallbackip", access_token=token).get("errcode", 0)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"grant_type": "x"}, 40002),
        ({"appid": ""}, 41002),
        ({"appid": "wx1"}, 40013),
        ({"secret": ""}, 41004),
        ({"secret": "x"}, 40125),
    ],
)
def test_token_errors(outside: Outside, more: dict, code: int) -> None:
    answer = plain(outside, **more)
    assert answer["errcode"] == code
    assert " rid: " in answer["errmsg"]


@pytest.mark.parametrize(("token", "code"), [("", 41001), ("short", 40014), ("x" * 100, 40001)])
def test_gate_errors(outside: Outside, token: str, code: int) -> None:
    assert accepts(outside, token) == code


def test_a_new_token_leaves_the_old_one_five_minutes(outside: Outside) -> None:
    old, new = plain(outside)["access_token"], plain(outside)["access_token"]
    assert old != new
    assert accepts(outside, old) == accepts(outside, new) == 0
    outside.post("/clock.json", {"advance": 301})
    assert (accepts(outside, old), accepts(outside, new)) == (40001, 0)
    outside.post("/clock.json", {"advance": 7000})
    assert accepts(outside, new) == 42001


def test_the_stable_token_stays_until_five_minutes_before_its_end(outside: Outside) -> None:
    first = stable(outside)
    outside.post("/clock.json", {"advance": 6000})
    again = stable(outside)
    assert again["access_token"] == first["access_token"]
    assert again["expires_in"] == pytest.approx(1200, abs=2)
    outside.post("/clock.json", {"advance": 901})
    late = stable(outside)
    assert late["access_token"] != first["access_token"]
    assert accepts(outside, first["access_token"]) == 0


def test_the_two_families_do_not_touch_each_other(outside: Outside) -> None:
    kept = stable(outside)["access_token"]
    for _ in range(3):
        plain(outside)
    outside.post("/clock.json", {"advance": 600})
    assert accepts(outside, kept) == 0


def test_forced_refresh_kills_the_old_token_and_is_rationed(outside: Outside) -> None:
    old = stable(outside)["access_token"]
    assert stable(outside, True)["access_token"] != old
    assert accepts(outside, old) == 40001
    assert stable(outside, True)["errcode"] == 45011
    for _ in range(19):
        outside.post("/clock.json", {"advance": 31})
        assert "access_token" in stable(outside, True)
    outside.post("/clock.json", {"advance": 31})
    assert stable(outside, True)["errcode"] == 45009


def test_the_switchboard_revokes_every_token(outside: Outside) -> None:
    token = stable(outside)["access_token"]
    outside.post("/faults.json", {"revoke_token": True})
    assert accepts(outside, token) == 40001


# -- OAuth -----------------------------------------------------------------------------------------
def ask(
    outside: Outside, person: str | None = "zhang", method: str = "GET", **more: str
) -> requests.Response:
    query = {
        "appid": outside.settings.wechat_app_id,
        "redirect_uri": f"{outside.settings.public_url}/wechat/oauth/callback",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "abc123",
        **more,
    }
    cookies = {"sandbox_person": person} if person else {}
    url = f"{outside.url}/wechat/open/connect/oauth2/authorize"
    data = {"answer": "allow"} if method == "POST" else None
    return requests.request(
        method, url, params=query, cookies=cookies, data=data, allow_redirects=False, timeout=5
    )


def code_of(answer: requests.Response) -> str:
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def exchange(outside: Outside, code: str) -> requests.Response:
    s = outside.settings
    account = {"appid": s.wechat_app_id, "secret": s.wechat_app_secret}
    return outside.get(
        "/wechat/api/sns/oauth2/access_token", code=code, grant_type="authorization_code", **account
    )


def test_base_scope_is_silent_and_says_text_plain(outside: Outside) -> None:
    answer = exchange(outside, code_of(ask(outside)))
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.json()["openid"] == ZHANG
    assert "unionid" not in answer.json()


def test_nobody_yet_means_a_page_to_choose(outside: Outside) -> None:
    page = ask(outside, None)
    assert (page.status_code, "张建国" in page.text) == (200, True)
    chosen = ask(outside, None, **{"as": "li"})
    assert chosen.status_code == 302
    assert "sandbox_person=li" in chosen.headers["Set-Cookie"]


def test_userinfo_scope_asks_first(outside: Outside) -> None:
    assert "同意" in ask(outside, scope="snsapi_userinfo").text
    token = exchange(outside, code_of(ask(outside, method="POST", scope="snsapi_userinfo"))).json()
    assert token["unionid"]
    shown = outside.get(
        "/wechat/api/sns/userinfo", access_token=token["access_token"], openid=token["openid"]
    )
    assert json.loads(shown.content)["nickname"] == "张建国"


def test_snapshot_pages_have_a_virtual_account(outside: Outside) -> None:
    outside.post("/phone/zhang/settings", {"is_snapshot": True})
    token = exchange(outside, code_of(ask(outside, scope="snsapi_userinfo"))).json()
    assert token["is_snapshotuser"] == 1
    assert token["openid"] != ZHANG


@pytest.mark.parametrize(
    "more",
    [
        {"appid": "wx1"},
        {"scope": "snsapi_x"},
        {"redirect_uri": "http://127.0.0.1:1/wechat/oauth/callback"},
        {"state": "a&b"},
    ],
)
def test_the_authorize_page_refuses(outside: Outside, more: dict) -> None:
    answer = ask(outside, **more)
    assert "Location" not in answer.headers


def test_a_code_is_good_once_and_for_five_minutes(outside: Outside) -> None:
    once, old = code_of(ask(outside)), code_of(ask(outside))
    assert "openid" in exchange(outside, once).json()
    assert exchange(outside, once).json()["errcode"] == 40163
    assert exchange(outside, "made-up").json()["errcode"] == 40029
    assert exchange(outside, "").json()["errcode"] == 41008
    outside.post("/clock.json", {"advance": 301})
    assert exchange(outside, old).json()["errcode"] == 42003


# -- JS-SDK ------------------------------------------------------------------------------------------
def test_the_script_checks_the_page_signature(outside: Outside) -> None:
    ticket = outside.call("/cgi-bin/ticket/getticket", type="jsapi")["ticket"]
    url = f"{outside.settings.public_url}/h5/claims/new?kind=x"
    text = f"jsapi_ticket={ticket}&noncestr=n&timestamp=1760000000&url={url}"
    config = {"appId": outside.settings.wechat_app_id, "nonceStr": "n", "timestamp": "1760000000", "url": url}
    check = lambda **more: outside.post("/wechat/jssdk/check", config | more).json()["errMsg"]  # noqa: E731
    assert check(signature=jsapi_signature(text)) == "config:ok"
    assert check(signature="0" * 40) == "config:fail,Error: invalid signature"
    assert check(url="http://elsewhere.invalid/") == "config:fail,invalid url domain"
    script = outside.get("/wechat/jssdk.js")
    assert "window.wx" in script.text
    assert script.headers["Access-Control-Allow-Origin"] == outside.settings.public_url
