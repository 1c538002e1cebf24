"""The second factor: set up, shown, lost, and what stays closed without it (S6, 等保 8.1.4.1 d)."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from core import factor as core_factor
from core import roles
from core.db import transaction
from core.roles import ADMINISTRATOR, FINANCE_CHECKER, FIRST_REVIEWER, OPERATOR
from staff import service
from staff.rules import signing_in as rules
from staff.rules.passwords import WRONG
from tests.staff.arriving import arrive, by_password, later, page, totp
from tests.world import PASSWORD, World, as_staff

CLOSED = ("/admin/payouts", "/admin/audit", "/admin/claims")


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def bare(world, db):
    """A first reviewer who has no authenticator yet."""
    person = world.staff(FIRST_REVIEWER, name="王初核")
    with transaction():
        person.totp_secret = None
    return person


def set_up(client, password: str = PASSWORD):
    """Start, read the key as a person would, type its code."""
    assert client.submit("/admin/factor/setup", {}).status_code == 303
    shown = page(client.get("/admin/factor/setup?step=2"))
    secret = re.search(r"nb-groups\">([A-Z2-7 ]+)<", shown)[1].replace(" ", "")
    typed = {"code": totp(secret=secret), "password": password}
    return secret, client.submit("/admin/factor/confirm", typed, page="/admin/factor/setup?step=2")


@pytest.mark.parametrize("role", sorted(roles.POWERFUL))
def test_what_has_power_waits_for_the_second_factor(client, db, world, role: str) -> None:
    """S6: after SMS alone every powerful role is withheld; the code gives it back at once."""
    person = world.staff(role)
    assert arrive(client, db, person.phone).location.startswith("/admin/factor")
    for path in CLOSED:
        answer = client.get(path)
        assert answer.status_code in (303, 403), path
        if answer.status_code == 303:
            assert answer.location.startswith("/admin/factor?next=")
    done = client.submit("/admin/factor", {"code": totp(), "next": "/admin/"})
    assert (done.status_code, done.location) == (303, "/admin/")
    assert any(client.get(path).status_code == 200 for path in CLOSED)


def test_an_operator_works_with_the_phone_alone(client, db, world) -> None:
    person = world.staff(OPERATOR)
    assert arrive(client, db, person.phone).location == "/admin/"
    assert client.get("/admin/claims").status_code == 200


def test_whoever_has_none_sets_one_up_first(client, db, bare) -> None:
    """From SMS to power: set-up page, key, code and password; recovery codes are shown once."""
    assert "/admin/factor" in arrive(client, db, bare.phone).location
    assert client.get("/admin/factor").location.startswith("/admin/factor/setup")
    assert client.get("/admin/claims").status_code == 303
    secret, done = set_up(client)
    found = re.findall(r"<code>([A-Z2-9]{5}-[A-Z2-9]{5})</code>", page(done))
    assert done.status_code == 200 and len(set(found)) == rules.RECOVERY_COUNT
    assert client.get("/admin/claims").status_code == 200
    db.session.refresh(bare)
    assert bare.totp_secret == secret and found[0].replace("-", "") not in (bare.recovery_codes or "")


def test_somebody_with_only_the_phone_makes_themselves_no_second_factor(client, db, bare) -> None:
    arrive(client, db, bare.phone)
    _, answer = set_up(client, "Not-the-password-1")
    assert answer.status_code == 422
    db.session.refresh(bare)
    assert bare.totp_secret is None


def test_the_qr_code_is_a_picture_of_the_pending_secret_only(client, db, bare) -> None:
    arrive(client, db, bare.phone)
    assert client.get("/admin/factor/picture.svg").status_code == 422
    client.submit("/admin/factor/setup", {})
    answer = client.get("/admin/factor/picture.svg")
    assert answer.content_type == "image/svg+xml" and answer.headers["Cache-Control"] == "no-store"


def test_a_recovery_code_works_once_instead_of_the_authenticator(client, app, db, bare) -> None:
    arrive(client, db, bare.phone)
    _, done = set_up(client)
    one, two = re.findall(r"<code>([A-Z2-9-]{11})</code>", page(done))[:2]
    assert by_password(app.test_client(), bare.phone, code=one).status_code == 303
    assert by_password(app.test_client(), bare.phone, code=one).status_code == 422
    assert by_password(app.test_client(), bare.phone, code=two.lower().replace("-", " ")).status_code == 303


def test_a_wrong_password_burns_the_code_but_no_recovery_code(client, app, db, bare) -> None:
    """S6: a step's code works once, also after a sign-in that failed."""
    arrive(client, db, bare.phone)
    secret, done = set_up(client)
    spare = re.findall(r"<code>([A-Z2-9-]{11})</code>", page(done))[0]
    code = totp(1, secret)
    assert by_password(app.test_client(), bare.phone, "wrong-password-1A", code).status_code == 422
    assert by_password(app.test_client(), bare.phone, code=code).status_code == 422
    assert by_password(app.test_client(), bare.phone, "wrong-password-1A", spare).status_code == 422
    assert by_password(app.test_client(), bare.phone, code=spare).status_code == 303


def test_new_recovery_codes_end_the_old_ones(client, app, db, bare) -> None:
    arrive(client, db, bare.phone)
    _, done = set_up(client)
    old = re.findall(r"<code>([A-Z2-9-]{11})</code>", page(done))[0]
    again = client.submit("/admin/factor/codes", {}, page="/admin/me")
    new = re.findall(r"<code>([A-Z2-9-]{11})</code>", page(again))[0]
    assert by_password(app.test_client(), bare.phone, code=old).status_code == 422
    assert by_password(app.test_client(), bare.phone, code=new).status_code == 303


def test_stepping_up_is_limited(client, db, world) -> None:
    person = world.staff(FIRST_REVIEWER)
    arrive(client, db, person.phone)
    for _ in range(5):
        assert client.submit("/admin/factor", {"code": "000000"}).status_code == 422
    assert client.submit("/admin/factor", {"code": totp()}).status_code == 429
    later(db, 16)
    assert client.submit("/admin/factor", {"code": totp(1)}).status_code == 303


def test_stepping_up_changes_the_token(client, db, world) -> None:
    """S7: rotated at the second factor."""
    arrive(client, db, world.staff(FIRST_REVIEWER).phone)
    before = client.get_cookie("huzhu-admin").value
    client.submit("/admin/factor", {"code": totp()})
    assert client.get_cookie("huzhu-admin").value != before


def test_a_password_alone_is_not_enough_in_a_new_browser(client, app, db, world) -> None:
    """Without an authenticator the phone is the second thing; the browser is known afterwards."""
    person = world.staff(OPERATOR)
    with transaction():
        person.totp_secret = None
    answer = by_password(client, person.phone)
    assert answer.location.startswith("/admin/login/second")
    assert client.get("/admin/claims").status_code == 303
    from tests.staff.arriving import sms_code

    typed = {"code": sms_code(db, person.phone)}
    assert client.submit("/admin/login/second", {"code": "000000"}).status_code == 422
    assert client.submit("/admin/login/second", typed).status_code == 303
    client.submit("/admin/logout", {}, page="/admin/me")
    assert by_password(client, person.phone).location == "/admin/"
    assert by_password(app.test_client(), person.phone, "wrong-password-1A").status_code == 422


def test_another_administrator_takes_a_lost_authenticator_away(client, db, world) -> None:
    """Never one's own; every session ends; the password alone opens nothing afterwards."""
    lost, boss = world.staff(FINANCE_CHECKER), world.staff(ADMINISTRATOR)
    world.sign_in(client, staff=lost)
    with pytest.raises(Exception, match="另一位管理员"), transaction():
        service.reset_factor(boss.id, as_staff(boss, ADMINISTRATOR))
    with transaction():
        service.reset_factor(lost.id, as_staff(boss, ADMINISTRATOR))
    assert client.get("/admin/me").location.startswith("/admin/login")
    db.session.refresh(lost)
    assert lost.totp_secret is None and by_password(client, lost.phone, code=totp()).status_code in (303, 422)


def test_a_form_that_needs_the_factor_says_so_and_leads_there(client, db, world) -> None:
    """A POST is not redirected away; the page says what to do."""
    person = world.staff(FIRST_REVIEWER)
    arrive(client, db, person.phone)
    answer = client.submit("/admin/factor/codes", {}, page="/admin/me")
    assert answer.status_code == 401 and "/admin/factor" in page(answer) and "动态码" in page(answer)


def test_the_missing_code_is_answered_like_a_wrong_one(client, world) -> None:
    person = world.staff(FIRST_REVIEWER)
    answer = by_password(client, person.phone)
    assert answer.status_code == 422 and WRONG in page(answer)


def test_every_page_says_which_rights_wait(client, db, world) -> None:
    person = world.staff(FIRST_REVIEWER)
    arrive(client, db, person.phone)
    assert "输入动态码后才能用您的这些权限：初核" in page(client.get("/admin/"))
    client.submit("/admin/factor", {"code": totp()})
    assert "输入动态码后" not in page(client.get("/admin/"))


def test_money_asks_for_a_code_of_the_last_quarter_hour(client, db, world) -> None:
    """Step-up: a second factor shown this morning does not check or export a batch."""
    from core import clock
    from core.sessions import SessionRow
    from payout.models import PayoutBatch

    maker, checker = world.staff(roles.FINANCE_MAKER), world.staff(FINANCE_CHECKER)
    with transaction():
        batch = PayoutBatch(number="DK2026010001", state="prepared", item_count=0, total_fen=0,
                            maker_id=maker.id, seal_bi=b"0" * 16)  # fmt: skip
        db.session.add(batch)
    world.sign_in(client, staff=checker)
    path = f"/admin/payouts/{batch.number}/check"
    assert client.get(path).status_code == 200
    row = db.session.query(SessionRow).one()
    stale = clock.now() - core_factor.RECENT - dt.timedelta(seconds=1)
    row.data = {**row.data, "second_factor_at": stale.isoformat()}
    db.session.commit()
    assert client.get(path).location == f"/admin/factor?next={path}"
    assert client.submit(path, {}, page="/admin/me").status_code == 401


def test_an_administrator_unlocks_and_resets_from_the_colleagues_page(client, app, db, world) -> None:
    """S4: another administrator, with a fresh code; the buttons stand on the person's page."""
    boss, lost = world.staff(ADMINISTRATOR), world.staff(FIRST_REVIEWER)
    world.sign_in(client, staff=boss)
    for _ in range(6):
        by_password(app.test_client(), lost.phone, "wrong-password-1A")
    where = f"/admin/staff/{lost.id}"
    own = f"/admin/staff/{boss.id}"
    assert "解除登录锁定" in page(client.get(where))
    assert "解除登录锁定" not in page(client.get(own))
    assert client.submit(f"{where}/unlock", {}, page=where).location == where
    assert by_password(app.test_client(), lost.phone, code=totp()).status_code == 303
    assert client.submit(f"{where}/reset-factor", {}, page=where).location == where
    db.session.refresh(lost)
    assert lost.totp_secret is None
    assert client.submit(f"{own}/unlock", {}, page=where).status_code == 422
