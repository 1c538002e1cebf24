"""Does silent sign-in sign in the right person, once, and land on a page of ours? (W6, W7)"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from sqlalchemy import text as sql

from core import clock
from wechat import oauth, signin
from wechat.models import OAuthState

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from flask_sqlalchemy import SQLAlchemy
    from werkzeug.test import TestResponse

ZHANG, LI = "oSandboxUser0000000000000001", "oSandboxUser0000000000000002"


def start(client: FlaskClient, wanted: str = "/h5/claims", **headers: str) -> str:
    """Off to WeChat; the address there."""
    response = client.get(f"/wechat/oauth?next={quote(wanted)}", headers=headers)
    assert response.status_code == 302
    return response.location


def consent(address: str, person: str = "zhang", **others: str) -> str:
    """What WeChat sends the browser back to, as a path with query."""
    for name, value in others.items():
        address = re.sub(rf"{name}=[^&#]*", f"{name}={value}", address)
    page = address.partition("#")[0] + f"&as={person}"
    answer = requests.get(page, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def who(app: Flask, client: FlaskClient) -> str | None:
    """The openid that the server knows for this browser's cookie."""
    with client.session_transaction() as session:
        return session.get("openid")


def session_cookie(client: FlaskClient) -> str:
    cookie = client.get_cookie("huzhu")
    return cookie.value if cookie else ""


def test_the_way_to_wechat_is_built_from_settings_alone(client: FlaskClient, app: Flask) -> None:
    """W6: neither Host nor X-Forwarded-Host changes where WeChat sends people."""
    public = app.extensions["huzhu"]["settings"].public_url
    for headers in ({}, {"Host": "evil.invalid"}, {"X-Forwarded-Host": "evil.invalid"}):
        address = start(client, **headers)
        query = parse_qs(urlsplit(address).query)
        assert query["redirect_uri"] == [f"{public}/wechat/oauth/callback"]
        assert query["scope"] == ["snsapi_base"]
        assert re.fullmatch(r"[0-9a-f]{32}", query["state"][0])
        assert address.endswith("#wechat_redirect")
        assert "evil" not in address


def test_sign_in_lands_on_the_page_with_a_new_session(sandbox: str, client: FlaskClient, app: Flask) -> None:
    back = consent(start(client))
    before = session_cookie(client)
    response = client.get(back)
    assert (response.status_code, response.location) == (303, "/h5/claims")
    assert who(app, client) == ZHANG
    assert before
    assert session_cookie(client) != before


def test_the_old_session_token_is_dead_after_sign_in(sandbox: str, client: FlaskClient, app: Flask) -> None:
    back = consent(start(client))
    planted = session_cookie(client)
    client.get(back)
    thief = app.test_client()
    thief.set_cookie("huzhu", planted)
    assert who(app, thief) is None


def test_neither_state_nor_browser_is_stored_readable(client: FlaskClient, db: SQLAlchemy) -> None:
    state = parse_qs(urlsplit(start(client)).query)["state"][0]
    row = db.session.query(OAuthState).one()
    assert state not in repr(vars(row))
    assert bytes.fromhex(state) not in bytes(row.state_hash)


def test_somebody_elses_way_back_signs_nobody_in(sandbox: str, app: Flask) -> None:
    """W6: an attacker's code and state in the victim's browser."""
    attacker, victim = app.test_client(), app.test_client()
    lure = consent(start(attacker), "li")
    start(victim)
    assert victim.get(lure).status_code == 401
    assert who(app, victim) is None
    assert app.test_client().get(lure).status_code == 401


def test_a_lure_does_not_change_who_is_signed_in(sandbox: str, app: Flask) -> None:
    attacker, victim = app.test_client(), app.test_client()
    victim.get(consent(start(victim)))
    response = victim.get(consent(start(attacker), "li"))
    assert response.location == "/h5/"
    assert who(app, victim) == ZHANG


@pytest.mark.parametrize(
    "query", ["", "?code=c", "?state=s", "?code=c&state=", "?code=c&state=0123456789abcdef"]
)
def test_a_return_without_our_state_is_refused(client: FlaskClient, app: Flask, query: str) -> None:
    start(client)
    assert client.get(f"/wechat/oauth/callback{query}").status_code == 401
    assert who(app, client) is None


def test_a_double_tap_is_not_noticed(sandbox: str, client: FlaskClient, app: Flask) -> None:
    back = consent(start(client))
    assert client.get(back).location == "/h5/claims"
    again = client.get(back)
    assert again.status_code == 303
    assert again.location in ("/h5/", "/h5/claims")
    assert who(app, client) == ZHANG


@pytest.mark.parametrize("code", ["neverissued", ""])
def test_a_bad_code_restarts_once_and_then_explains(
    sandbox: str, client: FlaskClient, app: Flask, code: str
) -> None:
    """40029: a code somebody shared with the link, or an old one."""
    first = parse_qs(urlsplit(start(client)).query)["state"][0]
    restarted = client.get(f"/wechat/oauth/callback?code={code}&state={first}")
    assert restarted.status_code == 302
    second = parse_qs(urlsplit(restarted.location).query)["state"][0]
    assert second != first
    last = client.get(f"/wechat/oauth/callback?code={code}&state={second}")
    assert last.status_code == 401
    assert oauth.EXPIRED in last.text
    assert who(app, client) is None


def test_a_code_used_before_restarts_and_succeeds(sandbox: str, client: FlaskClient, app: Flask) -> None:
    """40163."""
    back = consent(start(client))
    code = parse_qs(urlsplit(back).query)["code"][0]
    other = app.test_client()
    state = parse_qs(urlsplit(start(other)).query)["state"][0]
    client.get(back)
    restarted = other.get(f"/wechat/oauth/callback?code={code}&state={state}")
    assert restarted.status_code == 302
    assert other.get(consent(restarted.location, "li")).location == "/h5/claims"
    assert who(app, other) == LI


def test_a_state_is_good_for_ten_minutes(
    sandbox: str, client: FlaskClient, db: SQLAlchemy, app: Flask
) -> None:
    back = consent(start(client))
    age = {"at": clock.now() - signin.LIFE - timedelta(seconds=1)}
    db.session.execute(sql("UPDATE oauth_state SET created_at = :at"), age)
    db.session.commit()
    assert client.get(back).status_code == 302  # begins again, with a fresh state
    assert who(app, client) is None


def test_sixty_four_parallel_returns_make_one_session(sandbox: str, app: Flask, db: SQLAlchemy) -> None:
    first = app.test_client()
    back = consent(start(first))
    cookie = session_cookie(first)

    def land(_: int) -> TestResponse:
        browser = app.test_client()
        browser.set_cookie("huzhu", cookie)
        return browser.get(back)

    with ThreadPoolExecutor(16) as pool:
        landed = [r for r in pool.map(land, range(64)) if r.status_code == 303]
    assert len(landed) == 1
    known = db.session.execute(sql("SELECT count(*) FROM session WHERE data ? 'openid'")).scalar_one()
    assert known == 1


def test_another_person_on_the_same_phone_leaves_nothing_of_the_first(
    sandbox: str, client: FlaskClient, app: Flask
) -> None:
    client.get(consent(start(client)))
    with client.session_transaction() as session:
        session["draft"] = "of the first"
    client.get(consent(start(client), "li"))
    assert who(app, client) == LI
    with client.session_transaction() as session:
        assert "draft" not in session


def test_snapshot_mode_is_refused_kindly(sandbox: str, client: FlaskClient, app: Flask) -> None:
    requests.post(
        f"{sandbox}/phone/zhang/settings", json={"is_snapshot": True}, timeout=10
    ).raise_for_status()
    response = client.get(consent(start(client), scope="snsapi_userinfo"))
    assert response.status_code == 403
    assert oauth.SNAPSHOT in response.text
    assert who(app, client) is None


def test_wechat_being_away_is_said_kindly(make_app: Callable[..., Flask]) -> None:
    from tests.wechat.conftest import serve

    client = serve(make_app(WECHAT_API_URL="http://127.0.0.1:9")).test_client()
    state = parse_qs(urlsplit(start(client)).query)["state"][0]
    response = client.get(f"/wechat/oauth/callback?code=c&state={state}")
    assert response.status_code == 503
    assert oauth.AWAY in response.text


# --- where sign-in may end -----------------------------------------------------------------------------

OURS = [
    ("/h5/", "/h5/"),
    ("/h5/claims", "/h5/claims"),
    ("/h5/claims/BZ1344168415351173120", "/h5/claims/BZ1344168415351173120"),
    ("/h5/claims?code=x", "/h5/claims"),
    ("/h5/?//evil.invalid", "/h5/"),
    ("/s/claims", "/s/claims"),
]
THEIRS = [
    "",
    "/",
    "h5/claims",
    "/admin/",
    "/admin/claims",
    "/wechat/oauth",
    "/wechat/oauth/callback",
    "/h5/no-such-page-of-ours",
    "//evil.invalid",
    "///evil.invalid",
    "////evil.invalid/h5/",
    "/\\evil.invalid",
    "\\/evil.invalid",
    "\\\\evil.invalid",
    "/h5/\\evil.invalid",
    "/h5//evil.invalid",
    "/h5/../admin/",
    "/h5/./claims",
    "/h5/..//evil.invalid",
    "/h5/%2e%2e/admin",
    "/%2fevil.invalid",
    "%2f%2fevil.invalid",
    "/h5/%2f%2fevil.invalid",
    "/h5/%5cevil.invalid",
    "/h5/%0d%0aLocation:%20https://evil.invalid",
    "/h5/\r\nLocation: https://evil.invalid",
    "/h5/\tevil",
    "/h5/\x00",
    "https://evil.invalid",
    "https://evil.invalid/h5/",
    "https:evil.invalid",
    "https:/evil.invalid",
    "https:///evil.invalid",
    "http://127.0.0.1/h5/",
    "HTTPS://EVIL.INVALID",
    " https://evil.invalid",
    "\thttps://evil.invalid",
    "\nhttps://evil.invalid",
    "ftp://evil.invalid",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "/h5/@evil.invalid",
    "@evil.invalid",
    "/@evil.invalid",
    "/h5/:80@evil.invalid",
    ".evil.invalid",
    "//evil.invalid/h5/claims",
    "//evil.invalid%2fh5",
    "/h5/;@evil.invalid",
    "/h5/#//evil.invalid",
    "/h5/<script>",
    "/h5/汉字",
    "/h5/．．/",
    "／／evil.invalid",
    "/h5/" + "a" * 5000,
    "?next=//evil.invalid",
    "#//evil.invalid",
    "/h5",
]


@pytest.mark.parametrize(("wanted", "landed"), OURS + [(payload, "/h5/") for payload in THEIRS])
def test_sign_in_ends_on_a_page_of_ours(app: Flask, wanted: str, landed: str) -> None:
    with app.test_request_context():
        assert oauth.landing(wanted) == landed


@pytest.mark.parametrize(
    "payload", ["//evil.invalid", "/\\evil.invalid", "https://evil.invalid/h5/", "/h5/%0d%0ax"]
)
def test_the_redirect_after_sign_in_stays_with_us(sandbox: str, client: FlaskClient, payload: str) -> None:
    assert client.get(consent(start(client, payload))).location == "/h5/"
