"""A stranger who knows the phone number keeps nobody waiting; spraying is slow; a colleague unlocks (S4)."""

from __future__ import annotations

import pytest

from core.db import transaction
from core.errors import Refused
from core.roles import ADMINISTRATOR, OPERATOR
from staff import service
from staff.models import StaffDevice
from tests.staff.arriving import ask, by_password, by_sms, later, page, sms_code, totp
from tests.world import World, as_staff

WRONG = "wrong-password-1A"


@pytest.fixture
def world(db) -> World:
    return World()


def sign_out(client) -> None:
    client.submit("/admin/logout", {}, page="/admin/me")


def test_an_attacker_cannot_keep_the_owner_waiting(client, app, world) -> None:
    """等保: five wrong tries, a quarter of an hour; but not at the owner's own desk."""
    owner = world.staff(OPERATOR)
    assert by_password(client, owner.phone, code=totp(-1)).status_code == 303
    sign_out(client)
    attacker = app.test_client()
    assert [by_password(attacker, owner.phone, WRONG).status_code for _ in range(6)] == [422] * 5 + [429]
    assert by_password(app.test_client(), owner.id_number, code=totp()).status_code == 429
    assert by_password(client, owner.phone, code=totp()).status_code == 303


def test_wrong_tries_at_ones_own_desk_count_there(client, app, world) -> None:
    """Whoever sits at the known browser guesses no more than anybody else."""
    owner = world.staff(OPERATOR)
    by_password(client, owner.phone, code=totp(-1))
    sign_out(client)
    assert [by_password(client, owner.phone, WRONG).status_code for _ in range(6)] == [422] * 5 + [429]
    assert by_password(app.test_client(), owner.phone, code=totp()).status_code == 303


def test_the_owner_still_gets_codes_when_a_stranger_used_them_up(client, app, db, world) -> None:
    owner = world.staff(OPERATOR)
    by_password(client, owner.phone, code=totp())
    sign_out(client)
    for _ in range(11):
        last = ask(app.test_client(), owner.phone)
        later(db, 61)
    assert last.status_code == 429
    assert ask(client, owner.phone).status_code == 200
    assert by_sms(client, owner.phone, sms_code(db, owner.phone)).status_code == 303


def test_a_copied_token_is_worth_nothing_after_the_next_sign_in(client, app, db, world) -> None:
    owner = world.staff(OPERATOR)
    by_password(client, owner.phone, code=totp(-1))
    stolen = client.get_cookie("huzhu-device").value
    sign_out(client)
    by_password(client, owner.phone, code=totp())
    assert client.get_cookie("huzhu-device").value != stolen
    assert db.session.query(StaffDevice).filter_by(staff_id=owner.id).count() == 1
    thief = app.test_client()
    thief.set_cookie("huzhu-device", stolen)
    for _ in range(5):
        by_password(thief, owner.phone, WRONG)
    assert by_password(app.test_client(), owner.phone, code=totp(1)).status_code == 429


def test_two_people_at_one_computer_are_both_known_there(client, app, world) -> None:
    first, second = world.staff(OPERATOR), world.staff(OPERATOR)
    for person in (first, second):
        by_password(client, person.phone, code=totp(-1))
        sign_out(client)
    for person in (first, second):
        for _ in range(5):
            by_password(app.test_client(), person.phone, WRONG)
        assert by_password(client, person.phone, code=totp()).status_code == 303
        sign_out(client)


def test_another_administrator_unlocks_never_oneself(client, app, world) -> None:
    """Every pause of the account is lifted, on known browsers too; it is on record."""
    owner, boss = world.staff(OPERATOR), world.staff(ADMINISTRATOR)
    for _ in range(6):
        by_password(client, owner.phone, WRONG)
    assert by_password(client, owner.phone, code=totp()).status_code == 429
    with pytest.raises(Refused, match="另一位管理员"), transaction():
        service.unlock(owner.id, as_staff(owner, ADMINISTRATOR))
    with transaction():
        service.unlock(owner.id, as_staff(boss, ADMINISTRATOR))
    assert by_password(client, owner.phone, code=totp()).status_code == 303


def test_spraying_one_password_over_many_accounts_stops_at_the_address(app, world) -> None:
    client = app.test_client()
    answers = [by_password(client, f"139333{n:05d}", WRONG).status_code for n in range(101)]
    assert set(answers[:100]) == {422} and answers[100] == 429


def test_counting_is_not_undone_by_another_spelling(client, world) -> None:
    """The certificate number, the phone and blanks count as one account."""
    owner = world.staff(OPERATOR)
    for account in (owner.phone, owner.id_number, f" {owner.phone} ", owner.id_number.lower(), owner.phone):
        assert by_password(client, account, WRONG).status_code == 422
    answer = by_password(client, owner.phone, code=totp())
    assert answer.status_code == 429 and "分钟后再试" in page(answer)
