"""What somebody changes of their own account: password, phone, e-mail, sessions (S5, S7)."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import requests

from core import clock
from core.db import transaction
from core.roles import ADMINISTRATOR, OPERATOR
from notify import jobs
from notify.models import OutboxMessage
from staff import service
from staff.models import OldPassword
from staff.rules import passwords
from staff.rules import signing_in as rules
from tests.staff.arriving import arrive, by_password, later, page, sms_code, totp
from tests.world import PASSWORD, World, as_staff

NEW = "Tianqi-hao-2031"
PHONE = "13944445555"


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def clerk(world):
    return world.staff(OPERATOR, name="王经办")


@pytest.fixture
def desk(client, world, clerk):
    return world.sign_in(client, staff=clerk)


def change(client, old: str = PASSWORD, new: str = NEW, again: str | None = None):
    return client.submit("/admin/password", {"old": old, "password": new, "again": again or new})


def test_the_password_is_changed_and_other_sessions_end(desk, app, db, world, clerk) -> None:
    """XM-10 修改密码: 原密码, 新密码, 确认密码; 确定/取消; behind the 头像 menu."""
    elsewhere = world.sign_in(app.test_client(), staff=clerk)
    assert "修改密码" in page(desk.get("/admin/me"))
    shown = page(desk.get("/admin/password"))
    for words in ("密码修改", "原密码", "新密码", "确认密码", "确定", "取消"):
        assert words in shown
    assert change(desk).location == "/admin/me"
    assert desk.get("/admin/me").status_code == 200
    assert elsewhere.get("/admin/me").location.startswith("/admin/login")
    assert by_password(app.test_client(), clerk.phone, PASSWORD, totp()).status_code == 422
    assert by_password(app.test_client(), clerk.phone, NEW, totp(1)).status_code == 303


@pytest.mark.parametrize(
    "old,new,again,words",
    [
        ("Wrong-one-2026", NEW, NEW, passwords.WRONG_OLD),
        (PASSWORD, NEW, NEW + "x", passwords.DIFFERENT),
        (PASSWORD, "short", "short", "密码至少 12 位"),
        (PASSWORD, "alllowercaseletters", "alllowercaseletters", "3 种"),
        (PASSWORD, PASSWORD, PASSWORD, "最近 5 个"),
    ],
)
def test_what_is_wrong_with_a_new_password_is_said(desk, old: str, new: str, again: str, words: str) -> None:
    """XM-10."""
    answer = change(desk, old, new, again)
    assert answer.status_code == 422 and words in page(answer) and new not in page(answer)


def test_the_last_five_may_not_come_back_the_sixth_may(desk, db, clerk) -> None:
    """S5, mlps3: the present one and the four before it."""
    mine = [PASSWORD, *(f"Tianqi-hao-{n}-A" for n in range(2031, 2036))]
    for old, new in zip(mine, mine[1:], strict=False):
        assert change(desk, old, new).status_code == 303, new
    for used in mine[1:]:
        assert change(desk, mine[-1], used).status_code in (422, 429)
        later(db, 16)
    assert change(desk, mine[-1], mine[0]).status_code == 303
    assert db.session.query(OldPassword).filter_by(staff_id=clerk.id).count() <= 5


def test_the_other_profile_forgets_old_passwords_and_never_expires(make_app, db, world, clerk) -> None:
    """S5, asvs: fifteen characters, nothing else; only the present one is refused."""
    client = make_app(STAFF_PASSWORD_POLICY="asvs").test_client()
    world.sign_in(client, staff=clerk)
    assert "至少 15 位" in page(change(client, PASSWORD, NEW[:14]))
    assert change(client, PASSWORD, "correct horse battery").status_code == 303
    assert change(client, "correct horse battery", PASSWORD).status_code == 303
    shown = page(client.get("/admin/password"))
    assert "90 天" not in shown


def test_guessing_the_old_password_is_limited(desk) -> None:
    answers = [change(desk, "Wrong-one-2026").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_after_ninety_days_a_new_password_comes_first(client, db, clerk) -> None:
    """等保 8.1.4.1 a: everything else waits, and goes on afterwards."""
    with transaction():
        clerk.password_changed_at = clock.now() - dt.timedelta(days=91)
    answer = by_password(client, clerk.phone, code=totp())
    assert answer.location.startswith("/admin/password")
    assert client.get("/admin/claims").location.startswith("/admin/password?next=")
    assert "已用满 90 天" in page(client.get("/admin/password"))
    done = client.submit(
        "/admin/password", {"old": PASSWORD, "password": NEW, "again": NEW, "next": "/admin/"}
    )
    assert done.location == "/admin/" and client.get("/admin/claims").status_code == 200


def test_a_new_phone_needs_a_new_code_and_the_old_one_is_told(desk, db, clerk) -> None:
    """XM-09: 若经办人要修改手机号，则需要重新发送验证码进行验证."""
    old = clerk.phone
    typed = {"phone": PHONE, "code": "123456", "password": PASSWORD}
    assert desk.submit("/admin/me/phone", typed).status_code == 422
    sent = desk.submit("/admin/me/phone/code", {"phone": PHONE}, page="/admin/me/phone")
    assert "139****5555" in page(sent)
    code = sms_code(db, PHONE)
    assert code and sms_code(db, old) == ""
    wrong = desk.submit("/admin/me/phone", {**typed, "code": code, "password": "Wrong-one-2026"})
    assert wrong.status_code == 422
    done = desk.submit("/admin/me/phone", {**typed, "code": code})
    assert done.status_code == 303
    db.session.refresh(clerk)
    assert clerk.phone == PHONE and desk.get("/admin/me").status_code == 200
    told = db.session.query(OutboxMessage).filter_by(kind="staff_account_changed", channel="sms").one()
    assert told.address == old


def test_a_phone_that_somebody_has_is_refused_only_after_its_code(desk, db, world) -> None:
    """Nobody learns whose phone is known without holding it."""
    other = world.staff(OPERATOR)
    desk.submit("/admin/me/phone/code", {"phone": other.phone}, page="/admin/me/phone")
    typed = {"phone": other.phone, "password": PASSWORD}
    assert "验证码不对" in page(desk.submit("/admin/me/phone", {**typed, "code": "000000"}))
    answer = desk.submit("/admin/me/phone", {**typed, "code": sms_code(db, other.phone)})
    assert answer.status_code == 409 and rules.PHONE_TAKEN in page(answer)


def test_an_address_counts_once_its_mail_was_opened(desk, app, db, sandbox, clerk) -> None:
    """XM-08 邮箱: the link confirms by a button, for this address only; then it signs in."""
    assert desk.submit("/admin/me/email", {"email": "Wang@Example.org"}).status_code == 303
    assert by_password(app.test_client(), "wang@example.org", code=totp(-1)).status_code == 422
    jobs.drain()
    mail = requests.get(f"{sandbox}/mail.json", timeout=5).json()["messages"][0]["text"]
    link = re.search(r"https?://[^/]+(/admin/email/confirm\?token=\S+)", mail)[1]
    assert "wang" not in link.lower()
    guest = app.test_client()
    guest.get(link)
    db.session.refresh(clerk)
    assert clerk.email_confirmed_at is None, "a preview of the link confirms nothing"
    token = link.partition("token=")[2]
    assert guest.submit("/admin/email/confirm", {"token": token}, page=link).status_code == 303
    assert by_password(app.test_client(), "wang@example.org", code=totp()).status_code == 303
    desk.submit("/admin/me/email", {"email": "other@example.org"})
    assert guest.submit("/admin/email/confirm", {"token": token}, page=link).status_code == 422


def test_a_confirmed_address_cannot_be_taken(desk, db, world) -> None:
    other = world.staff(OPERATOR)
    with transaction():
        other.email, other.email_confirmed_at = "mine@example.org", clock.now()
    answer = desk.submit("/admin/me/email", {"email": "MINE@example.org"})
    assert answer.status_code == 422 and rules.EMAIL_TAKEN in page(answer)


def test_sessions_are_listed_and_ended_one_by_one(desk, app, db, world, clerk) -> None:
    """S7: device, network, since when; one, or all others."""
    phone = app.test_client()
    agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/120 Safari/537 Edg/120"
    phone.get("/admin/login", headers={"User-Agent": agent})
    typed = {"account": clerk.phone, "password": PASSWORD, "code": totp()}
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page(phone.get("/admin/login")))[1]
    phone.post("/admin/login", data={**typed, "csrf_token": token}, headers={"User-Agent": agent})
    shown = page(desk.get("/admin/me"))
    assert "Windows Edge · 网络 127.0.0.*" in shown and "（这里）" in shown
    end = re.search(r"/admin/me/sessions/[0-9a-f-]+/end", shown)[0]
    assert desk.submit(end, {}, page="/admin/me").status_code == 303
    assert phone.get("/admin/me").location.startswith("/admin/login")
    assert desk.get("/admin/me").status_code == 200


def test_nobody_ends_somebody_elses_session(desk, app, db, world) -> None:
    other = world.sign_in(app.test_client(), staff=world.staff(ADMINISTRATOR))
    row = re.findall(r"name=.csrf_token", page(other.get("/admin/me")))
    assert row
    from core.sessions import SessionRow

    theirs = db.session.query(SessionRow).order_by(SessionRow.created_at.desc()).first()
    assert desk.submit(f"/admin/me/sessions/{theirs.id}/end", {}, page="/admin/me").status_code == 404
    assert other.get("/admin/me").status_code == 200


def test_a_copied_cookie_is_dead_after_signing_out(client, app, db, clerk) -> None:
    """S7: signing out kills the session on the server."""
    arrive(client, db, clerk.phone)
    copy = app.test_client()
    copy.set_cookie("huzhu-admin", client.get_cookie("huzhu-admin").value)
    assert copy.get("/admin/me").status_code == 200
    client.submit("/admin/logout", {}, page="/admin/me")
    assert copy.get("/admin/me").location.startswith("/admin/login")


def test_an_administrators_reset_is_kept_in_the_history_of_passwords(db, world, clerk) -> None:
    boss = as_staff(world.staff(ADMINISTRATOR), ADMINISTRATOR)
    with pytest.raises(Exception, match="最近 5 个"), transaction():
        service.set_password(clerk.id, PASSWORD, boss)
