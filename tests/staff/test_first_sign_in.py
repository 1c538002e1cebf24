"""短信登录 and 信息完善: who arrives by SMS, who fills in who they are, and what nobody learns (S1, S3)."""

from __future__ import annotations

import statistics
import time

import pytest

from core.db import transaction
from core.roles import FIRST_REVIEWER, OPERATOR
from staff.models import Grant, StaffUser
from staff.rules import passwords
from staff.rules import signing_in as rules
from tests.staff.arriving import arrive, ask, by_password, by_sms, later, page, sms_code
from tests.world import World, id_number

NEW = "13911112222"
GOOD = "Tianqi-hao-2031"


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def opened(world):
    """An account that the chair opened: name and phone, nothing else; with a right."""
    union = world.union()
    with transaction():
        from core.db import db

        person = StaffUser(name="钱经办", phone=NEW, password_hash="", union_id=union.id)
        db.session.add(person)
        db.session.flush()
        db.session.add(Grant(staff_id=person.id, role=OPERATOR, union_id=union.id))
    return person


def form(**more: str) -> dict[str, str]:
    return {"name": "钱经办", "id_number": id_number(77), "password": GOOD, "again": GOOD, **more}


def complete(client, **more: str):
    return client.submit("/admin/complete", form(**more))


def test_a_code_to_the_phone_lets_somebody_in_at_once(client, db, world) -> None:
    """XM-02 短信登录, XM-04: who is registered is in at once."""
    clerk = world.staff(OPERATOR, name="王经办")
    shown = page(client.get("/admin/login?way=sms"))
    assert "短信登录" in shown and "发送验证码" in shown and "密码登录" in shown
    answer = arrive(client, db, clerk.phone)
    assert (answer.status_code, answer.location) == (303, "/admin/")
    assert "王经办" in page(client.get("/admin/me"))


def test_the_first_time_one_says_who_one_is(client, app, db, opened) -> None:
    """XM-03: the operator opened by the chair; a lower-case x is raised; then home, with the right."""
    answer = arrive(client, db, NEW)
    assert answer.location == "/admin/complete"
    shown = page(client.get("/admin/complete"))
    assert "信息完善" in shown and "最后一位是字母的请用大写字母" in shown and "提交" in shown
    number = next(n for n in map(id_number, range(200)) if n.endswith("X"))
    done = complete(client, id_number=number.lower(), email="qian@example.org")
    assert (done.status_code, done.location) == (303, "/admin/")
    db.session.refresh(opened)
    assert opened.id_number == number
    assert "经办人" in page(client.get("/admin/me"))
    later(db, 2)
    assert arrive(app.test_client(), db, NEW).location == "/admin/"


def test_the_form_says_xm_08_word_for_word(client, db, opened) -> None:
    """XM-08: the sentence, and every field of the form."""
    arrive(client, db, NEW)
    shown = page(client.get("/admin/complete"))
    assert rules.COMPLETE in shown
    for label in ("姓名", "身份证号", "手机号码", "邮箱", "密码", "确认密码"):
        assert label in shown


@pytest.mark.parametrize(
    "field,typed,words",
    [
        ("again", "Tianqi-hao-2032", passwords.DIFFERENT),
        ("password", "short", "密码至少 12 位"),
        ("password", f"Aa-{NEW}-z", "容易猜到"),
        ("id_number", "450100196801010581", "证件号码有误"),
        ("id_number", "", "请输入您的证件号码"),
        ("name", "", rules.NAME_NEEDED),
        ("name", "钱 经办", rules.NAME_INNER_SPACE),
        ("email", "qian@", rules.WRONG_EMAIL),
    ],
)
def test_what_is_wrong_is_said_beside_it(client, db, opened, field: str, typed: str, words: str) -> None:
    """XM-03: 密码两次一致; what was typed stays, passwords do not."""
    arrive(client, db, NEW)
    answer = complete(client, **{field: typed})
    shown = page(answer)
    assert answer.status_code == 422 and words in shown and GOOD not in shown
    db.session.refresh(opened)
    assert opened.password_hash == ""


def test_only_the_person_the_account_was_opened_for(client, db, opened) -> None:
    arrive(client, db, NEW)
    answer = complete(client, name="别人")
    assert answer.status_code == 422 and rules.NOT_AS_REGISTERED in page(answer)


def test_somebody_elses_certificate_is_refused(client, db, opened, world) -> None:
    other = world.staff(OPERATOR)
    arrive(client, db, NEW)
    answer = complete(client, id_number=other.id_number)
    assert answer.status_code == 422 and rules.ID_TAKEN in page(answer)


def test_a_stranger_gets_no_account_where_it_is_not_open(client, db) -> None:
    """Guangxi: nothing leaves, and the answer is the one everybody gets."""
    answer = ask(client, "13922223333")
    assert answer.status_code == 200 and rules.CODE_SENT in page(answer)
    assert sms_code(db, "13922223333") == ""
    assert by_sms(client, "13922223333", "123456").status_code == 422


def test_a_stranger_may_register_where_it_is_open_and_has_no_right(make_app, db) -> None:
    """XM-03 in Xiamen: an account without any right; what has power stays closed."""
    client = make_app(SCHEME="xiamen").test_client()
    assert arrive(client, db, "13922223333").location == "/admin/complete"
    assert complete(client, name="孙新人").location == "/admin/"
    person = db.session.query(StaffUser).filter(StaffUser.phone.matches("13922223333")).one()
    assert db.session.query(Grant).filter_by(staff_id=person.id).count() == 0
    assert "还没有权限" in page(client.get("/admin/me"))
    assert client.get("/admin/payouts").status_code == 403
    assert client.get("/admin/claims").status_code == 403


def test_without_the_code_nobody_fills_in_anything(client, db, opened) -> None:
    assert client.get("/admin/complete").location == "/admin/login"
    answer = client.submit("/admin/complete", form(), page="/admin/login")
    assert answer.status_code == 422 and opened.password_hash == ""


@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_phone_and_a_wrong_code_are_answered_alike(client, db, world, known: bool) -> None:
    """XM-02 with one message; S1: five tries, then even the right code fails."""
    phone = world.staff(OPERATOR).phone if known else "13922223333"
    ask(client, phone)
    right = sms_code(db, phone) or "000000"
    for _ in range(5):
        wrong = by_sms(client, phone, "999999" if right != "999999" else "999998")
        assert (
            wrong.status_code == 422 and "手机号或验证码不对" in page(wrong) or "输错次数太多" in page(wrong)
        )
    assert by_sms(client, phone, right).status_code == 422


def test_a_code_serves_once_in_its_own_browser_and_for_five_minutes(client, app, db, world) -> None:
    """S1: bound to the browser that asked, used once, old after five minutes."""
    clerk = world.staff(OPERATOR)
    ask(client, clerk.phone)
    code = sms_code(db, clerk.phone)
    assert by_sms(app.test_client(), clerk.phone, code).status_code == 422
    assert by_sms(client, clerk.phone, code).status_code == 303
    client.submit("/admin/logout", {}, page="/admin/me")
    assert by_sms(client, clerk.phone, code).status_code == 422
    later(db, 2)
    ask(client, clerk.phone)
    later(db, 5.1)
    answer = by_sms(client, clerk.phone, sms_code(db, clerk.phone))
    assert answer.status_code == 422 and "已过期" in page(answer)


def test_codes_are_counted_per_phone_and_day(app, db, world) -> None:
    """S2: ten a day to one phone, whoever asks; the eleventh is refused in words."""
    clerk = world.staff(OPERATOR)
    answers = []
    for _ in range(11):
        answers.append(ask(app.test_client(), clerk.phone))
        later(db, 61)
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert rules.CODE_DAY in page(answers[-1])
    soon = ask(app.test_client(), world.staff(OPERATOR).phone)
    assert soon.status_code == 200


def test_the_answer_takes_as_long_for_a_phone_nobody_has(app, db, world) -> None:
    """S3: the same work; a difference a network would hide in any case."""
    phones = [world.staff(OPERATOR).phone for _ in range(8)]
    strangers = [f"1392222{n:04d}" for n in range(8)]
    took: dict[bool, list[float]] = {True: [], False: []}
    for known, unknown in zip(phones, strangers, strict=True):
        for is_known, phone in ((True, known), (False, unknown)):
            client = app.test_client()
            client.get("/admin/login?way=sms")
            start = time.perf_counter()
            ask(client, phone)
            took[is_known].append(time.perf_counter() - start)
    slow, fast = statistics.median(took[True]), statistics.median(took[False])
    assert abs(slow - fast) < 0.5 * max(slow, fast)


def test_a_disabled_account_is_told_nothing(client, db, world) -> None:
    clerk = world.staff(FIRST_REVIEWER)
    with transaction():
        clerk.is_active = False
    assert page(ask(client, clerk.phone)) and sms_code(db, clerk.phone) == ""
    assert by_password(client, clerk.phone).status_code == 422


def test_the_first_password_is_not_one_to_sign_in_with_before(client, opened) -> None:
    """An account without a password is entered by no password, the empty one included."""
    for typed in ("", "nobody-has-this-password"):
        assert by_password(client, NEW, typed).status_code == 422
