"""账号问题: back in by phone or by mail; nothing tells whether an account exists (S1 … S4, S10)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pytest
import time_machine
from sqlalchemy import text

from core import clock
from core.db import transaction
from core.roles import OPERATOR
from staff import service
from staff.models import RecoveryLink, StaffUser
from staff.rules import recovery as rules
from staff.service import human, recovery
from tests.staff.coming_back import NEW_PASSWORD, Guest
from tests.world import PASSWORD, World, as_staff

EMAIL = "zhou.operator@mail.example"
UNKNOWN = "13899990000"


@pytest.fixture
def clerk(db) -> StaffUser:
    person = World().staff(OPERATOR, name="周经办")
    with transaction():
        person.email, person.email_confirmed_at = EMAIL, clock.now()
    return person


@pytest.fixture(autouse=True)
def easy_sums(monkeypatch) -> None:
    """Python works sums out slower than a browser; they stay sums."""
    monkeypatch.setattr(human, "COST", 20)


@pytest.fixture
def guest(client, sandbox) -> Guest:
    return Guest(client, sandbox)


def is_password(db, person: StaffUser, password: str) -> bool:
    from staff.service.hashing import hasher

    db.session.expire_all()
    try:
        return hasher().verify(db.session.get(StaffUser, person.id).password_hash, password)
    except Exception:
        return False


def later(db, seconds: int, *limits: str) -> None:
    db.session.execute(text(f"UPDATE limit_hit SET at = at - interval '{seconds} seconds'"))
    db.session.commit()


# --- the first page and the three ways


def test_xm_06_the_door_leads_to_recovery(client) -> None:
    """XM-06: 找回密码 stands on both ways to sign in, and what it opens asks for the user name."""
    for way in ("/admin/login", "/admin/login?way=sms"):
        shown = client.get(way).get_data(as_text=True)
        links = dict(re.findall(r'<a class="go" href="([^"]+)">([^<]+)</a>', shown))
        assert "找回密码" in links["/admin/recover"], way
    opened = client.get("/admin/recover").get_data(as_text=True)
    assert "用户名（证件号码、手机号码、邮箱地址）" in opened and "下一步" in opened


@pytest.mark.parametrize("how", ["phone", "id_number", "small letters", "email", "unknown"])
def test_whoever_is_named_the_same_three_ways_are_offered(guest, clerk, how: str) -> None:
    """XM-11, XM-12: by certificate number, phone or mail address; the page does not say what is on file."""
    account = {
        "phone": clerk.phone,
        "id_number": clerk.id_number,
        "small letters": f" {clerk.id_number.lower()} ",
        "email": EMAIL.upper(),
        "unknown": UNKNOWN,
    }[how]
    answer = guest.name(account)
    assert (answer.status_code, answer.location) == (303, "/admin/recover/ways")
    page = guest.client.get("/admin/recover/ways").get_data(as_text=True)
    for way in ("手机方式找回", "邮箱方式找回", "人工申诉方式找回"):
        assert way in page
    assert page.count("立即找回") == 3
    for told in (clerk.phone, clerk.phone[-4:], EMAIL, "周", "@"):
        assert told not in page
    assert clerk.id_number not in page


def test_the_pages_are_the_same_to_the_byte_for_nobody(app, clerk, sandbox) -> None:
    """S3: known and unknown differ in nothing but tokens."""
    seen = []
    for account in (clerk.phone, UNKNOWN):
        guest = Guest(app.test_client(), sandbox)
        guest.name(account)
        pages = [
            guest.client.get(f"/admin/recover/{way}").get_data(as_text=True)
            for way in ("ways", "phone", "mail")
        ]
        pages.append(guest.ask_code("/admin/recover/phone").get_data(as_text=True))
        pages.append(guest.client.submit("/admin/recover/mail", {}).get_data(as_text=True))
        pages.append(guest.new_password("/admin/recover/phone", code="123456").get_data(as_text=True))
        seen.append([re.sub(r'(csrf_token" value|nonce)="[^"]+"', "", page) for page in pages])
    assert seen[0] == seen[1]


def test_the_same_work_is_done_for_nobody(app, clerk, db, statements) -> None:
    """S3: no clock tells who is on file, for every statement is the same, up to the message."""

    def work(account: str) -> list[str]:
        with statements() as seen:
            wanted = recovery.look_up(account, "192.0.2.1")
            for step in (
                lambda: recovery.request_code(wanted, "holder", "192.0.2.1"),
                lambda: recovery.mail_link(wanted, "192.0.2.1", lambda token: f"http://127.0.0.1/{token}"),
            ):
                db.session.expunge_all()
                with transaction():
                    step()
        db.session.expunge_all()
        return [one for one in seen if "SAVEPOINT" not in one]

    known, unknown = work(EMAIL), work(UNKNOWN)
    assert known == unknown and any("outbox_message" in one for one in known)


def test_without_an_account_name_nothing_is_looked_for(guest, clerk) -> None:
    answer = guest.name("  ")
    assert answer.status_code == 422 and rules.ACCOUNT_NEEDED in answer.get_data(as_text=True)


def test_the_ways_begin_at_the_first_page(guest, clerk) -> None:
    for way in ("ways", "phone", "mail"):
        assert guest.client.get(f"/admin/recover/{way}").location == "/admin/recover"
    token = {"csrf_token": "x"}
    guest.client.application.config["WTF_CSRF_ENABLED"] = False
    try:
        answer = guest.client.post(
            "/admin/recover/phone", data=token | {"password": NEW_PASSWORD, "again": NEW_PASSWORD}
        )
    finally:
        guest.client.application.config["WTF_CSRF_ENABLED"] = True
    assert answer.status_code == 422 and rules.STALE in answer.get_data(as_text=True)


# --- 手机方式


def test_by_phone_a_new_password_is_set_and_everybody_else_is_out(guest, clerk, db, app) -> None:
    """XM-13: 图片验证码, 手机验证码, 新密码 twice → 重置密码成功; sessions end, the owner is told."""
    desk = app.test_client()
    World().sign_in(desk, staff=clerk)
    guest.name(clerk.phone)
    assert guest.ask_code("/admin/recover/phone").json == {"message": rules.CODE_SENT, "seconds": 60}
    answer = guest.new_password("/admin/recover/phone", code=guest.code(clerk.phone))
    assert (answer.status_code, answer.location) == (303, "/admin/recover/done")
    assert "重置密码成功" in guest.client.get("/admin/recover/done").get_data(as_text=True)
    assert is_password(db, clerk, NEW_PASSWORD) and not is_password(db, clerk, PASSWORD)
    assert "/admin/login" in desk.get("/admin/me").location
    assert any("密码" in sms and "不是您本人操作" in sms for sms in guest.sms(clerk.phone))
    assert guest.client.get("/admin/recover/phone").location == "/admin/recover"


@pytest.mark.parametrize(
    "password,again,words",
    [
        ("Short1!", "", "密码至少 12 位"),
        (NEW_PASSWORD, "Tianqi-hao-2032", "两次输入的密码不一致"),
        ("alllowercaseletters", "", "3 种"),
    ],
)
def test_a_poor_password_costs_no_code(guest, clerk, db, password: str, again: str, words: str) -> None:
    """XM-13: the policy in words; the code still works afterwards."""
    guest.name(clerk.phone)
    guest.ask_code("/admin/recover/phone")
    code = guest.code(clerk.phone)
    answer = guest.new_password("/admin/recover/phone", password, again, code=code)
    assert answer.status_code == 422 and words in answer.get_data(as_text=True)
    assert guest.new_password("/admin/recover/phone", code=code).status_code == 303


def test_a_password_with_ones_own_name_is_refused_after_the_code_and_the_code_is_not_asked_again(
    guest, clerk
) -> None:
    guest.name(clerk.phone)
    guest.ask_code("/admin/recover/phone")
    mine = f"Hao-{clerk.phone}"
    answer = guest.new_password("/admin/recover/phone", mine, code=guest.code(clerk.phone))
    assert answer.status_code == 422 and "容易猜到" in answer.get_data(as_text=True)
    assert "手机验证码已核对" in answer.get_data(as_text=True)
    assert guest.new_password("/admin/recover/phone").status_code == 303


def test_no_code_is_sent_without_the_puzzle(guest, clerk) -> None:
    """S2: texts cost money and annoy; a person, or a computer that has worked for it, asks."""
    guest.name(clerk.phone)
    answer = guest.client.submit("/admin/recover/phone/code", {"solved": ""}, page="/admin/recover/phone")
    assert answer.status_code == 422 and rules.PICTURE_NEEDED in answer.get_data(as_text=True)
    assert guest.sms(clerk.phone) == []


def test_guessing_the_code_ends_before_it_pays(guest, clerk, db) -> None:
    """S1: five tries a code; the right one does not help after them."""
    guest.name(clerk.phone)
    guest.ask_code("/admin/recover/phone")
    right = guest.code(clerk.phone)
    wrong = f"{(int(right) + 1) % 1000000:06d}"
    for _ in range(5):
        assert guest.new_password("/admin/recover/phone", code=wrong).status_code == 422
    answer = guest.new_password("/admin/recover/phone", code=right)
    assert answer.status_code == 422 and "重新获取" in answer.get_data(as_text=True)
    assert is_password(db, clerk, PASSWORD)


def test_codes_are_sprayed_in_vain(app, clerk, sandbox, db) -> None:
    """S4: many browsers, one account: the tries of all of them count together."""
    answers = []
    for _ in range(16):
        guest = Guest(app.test_client(), sandbox)
        guest.name(clerk.phone)
        answers.append(guest.new_password("/admin/recover/phone", code="000000").status_code)
    assert answers == [422] * 15 + [429]


def test_a_code_works_in_the_browser_that_asked_for_it(app, clerk, sandbox, db) -> None:
    """S1: bound to purpose, phone and browser."""
    asker, thief = (Guest(app.test_client(), sandbox) for _ in range(2))
    for one in (asker, thief):
        one.name(clerk.phone)
    asker.ask_code("/admin/recover/phone")
    code = asker.code(clerk.phone)
    assert thief.new_password("/admin/recover/phone", code=code).status_code == 422
    assert asker.new_password("/admin/recover/phone", code=code).status_code == 303


def test_the_phone_of_an_account_is_not_flooded(app, clerk, sandbox, db) -> None:
    """S2: from however many browsers; the words stay the same when it is enough."""
    for n in range(8):
        guest = Guest(app.test_client(), sandbox)
        guest.name(clerk.phone if n % 2 else clerk.id_number)
        assert guest.ask_code("/admin/recover/phone").json["message"] == rules.CODE_SENT
        db.session.execute(text("UPDATE limit_hit SET at = at - interval '70 seconds'"))
        db.session.commit()
    assert len([sms for sms in guest.sms(clerk.phone) if "验证码" in sms]) == 5


def test_whoever_was_disabled_meanwhile_stays_out(guest, clerk, db) -> None:
    guest.name(clerk.phone)
    guest.ask_code("/admin/recover/phone")
    code = guest.code(clerk.phone)
    with transaction():
        clerk.is_active = False
    assert guest.new_password("/admin/recover/phone", code=code).status_code == 422
    assert is_password(db, clerk, PASSWORD)


# --- 邮箱方式


def test_by_mail_a_link_sets_the_password_once(guest, clerk, db) -> None:
    """XM-14: a verification mail, 重置密码链接, two new passwords, 提交 → 重置密码成功."""
    guest.name(EMAIL)
    assert rules.MAIL_SENT in guest.client.submit("/admin/recover/mail", {}).get_data(as_text=True)
    (mail,) = guest.mails()
    assert (mail["to"], mail["subject"]) == (EMAIL, "重置密码")
    link = guest.mailed_link()
    for _ in range(10):  # S10: looking does not use it up
        assert guest.client.get(link).status_code == 200
    answer = guest.new_password(link)
    assert (answer.status_code, answer.location) == (303, "/admin/recover/done")
    assert is_password(db, clerk, NEW_PASSWORD)
    shown = guest.client.get(link)
    assert shown.status_code == 410 and rules.LINK_DEAD in shown.get_data(as_text=True)


def posted(guest: Guest, link: str) -> int:
    """POST with a token of another page: the dead page has no form."""
    return guest.client.submit(
        link, {"password": "Another-Good-2031", "again": "Another-Good-2031"}, page="/admin/recover"
    ).status_code


def test_a_link_used_twice_does_nothing(guest, clerk, db) -> None:
    guest.name(EMAIL)
    guest.client.submit("/admin/recover/mail", {})
    link = guest.mailed_link()
    guest.new_password(link)
    assert posted(guest, link) == 410
    assert is_password(db, clerk, NEW_PASSWORD)


def test_a_link_is_dead_once_the_password_was_changed_otherwise(guest, clerk, db) -> None:
    guest.name(EMAIL)
    guest.client.submit("/admin/recover/mail", {})
    link = guest.mailed_link()
    with transaction():
        service.set_password(clerk.id, NEW_PASSWORD, as_staff(clerk))
    assert guest.client.get(link).status_code == 410 and posted(guest, link) == 410
    assert is_password(db, clerk, NEW_PASSWORD)


def test_two_links_and_one_is_used_so_both_are(guest, clerk, db) -> None:
    guest.name(EMAIL)
    guest.client.submit("/admin/recover/mail", {})
    first = guest.mailed_link()
    guest.client.submit("/admin/recover/mail", {})
    second = guest.mailed_link()
    assert first != second and guest.new_password(second).status_code == 303
    assert posted(guest, first) == 410


def test_a_link_lives_half_an_hour(guest, clerk, db) -> None:
    guest.name(EMAIL)
    guest.client.submit("/admin/recover/mail", {})
    link = guest.mailed_link()
    with time_machine.travel(clock.now() + dt.timedelta(minutes=29), tick=True):
        assert recovery.is_alive(link.rsplit("/", 1)[1])
    with time_machine.travel(clock.now() + dt.timedelta(minutes=31), tick=True):
        assert not recovery.is_alive(link.rsplit("/", 1)[1])


def test_only_a_hash_of_the_token_is_kept(guest, clerk, db) -> None:
    """S10: 128 bits, hashed; no page of ours leads on with it."""
    guest.name(EMAIL)
    guest.client.submit("/admin/recover/mail", {})
    link = guest.mailed_link()
    token = link.rsplit("/", 1)[1]
    assert len(token) >= 22
    row = db.session.query(RecoveryLink).one()
    assert token.encode() not in row.token_hash and len(row.token_hash) == 32
    assert guest.client.get(link).headers["Referrer-Policy"] == "no-referrer"


def test_an_unconfirmed_address_gets_no_link(guest, clerk) -> None:
    """Somebody else's address, typed wrongly once, must not open the account."""
    with transaction():
        clerk.email_confirmed_at = None
    guest.name(clerk.phone)
    assert rules.MAIL_SENT in guest.client.submit("/admin/recover/mail", {}).get_data(as_text=True)
    assert guest.mails() == []


def test_mail_is_sent_a_few_times_an_hour_at_most(guest, clerk) -> None:
    guest.name(EMAIL)
    answers = [guest.client.submit("/admin/recover/mail", {}).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429] and len(guest.mails()) == 3


def test_without_a_mail_server_this_way_says_so(guest, clerk, app, monkeypatch) -> None:
    kit = app.extensions["huzhu"]
    monkeypatch.setitem(kit, "settings", dataclasses.replace(kit["settings"], smtp_url=""))
    guest.name(EMAIL)
    page = guest.client.get("/admin/recover/mail").get_data(as_text=True)
    assert rules.NO_MAIL in page and "发送邮件" not in page
    answer = guest.client.submit("/admin/recover/mail", {}, page="/admin/recover")
    assert answer.status_code == 422 and rules.NO_MAIL in answer.get_data(as_text=True)


def test_old_links_and_puzzles_go(guest, clerk, db) -> None:
    from staff.jobs import sweep

    guest.name(EMAIL)
    guest.client.submit("/admin/recover/mail", {})
    with time_machine.travel(clock.now() + dt.timedelta(days=8), tick=True):
        sweep()
    assert db.session.query(RecoveryLink).count() == 0
    assert db.session.execute(text("SELECT count(*) FROM human_check")).scalar() == 0
