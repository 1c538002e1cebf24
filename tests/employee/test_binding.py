"""Binding (GX-10 … GX-18): who stands in the roster and holds the phone on file is bound, nobody else."""

from __future__ import annotations

import re
import threading
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text

from core.db import transaction
from employee import rules
from employee.models import Binding, Consent
from notify.models import OutboxMessage
from tests.world import World, id_number

GX_17 = "未查询到该职工信息，请确认所填内容再重试"


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def person(world):
    row = world.employee(name="张测试", phone="13800138000")
    world.cover(row)
    return row


@pytest.fixture
def phone_client(client, world):
    """A follower who is not bound, in WeChat."""
    return world.sign_in(client, openid=world.follower("oTestFollower00000000000001"))


def ask_for_code(client, phone: str = "13800138000") -> str:
    """Press 获取; the code that was written for the SMS."""
    answer = client.submit("/h5/bind/code", {"phone": phone}, page="/h5/bind")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return last_code()


def last_code() -> str:
    from core.db import db

    row = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.created_at.desc()).limit(1)).one()
    return re.search(r"\d{6}", row.params)[0]


def form(person, sms_code: str, **changes: str) -> dict[str, str]:
    typed = {
        "name": person.name,
        "id_type": person.id_type,
        "id_number": person.id_number,
        "phone": person.phone,
        "code": sms_code,
        "consent": "y",
    }
    return {**typed, **changes}


def post(client, data: dict[str, str]):
    return client.submit("/h5/bind", data, page="/h5/bind")


def test_gx_10_to_15_the_page_asks_in_the_manuals_words(phone_client) -> None:
    """GX-10 … GX-15, GX-11: 居民身份证 is the default."""
    page = phone_client.get("/h5/bind").get_data(as_text=True)
    for words in (
        "请输入您的姓名",
        "请输入您的证件号码",
        "请输入您的手机号码",
        "请输入验证码",
        "获取",
        "立即绑定",
    ):
        assert words in page
    assert page.index("居民身份证") < page.index("护照")


def test_gx_16_a_person_of_the_roster_with_the_right_code_is_bound(phone_client, person, db) -> None:
    answer = post(phone_client, form(person, ask_for_code(phone_client)))
    assert (answer.status_code, answer.location) == (303, "/h5/bind/done")
    done = phone_client.get("/h5/bind/done").get_data(as_text=True)
    assert "绑定成功" in done and "2026-12-31" in done
    assert db.session.scalar(select(Binding.employee_id)) == person.id
    assert db.session.scalar(select(Consent.purpose)) == "identity"


def test_gx_18_after_binding_the_person_sees_cover_and_data(phone_client, person) -> None:
    post(phone_client, form(person, ask_for_code(phone_client)))
    assert "2026-12-31" in phone_client.get("/h5/coverage").get_data(as_text=True)
    me = phone_client.get("/h5/me").get_data(as_text=True)
    assert "138****8000" in me and person.id_number not in me


def test_binding_gives_the_session_a_new_token(phone_client, person) -> None:
    """W6: the token from before the sign-in is dead."""
    before = phone_client.get_cookie("huzhu").value
    post(phone_client, form(person, ask_for_code(phone_client)))
    assert phone_client.get_cookie("huzhu").value != before


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "张冒充"},
        {"id_number": id_number(990)},
        {"id_type": "passport", "id_number": "E12345678"},
    ],
)
def test_gx_17_one_wrong_fact_and_nobody_is_found(phone_client, person, changes) -> None:
    answer = post(phone_client, form(person, ask_for_code(phone_client), **changes))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert GX_17 in page
    assert changes.get("name", person.name) in page  # what was typed is still there


def test_gx_17_a_phone_that_is_not_on_file_is_answered_alike(phone_client, person) -> None:
    code = ask_for_code(phone_client, "13900139000")
    answer = post(phone_client, form(person, code, phone="13900139000"))
    assert answer.status_code == 422 and GX_17 in answer.get_data(as_text=True)


def test_a_person_without_a_phone_on_file_gets_the_proven_one(phone_client, world, db) -> None:
    person = world.employee(phone=None)
    code = ask_for_code(phone_client, "13900139000")
    assert post(phone_client, form(person, code, phone="13900139000")).status_code == 303
    db.session.expire_all()
    assert person.phone == "13900139000"


@pytest.mark.parametrize(
    "field,typed,words",
    [
        ("name", "", "请输入您的姓名"),
        ("name", "张 测试", "姓名中间不能有空格或数字"),
        ("id_number", "", "请输入您的证件号码"),
        ("id_number", "4501001968", "证件号码应为 18 位，现在是 10 位"),
        ("id_number", "450100196801010010", "证件号码有误，请对照证件逐位核对"),
        ("phone", "1380013800a", "手机号码"),
        ("phone", "138001380", "手机号码应为 11 位数字"),
        ("code", "", "请先点“获取”，再输入短信里的验证码"),
        ("code", "12", "请输入短信里的 6 位数字验证码"),
        ("consent", "", "请先阅读并勾选同意"),
    ],
)
def test_a_slip_is_explained_beside_its_field_and_nothing_is_lost(
    phone_client, person, field, typed, words
) -> None:
    answer = post(phone_client, form(person, "123456", **{field: typed}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page and "出错：" in page and f"#f-{field}" in page
    for name in {"name", "id_number", "phone"} - {field}:
        assert getattr(person, name) in page


def test_messy_typing_is_understood(phone_client, person) -> None:
    code = ask_for_code(phone_client, "138 0013 8000")
    number = f"{person.id_number[:6]} {person.id_number[6:14]} {person.id_number[14:].lower()}"
    data = form(person, " ".join(code), phone="+86 138-0013-8000", id_number=number, name=f" {person.name} ")
    assert post(phone_client, data).status_code == 303


def test_wrong_codes_run_out_and_then_even_the_right_one_fails(phone_client, person) -> None:
    """S1: five tries."""
    code = ask_for_code(phone_client)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert post(phone_client, form(person, wrong)).status_code == 422
    answer = post(phone_client, form(person, code))
    assert answer.status_code == 422 and "请重新获取" in answer.get_data(as_text=True)


def test_a_code_cannot_be_asked_for_twice_in_a_minute(phone_client, person) -> None:
    ask_for_code(phone_client)
    answer = phone_client.submit(
        "/h5/bind/code", {"phone": "13800138000"}, page="/h5/bind", headers={"X-Requested-With": "fetch"}
    )
    assert answer.status_code == 429
    assert "验证码发送太频繁" in answer.json["error"] and int(answer.headers["Retry-After"]) <= 60


def test_ten_codes_a_day_for_one_phone_however_many_ask(app, world, person, db) -> None:
    """S2: also when the queue is flushed, since the count is in the database."""
    asked = 0
    for n in range(12):
        client = world.sign_in(app.test_client(), openid=world.follower(f"oTestMany{n:019d}"))
        answer = client.submit("/h5/bind/code", {"phone": person.phone}, page="/h5/bind")
        asked += answer.status_code == 200
        db.session.execute(text("UPDATE limit_hit SET at = at - interval '61 minutes'"))
        db.session.commit()
    assert asked == 10


def test_guessing_one_certificate_from_many_wechats_stops(app, world, person, db) -> None:
    """S3: five evaluated tries a day against one number."""
    outcomes = []
    for n in range(7):
        client = world.sign_in(app.test_client(), openid=world.follower(f"oTestGuess{n:018d}"))
        phone = f"1390013900{n}"
        code = ask_for_code(client, phone)
        outcomes.append(post(client, form(person, code, phone=phone)).status_code)
    assert outcomes == [422] * 5 + [429] * 2


def test_somebody_who_cannot_bind_does_the_same_work_in_the_database(
    phone_client, person, statements
) -> None:
    """GX-17 gives nothing away: known and unknown are answered after the same number of statements."""
    code = ask_for_code(phone_client)
    with statements() as known:
        post(phone_client, form(person, code, name="张冒充"))
    from core.db import db

    db.session.execute(text("UPDATE limit_hit SET at = at - interval '2 days'"))
    db.session.execute(text("UPDATE one_time_code SET used_at = NULL"))
    db.session.commit()
    with statements() as unknown:
        post(phone_client, form(person, code, id_number=id_number(991)))
    assert len(known) == len(unknown)


def bound_elsewhere(world, person) -> str:
    return world.bind(person, "oTestOldPhone0000000000001").openid


def test_a_person_bound_elsewhere_is_asked_before_the_binding_moves(phone_client, world, person, db) -> None:
    old = bound_elsewhere(world, person)
    answer = post(phone_client, form(person, ask_for_code(phone_client)))
    assert answer.location == "/h5/bind/move"
    assert db.session.scalar(select(Binding.openid).where(Binding.ended_at.is_(None))) == old
    page = phone_client.get("/h5/bind/move").get_data(as_text=True)
    assert "改绑到这个微信" in page
    assert phone_client.submit("/h5/bind/move", {}, page="/h5/bind/move").location == "/h5/bind/done"
    live = db.session.scalars(select(Binding.openid).where(Binding.ended_at.is_(None))).all()
    assert live == ["oTestFollower00000000000001"]


def test_the_wechat_that_loses_the_person_is_told_and_signed_out(
    app, phone_client, world, person, db
) -> None:
    """W8."""
    bound_elsewhere(world, person)
    old_phone = world.sign_in(app.test_client(), person=person)
    assert old_phone.get("/h5/me").status_code == 200
    post(phone_client, form(person, ask_for_code(phone_client)))
    phone_client.submit("/h5/bind/move", {}, page="/h5/bind/move")
    assert old_phone.get("/h5/me").status_code in (302, 303)
    told = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "binding_moved")).all()
    assert "oTestOldPhone0000000000001" in {row.address for row in told if row.channel == "wechat"}


def test_moving_without_the_proof_is_refused(phone_client, world, person) -> None:
    bound_elsewhere(world, person)
    page = phone_client.get("/h5/bind/move")
    assert page.status_code == 409


def test_of_twenty_wechats_at_once_one_is_bound(app, world, person, db) -> None:
    """W8: the database holds one live binding a person."""
    from core.errors import Refused
    from employee.rules import Asked
    from employee.service import Bound, bind

    asked = Asked(person.name, person.id_type, person.id_number, person.phone)
    openids = [world.follower(f"oTestRace{n:019d}") for n in range(12)]
    from core import codes

    sent = {}
    for openid in openids:
        with transaction():
            sent[openid] = codes.issue("bind", person.phone, openid)
    outcomes: list[object] = []
    start = threading.Barrier(len(openids))

    def race(openid: str) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    outcomes.append(bind(asked, sent[openid], openid, "10.0.0.1"))
            except Refused as refused:
                outcomes.append(refused)

    threads = [threading.Thread(target=race, args=(openid,)) for openid in openids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, Bound) for one in outcomes) == 1
    assert db.session.query(Binding).filter(Binding.ended_at.is_(None)).count() == 1


def test_unbinding_ends_it_at_once_and_can_be_done_again(client, world) -> None:
    person = world.insured()
    world.sign_in(client, person=person)
    assert rules.UNBIND_WARNING in client.get("/h5/me/unbind").get_data(as_text=True)
    assert client.submit("/h5/me/unbind", {}).status_code == 303
    assert "/h5/bind" in client.get("/h5/me").location


def test_who_is_bound_already_is_told_and_may_unbind(client, world) -> None:
    person = world.insured()
    world.sign_in(client, person=person)
    page = client.get("/h5/bind").get_data(as_text=True)
    assert "此微信已绑定" in page and "解绑" in page


def test_a_forgotten_openid_is_bound_to_nobody(db, world) -> None:
    """The person took the authorisation back: the openid goes too."""
    from employee.service import bound_person, forget_openid

    person = world.insured()
    openid = db.session.scalar(select(Binding.openid))
    assert bound_person(openid) == person.id
    with transaction():
        forget_openid(openid)
    assert bound_person(openid) is None
    assert openid not in db.session.scalars(select(Binding.openid)).all()


@pytest.mark.parametrize("path", ["/h5/me", "/h5/coverage", "/h5/bind"])
def test_who_comes_without_wechat_is_sent_to_sign_in(client, path) -> None:
    answer = client.get(path)
    assert answer.status_code == 303 and answer.location.startswith("/wechat/oauth?next=")


@pytest.mark.parametrize("path", ["/h5/me", "/h5/coverage"])
def test_gx_04_who_is_not_bound_is_sent_to_bind(phone_client, path) -> None:
    assert phone_client.get(path).location.startswith("/h5/bind?next=")


@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example", "/\\evil", "/h5//evil.example"])
def test_the_way_back_is_never_somebody_elses_page(phone_client, person, evil) -> None:
    """W7."""
    _bind_from(phone_client, person, evil)
    assert "evil" not in phone_client.get("/h5/bind/done").get_data(as_text=True)


def test_the_way_back_is_the_page_that_was_wanted(phone_client, person) -> None:
    _bind_from(phone_client, person, "/h5/claims/new")
    assert 'href="/h5/claims/new"' in phone_client.get("/h5/bind/done").get_data(as_text=True)


def _bind_from(client, person, wanted: str) -> None:
    """Bind on the page that was opened on the way to `wanted`."""
    code = ask_for_code(client)
    page = f"/h5/bind?{urlencode({'next': wanted})}"
    assert client.submit("/h5/bind", form(person, code), page=page).status_code == 303
