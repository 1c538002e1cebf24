"""设置 (E17) and 谁看过我的资料: what the person chose is kept, who looked is told by role, never by name."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from sqlalchemy import func, select

from core import clock
from core.access import Actor
from core.db import transaction
from core.roles import FIRST_REVIEWER, OPERATOR
from employee import service
from employee.models import DataLook
from employee.rules import LOOKS
from notify import service as notify
from notify.messages import MESSAGES, Notice
from notify.models import OutboxMessage
from tests.claims.paper import says
from tests.office import Office, actor
from tests.world import World, as_employee, as_staff


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def person(world):
    return world.insured(union=world.union("测试三厂工会委员会"))


@pytest.fixture
def me(client, world, person):
    return world.sign_in(client, person=person)


# --- 大字版


def test_large_type_is_kept_with_the_person_and_found_on_a_new_phone(app, me, person, world, db) -> None:
    answer = me.submit("/h5/settings/size", {"big": "1", "next": "/h5/settings"}, page="/h5/settings")
    assert answer.status_code == 303 and answer.location == "/h5/settings"
    db.session.expire_all()
    assert person.wants_big
    assert 'class="big"' in me.get("/h5/me").get_data(as_text=True)
    assert service.wants_big(_openid(db, person))


def test_a_new_phone_shows_it_after_binding(app, world, person, db) -> None:
    from tests.employee.test_binding import ask_for_code, form, post

    with transaction():
        service.want_big(person.id, True)
    service_actor = as_employee(person)
    with transaction():
        service.unbind(service_actor)
    fresh = world.sign_in(app.test_client(), openid=world.follower("oTestFreshPhone00000000001"))
    answer = post(fresh, form(person, ask_for_code(fresh, person.phone)))
    assert answer.status_code == 303 and fresh.get_cookie("big").value == "1"


def test_a_guest_has_large_type_too(client, db) -> None:
    client.submit("/h5/settings/size", {"big": "1"}, page="/h5/settings")
    assert client.get_cookie("big").value == "1"
    assert "短信通知" not in says(client.get("/h5/settings"))


def _openid(db, person) -> str:
    from employee.models import Binding

    return db.session.scalar(select(Binding.openid).where(Binding.employee_id == person.id))


# --- 短信通知


LEGAL = sorted(kind for kind, words in MESSAGES.items() if isinstance(words, Notice) and words.is_legal)
OTHER = sorted(kind for kind, words in MESSAGES.items() if isinstance(words, Notice) and not words.is_legal)


@pytest.mark.parametrize("kind", LEGAL + OTHER)
def test_who_switched_sms_off_still_gets_what_safety_asks_for(kind, me, person, db) -> None:
    """The preference comes with the recipient and is enforced in one place."""
    from notify.messages import needed

    me.submit("/h5/settings/sms", {"sms": "0"}, page="/h5/settings")
    with transaction():
        notify.send(kind, employee=person.id, values=dict.fromkeys(needed(kind), "x"), dedupe=f"t:{kind}")
    ways = set(db.session.scalars(select(OutboxMessage.channel).where(OutboxMessage.kind == kind)))
    if MESSAGES[kind].is_quiet:
        assert ways == set(), "the inbox alone"
        return
    assert ways == ({"sms", "wechat"} if kind in LEGAL else {"wechat"})


def test_sms_can_be_switched_on_again(me, person, db) -> None:
    for sent, said in (("0", "现在是关闭的"), ("1", "现在是打开的")):
        me.submit("/h5/settings/sms", {"sms": sent}, page="/h5/settings")
        assert said in says(me.get("/h5/settings"))


def test_a_code_is_sent_all_the_same(me, person, db) -> None:
    me.submit("/h5/settings/sms", {"sms": "0"}, page="/h5/settings")
    me.submit("/h5/me/leave/code", {}, page="/h5/me/leave")
    assert db.session.scalar(select(func.count()).where(OutboxMessage.kind == "code")) == 1


# --- 个人中心


def test_gx_18_my_page_shows_everything_masked_and_where_to_go(me, person) -> None:
    """GX-18, E3: every field of the person, masked; every entry there is."""
    page = me.get("/h5/me").get_data(as_text=True)
    words = says(me.get("/h5/me"))
    for label in ("姓名", "参保单位", "证件类型", "证件号码", "手机号码", "社保类型", "社保卡号"):
        assert label in words
    for entry in (
        "/h5/coverage",
        "/h5/claims",
        "/h5/messages",
        "/h5/settings",
        "/h5/me/looks",
        "/h5/me/unbind",
    ):
        assert f'href="{entry}"' in page
    for secret in (person.id_number, person.phone, person.insurance_card):
        assert secret not in page


def test_settings_lead_to_every_right(me) -> None:
    page = me.get("/h5/settings").get_data(as_text=True)
    for entry in ("/h5/privacy", "/h5/me/looks", "/h5/me/export", "/h5/me/leave"):
        assert f'href="{entry}"' in page and me.get(entry).status_code == 200


# --- 谁看过我的资料


def test_nobody_looked_yet(me) -> None:
    assert "还没有人看过" in says(me.get("/h5/me/looks"))


def test_a_photo_is_noted_once_a_day_for_each_kind_and_never_by_name(
    app, world, person, me, db, statements
) -> None:
    """Leafing through twenty photos adds three lines at most; each picture costs one insert."""
    office = Office(world)
    claim = office.file(person)
    clerk = world.staff(FIRST_REVIEWER, name="王初核")
    desk = world.sign_in(app.test_client(), staff=clerk)
    documents = _documents(db, claim)
    for _ in range(2):
        for document, _kind in documents:
            assert desk.get(f"/admin/claims/{claim.number}/documents/{document}/thumb").status_code == 200
    kinds = set(db.session.scalars(select(DataLook.what)))
    count = db.session.scalar(select(func.count()).select_from(DataLook))
    assert count == len(kinds) and kinds <= {"certificates", "papers", "cards"}
    with statements() as seen:
        desk.get(f"/admin/claims/{claim.number}/documents/{documents[0][0]}/thumb")
    inserts = [one for one in seen if one.upper().startswith("INSERT")]
    assert len(inserts) == 1 and "ON CONFLICT" in inserts[0]
    page = says(me.get("/h5/me/looks"))
    assert "初核人员" in page and claim.number in page and "王初核" not in page


def test_the_next_day_is_a_new_line(world, person, db) -> None:
    by = as_staff(world.staff(FIRST_REVIEWER), FIRST_REVIEWER)
    for day in (1, 1, 2):
        with time_machine.travel(dt.datetime(2026, 11, day, 3, tzinfo=dt.UTC), tick=False), transaction():
            service.note_looks([person.id], "papers", by, about="BZ1")
    assert db.session.scalar(select(func.count()).select_from(DataLook)) == 2


def test_every_reveal_is_a_line(world, person, me, db) -> None:
    from claims.service import revealing

    claim = Office(world).file(person)
    clerk = world.staff(FIRST_REVIEWER)
    for _ in range(2):
        with transaction():
            revealing.announce(claim, "id_number", "papers", actor(clerk, FIRST_REVIEWER))
    assert says(me.get("/h5/me/looks")).count("查看了您的完整证件号码") == 2


def test_a_role_is_named_with_its_union_or_with_the_operator(world, person, me) -> None:
    clerk = world.staff(OPERATOR)
    here = Actor("staff", clerk.id, "李经办", frozenset({OPERATOR}), grants=((OPERATOR, person.union_id),))
    for by in (here, as_staff(clerk, FIRST_REVIEWER), as_employee(person)):
        with transaction():
            service.note_looks([person.id], "id_number", by, once_a_day=False)
    page = says(me.get("/h5/me/looks"))
    assert (
        "测试三厂工会委员会 经办人" in page and "广西职工保障互助协会 初核人员" in page and "您本人" in page
    )
    assert "李经办" not in page


def test_somebody_elses_looks_are_not_mine(world, person, me) -> None:
    other = world.insured()
    with transaction():
        service.note_looks([other.id], "cards", as_staff(world.staff(OPERATOR), OPERATOR))
    assert "还没有人看过" in says(me.get("/h5/me/looks"))


def test_many_looks_are_read_page_by_page_and_none_twice(world, person, db) -> None:
    by = as_staff(world.staff(OPERATOR), OPERATOR)
    with transaction():
        for n in range(45):
            service.note_looks([person.id], "papers", by, about=f"BZ{n}")
    seen, after = [], ""
    for _ in range(4):
        lines, after = service.looks_of(person.id, after)
        seen += [line.about for line in lines]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 45


@pytest.mark.parametrize("cursor", ["x", "_", "2026-01-01_1", "9" * 80, "2026-01-01T00:00:00_" + "0" * 32])
def test_a_cursor_that_was_tampered_with_is_the_first_page(me, cursor) -> None:
    assert me.get(f"/h5/me/looks?after={cursor}").status_code == 200


def test_what_was_seen_is_one_of_the_words(world, person) -> None:
    with pytest.raises(ValueError, match="gossip"):
        service.note_looks([person.id], "gossip", as_employee(person))
    assert all(LOOKS.values()) and clock.today()


def _documents(db, claim) -> list[tuple[str, str]]:
    from claims.models import ClaimDocument

    rows = db.session.scalars(select(ClaimDocument).where(ClaimDocument.claim_id == claim.id))
    return [(str(row.id), row.kind) for row in rows]
