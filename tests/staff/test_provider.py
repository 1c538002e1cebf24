"""First sign-in by the identity provider (the sandbox): who gets in, which answers are not believed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from core.db import transaction
from core.roles import OPERATOR
from staff.models import StaffIdentity, StaffUser
from staff.rules import signing_in as rules
from staff.service import oidc
from tests.staff.arriving import arrive, by_password, later, page, sms_code
from tests.world import World

NEW = "13966667777"
GOOD = "Tianqi-hao-2031"
NAME = "i 厦门"


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def here(make_app, db, sandbox):
    """Xiamen's application, with the sandbox for a provider."""
    oidc._descriptions.clear()
    return make_app(SCHEME="xiamen")


def trick(sandbox: str, name: str) -> None:
    requests.post(f"{sandbox}/provider.json", json={"trick": name}, timeout=5).raise_for_status()


def leave(client) -> str:
    """To the provider; where it would have the person choose who they are."""
    answer = client.get("/admin/oidc/start")
    assert answer.status_code == 302, page(answer)
    return str(answer.location)


def chosen(address: str, person: str = "lin-gang") -> str:
    """The way back after choosing, as path and query."""
    answer = requests.get(f"{address}&as={person}", allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def come_back(client, person: str = "lin-gang"):
    return client.get(chosen(leave(client), person))


def complete(client, db, **more: str):
    client.submit("/admin/complete/code", {"phone": NEW}, page="/admin/complete")
    typed = {"phone": NEW, "code": sms_code(db, NEW), "email": "", "password": GOOD, "again": GOOD, **more}
    return client.submit("/admin/complete", typed)


def test_somebody_new_fills_in_and_signs_in_locally_afterwards(here, db) -> None:
    """XM-07, XM-08: 「i 厦门」登录, 完善信息 with phone, code, e-mail, password; later 手机号+密码."""
    client = here.test_client()
    assert f"{NAME}登录" in page(client.get("/admin/login"))
    assert come_back(client).location == "/admin/complete"
    shown = page(client.get("/admin/complete"))
    assert rules.COMPLETE in shown and "林示港" in shown and "lin@example.org" in shown
    for words in ("手机号码", "发送验证码", "验证码", "邮箱", "密码", "确认密码", "确定"):
        assert words in shown
    assert complete(client, db).location == "/admin/"
    person = db.session.query(StaffUser).filter(StaffUser.phone.matches(NEW)).one()
    assert (person.name, person.id_number) == ("林示港", "H00000001")
    client.submit("/admin/logout", {}, page="/admin/me")
    assert by_password(client, NEW, GOOD).location == "/admin/"
    later(db, 2)
    assert arrive(here.test_client(), db, NEW).location == "/admin/"


def test_the_second_time_the_subject_is_known(here, db) -> None:
    """XM-07: existing user → in, at once."""
    first, second = here.test_client(), here.test_client()
    come_back(first)
    complete(first, db)
    assert come_back(second).location == "/admin/"
    assert db.session.query(StaffIdentity).count() == 1


def test_an_account_with_the_same_certificate_is_the_same_person(here, db, world) -> None:
    person = world.staff(OPERATOR, name="林示港")
    with transaction():
        person.id_number = "H00000001"
    assert come_back(here.test_client()).location == "/admin/"
    assert db.session.query(StaffIdentity).one().staff_id == person.id


def test_a_disabled_person_stays_outside(here, db, world) -> None:
    person = world.staff(OPERATOR)
    with transaction():
        person.id_number, person.is_active = "H00000001", False
    answer = come_back(here.test_client())
    assert answer.status_code == 422 and rules.NO_ACCOUNT in page(answer)


@pytest.mark.parametrize(
    "name,words",
    [
        ("nonce", rules.PROVIDER_WRONG),
        ("issuer", rules.PROVIDER_FOREIGN),
        ("audience", rules.PROVIDER_FOREIGN),
        ("key", rules.PROVIDER_FOREIGN),
        ("expired", rules.PROVIDER_EXPIRED),
    ],
)
def test_an_answer_that_does_not_fit_lets_nobody_in(here, db, sandbox, name: str, words: str) -> None:
    """Wrong nonce, another issuer, another's token, another's key, too old: kind words, and the door shut."""
    trick(sandbox, name)
    client = here.test_client()
    answer = come_back(client)
    assert answer.status_code == 422 and words.format(provider=NAME) in page(answer)
    assert client.get("/admin/complete").location == "/admin/login"
    assert db.session.query(StaffUser).count() == 0


def test_without_an_address_the_form_says_so_and_asks_for_none(here, db, sandbox) -> None:
    """No e-mail: XM-08 has it optional, so the person is told and goes on."""
    trick(sandbox, "no_email")
    client = here.test_client()
    assert come_back(client).location == "/admin/complete"
    assert rules.PROVIDER_NO_EMAIL.format(provider=NAME) in page(client.get("/admin/complete"))
    assert complete(client, db).location == "/admin/"


def test_the_state_belongs_to_one_browser_and_one_journey(here, db) -> None:
    client, stranger = here.test_client(), here.test_client()
    back = chosen(leave(client))
    stale = rules.PROVIDER_STALE.format(provider=NAME)
    assert stale in page(stranger.get(back))
    assert client.get(back).location == "/admin/complete"
    assert stale in page(client.get(back)), "the same answer twice"
    leave(client)
    assert stale in page(client.get("/admin/oidc/callback?code=x&state=other"))


def test_the_request_has_pkce_state_and_nonce(here, db) -> None:
    asked = parse_qs(urlsplit(leave(here.test_client())).query)
    assert asked["code_challenge_method"] == ["S256"] and len(asked["code_challenge"][0]) == 43
    assert len(asked["state"][0]) >= 20 and len(asked["nonce"][0]) >= 20
    assert asked["redirect_uri"][0].endswith("/admin/oidc/callback")


def test_a_code_without_its_verifier_is_worth_nothing(here, db, sandbox) -> None:
    """PKCE: the provider itself refuses; ours says so kindly."""
    client = here.test_client()
    back = chosen(leave(client))
    thief = here.test_client()
    leave(thief)
    state = parse_qs(urlsplit(leave(thief)).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    answer = thief.get(f"/admin/oidc/callback?code={code}&state={state}")
    assert answer.status_code == 422 and rules.PROVIDER_STALE.format(provider=NAME) in page(answer)


def test_cancelling_comes_back_to_the_door(here, db) -> None:
    answer = come_back(here.test_client(), "nobody")
    assert answer.status_code == 422 and rules.PROVIDER_CANCELLED.format(provider=NAME) in page(answer)


@pytest.mark.parametrize("kind", ["refuse", "garbage"])
def test_a_provider_that_is_down_leaves_the_other_ways_open(here, db, sandbox, kind: str) -> None:
    requests.post(f"{sandbox}/faults.json", json={"service": "oidc", "kind": kind}, timeout=5)
    answer = here.test_client().get("/admin/oidc/start")
    assert answer.status_code == 422 and rules.PROVIDER_DOWN.format(provider=NAME) in page(answer)
    assert "短信登录" in page(answer)


def test_without_a_provider_there_is_no_button(app, client, monkeypatch) -> None:
    from dataclasses import replace

    parts = app.extensions["huzhu"]
    monkeypatch.setitem(parts, "settings", replace(parts["settings"], oidc_issuer=""))
    assert "/admin/oidc/start" not in page(client.get("/admin/login"))
    assert client.get("/admin/oidc/start").location == "/admin/login"


def test_where_registering_is_closed_the_provider_opens_nothing(app, client, db, sandbox) -> None:
    """Guangxi: the account must have been opened; a phone that was opened for this person is taken up."""
    oidc._descriptions.clear()
    come_back(client)
    answer = complete(client, db)
    assert answer.status_code == 422 and rules.NO_ACCOUNT in page(answer)


def test_an_account_opened_for_the_phone_is_taken_up(app, client, db, sandbox) -> None:
    oidc._descriptions.clear()
    with transaction():
        db.session.add(StaffUser(name="林示港", phone=NEW, password_hash=""))
    come_back(client)
    assert complete(client, db).location == "/admin/"
    person = db.session.query(StaffUser).one()
    assert person.id_number == "H00000001" and person.password_hash
