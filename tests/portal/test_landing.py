"""Where an SMS leads (E15): nothing personal, nothing changed by looking, progress after a code."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.db import transaction
from notify.models import OutboxMessage
from tests.world import World

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 13) Chrome/120 Mobile Safari/537.36"}
WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 13) Mobile MicroMessenger/8.0.44"}


@pytest.fixture
def world(db) -> World:
    return World()


def _code(db) -> str:
    row = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.created_at.desc())).first()
    return re.search(r"\d{6}", row.params)[0]


def test_outside_the_page_names_the_account_and_nobody(client, world) -> None:
    person = world.insured(name="独孤落地")
    page = client.get("/s/claims", headers=PHONE).get_data(as_text=True)
    assert "搜索公众号" in page and "广西职工保障互助协会" in page
    assert person.name not in page


def test_a_desktop_shows_a_code_to_scan(client, db) -> None:
    page = client.get("/s/claims").get_data(as_text=True)
    assert "扫一扫" in page and "data:image/svg+xml" in page


def test_an_unknown_kind_is_absent(client, db) -> None:
    assert client.get("/s/lottery").status_code == 404


def test_looking_changes_nothing(client, world, statements) -> None:
    """A7: phone makers fetch links ahead."""
    world.insured()
    with statements() as seen:
        client.get("/s/claims", headers=PHONE)
    assert not [one for one in seen if one.split()[0] not in ("SELECT",) and "session" not in one]


def test_with_the_code_sent_to_the_phone_on_file_progress_is_shown(client, world, db) -> None:
    person = world.insured(name="独孤落地", phone="13800138001")
    sent = client.submit("/s/claims/code", {"phone": person.phone}, page="/s/claims", headers=PHONE)
    assert sent.status_code == 200
    done = client.submit("/s/claims", {"phone": person.phone, "code": _code(db)}, page="/s/claims")
    assert (done.status_code, done.location) == (303, "/s/claims/progress")
    page = client.get("/s/claims/progress").get_data(as_text=True)
    assert "申请进度" in page and person.name not in page and person.phone not in page


def test_a_phone_nobody_has_is_answered_alike_and_gets_nothing(client, world, db) -> None:
    world.insured(phone="13800138001")
    known = client.submit("/s/claims/code", {"phone": "13800138001"}, page="/s/claims", headers=PHONE)
    before = db.session.query(OutboxMessage).count()
    unknown = client.submit("/s/claims/code", {"phone": "13800138009"}, page="/s/claims", headers=PHONE)
    assert db.session.query(OutboxMessage).count() == before
    words = "如果这个号码登记过，验证码已经发出"
    assert words in known.get_data(as_text=True) and words in unknown.get_data(as_text=True)


def test_a_shared_phone_shows_nobodys_progress(client, world, db) -> None:
    world.insured(phone="13800138001")
    world.insured(phone="13800138001")
    client.submit("/s/claims/code", {"phone": "13800138001"}, page="/s/claims")
    answer = client.submit("/s/claims", {"phone": "13800138001", "code": _code(db)}, page="/s/claims")
    assert answer.status_code == 422 and "不止一位" in answer.get_data(as_text=True)


def test_progress_without_the_code_goes_back(client, db) -> None:
    answer = client.get("/s/claims/progress")
    assert (answer.status_code, answer.location) == (303, "/s/claims?over=1")
    page = client.get(answer.location, headers=PHONE).get_data(as_text=True)
    assert "查看时间已过（15 分钟），请重新获取验证码。" in page


def test_home_is_readable_as_a_guest_and_asks_to_bind(client, db) -> None:
    """GX-03, GX-05: the four destinations and the invitation to bind."""
    page = client.get("/h5/").get_data(as_text=True)
    for words in ("立即绑定", "公告通知", "职工参保", "补助申请", "宣传手册", "文章资讯"):
        assert words in page


def test_gx_04_a_bound_person_finds_the_personal_centre_behind_the_head(client, world) -> None:
    person = world.insured()
    world.sign_in(client, person=person)
    page = client.get("/h5/").get_data(as_text=True)
    assert 'href="/h5/me"' in page and person.name in page


def test_gx_07_the_brand_is_the_profiles(make_app, db) -> None:
    page = make_app(SCHEME="xiamen").test_client().get("/h5/").get_data(as_text=True)
    assert "厦门职工医疗互助" in page


def test_the_home_page_costs_the_same_however_much_there_is(client, world, statements) -> None:
    """B2: at most six statements."""
    from content.models import Article
    from core import clock
    from core.db import db

    person = world.insured()
    world.sign_in(client, person=person)
    client.get("/h5/")
    with statements() as few:
        client.get("/h5/")
    with transaction():
        for n in range(30):
            db.session.add(
                Article(
                    kind="article", title=f"文章{n}", body="", state="published", published_at=clock.now()
                )
            )
    with statements() as many:
        client.get("/h5/")
    assert len(few) == len(many) <= 6
