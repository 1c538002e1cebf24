"""Does a member of staff's own WeChat get their reminders, theirs alone, and no more than they want?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from core import clock
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.roles import ADMINISTRATOR, EDITOR, FIRST_REVIEWER
from notify import jobs as sending
from notify.models import InboxMessage, OutboxMessage
from staff import service as staff
from staff.models import StaffUser, StaffWeChat, StaffWeChatOffer
from staff.rules import reminding as rules
from staff.service import reminding
from tests.office import Office
from tests.wechat.setup import WANG, ZHANG, does, fault, phone, work
from tests.world import World
from wechat.service import errands, mappings
from workbench import jobs as reminders

PAGE = "/admin/me/wechat"
MONDAY = dt.datetime(2026, 11, 23, 9, 0, tzinfo=clock.SHANGHAI)


@pytest.fixture
def world(db: Any) -> World:
    mappings.forget()
    return World()


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


@pytest.fixture
def sits(app: Flask, world: World) -> Any:
    def make(*roles: str, **values: Any) -> Any:
        client: Any = app.test_client()
        person = world.staff(*roles, **values)
        client.mine = person.id  # workers let go of the rows they read
        return world.sign_in(client, staff=person)

    return make


def offered(client: Any) -> str:
    """A code on the client's page, made by a worker; what its picture holds."""
    assert client.submit(PAGE, {}).status_code == 303
    work()
    database.session.expire_all()
    found = reminding.offered(client.mine)
    assert found
    return found.url


def said(done: dict[str, Any]) -> str:
    return "\n".join(str(row["content"].get("text", "")) for row in done["lines"] if row["by"] == "account")


def acting(staff_id: Any) -> Any:
    return staff.actor_at_work(staff_id)


def tie(staff_id: Any, openid: str) -> None:
    with transaction():
        database.session.add(StaffWeChat(staff_id=staff_id, openid=openid))


def at(moment: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment.astimezone(dt.UTC))


def nudges() -> list[OutboxMessage]:
    database.session.expire_all()
    return list(database.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "staff_digest")))


def live(staff_id: Any) -> StaffWeChat | None:
    database.session.expire_all()
    query = select(StaffWeChat).where(StaffWeChat.staff_id == staff_id, StaffWeChat.ended_at.is_(None))
    return database.session.scalar(query)


def kept(staff_id: Any) -> list[str]:
    """What stands in somebody's inbox."""
    query = select(InboxMessage).where(InboxMessage.owner_id == staff_id).order_by(InboxMessage.id)
    return [one.text or "" for one in database.session.scalars(query)]


# --- tying


def test_a_scan_ties_the_wechat_and_its_owner_is_told(sits: Any, sandbox: str, live_server: str) -> None:
    client = sits(EDITOR, name="王编辑")
    url = offered(client)
    picture = client.get(f"{PAGE}/code.svg")
    assert picture.status_code == 200 and picture.mimetype == "image/svg+xml"
    answer = said(does(sandbox, "wang", "scan", url=url))
    assert answer.startswith("已绑定工作账号（王*辑）"), answer
    tied = live(client.mine)
    assert tied is not None and tied.openid == WANG
    assert any(rules.BOUND in text for text in kept(client.mine))
    by = {
        row.channel for row in database.session.query(OutboxMessage).filter_by(kind="staff_account_changed")
    }
    assert by == {"sms", "wechat"}, "a change of an account goes to the phone in any case"
    page = client.get(PAGE).text
    assert "绑定了您的微信" in page and WANG not in page
    actions = list(database.session.scalars(select(AuditEntry.action)))
    assert {"staff.offer_wechat", "staff.tie_wechat"} <= set(actions)


def test_the_code_is_only_made_after_the_second_factor(app: Flask, world: World, sandbox: str) -> None:
    client = app.test_client()
    world.sign_in(client, staff=world.staff(EDITOR))
    database.session.execute(text("UPDATE session SET data = data - 'second_factor_at'"))
    database.session.commit()
    answer = client.submit(PAGE, {})
    assert answer.status_code == 401 and "/admin/factor" in answer.text
    assert database.session.query(StaffWeChatOffer).count() == 0


def test_a_code_serves_once_and_not_for_ever(sits: Any, sandbox: str, live_server: str) -> None:
    one = sits(EDITOR)
    url = offered(one)
    does(sandbox, "wang", "scan", url=url)
    assert said(does(sandbox, "zhang", "scan", url=url)) == rules.OVER, "used"
    with transaction():
        reminding.untie(one.mine, acting(one.mine))
    first = offered(one)
    second = offered(one)
    assert said(does(sandbox, "zhang", "scan", url=first)) == rules.OVER, "replaced by a newer one"
    database.session.execute(
        text("UPDATE staff_wechat_offer SET offered_at = offered_at - interval '11 min'")
    )
    database.session.commit()
    assert said(does(sandbox, "zhang", "scan", url=second)) == rules.OVER, "old"
    assert live(one.mine) is None


def test_wechats_repeat_of_a_scan_changes_nothing_again(
    sits: Any, sandbox: str, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sits(EDITOR)
    offered(client)
    code: list[str] = []
    monkeypatch.setattr(rules, "OVER", "used up")
    query = select(StaffWeChatOffer)
    with transaction():
        assert reminding.scanned(WANG, "desk_" + "0" * 32) == "used up"
        row = database.session.scalars(query).one()
        row.code_hash = reminding._hash("desk_known")
    with transaction():
        code.append(reminding.scanned(WANG, "desk_known"))
    with transaction():
        code.append(reminding.scanned(WANG, "desk_known"))
    assert code[0].startswith("已绑定") and code[1] == "used up"
    assert database.session.query(StaffWeChat).count() == 1


def test_one_wechat_speaks_for_one_account_and_one_account_has_one(
    sits: Any, sandbox: str, live_server: str
) -> None:
    one, two = sits(EDITOR), sits(EDITOR)
    does(sandbox, "wang", "scan", url=offered(one))
    assert said(does(sandbox, "wang", "scan", url=offered(two))) == rules.ELSEWHERE
    assert live(two.mine) is None
    assert "已绑定" in said(does(sandbox, "zhang", "scan", url=offered(one)))
    again = live(one.mine)
    assert again is not None and again.openid == ZHANG
    before = database.session.query(StaffWeChat).filter_by(ended_why="replaced").one()
    assert before.openid is None, "which WeChat it was is not kept"


def test_when_wechat_gives_no_code_the_page_says_so(sits: Any, sandbox: str) -> None:
    client = sits(EDITOR)
    fault(sandbox, "qrcode/create", code=48001)
    assert client.submit(PAGE, {}).status_code == 303
    assert "正在生成二维码" in client.get(PAGE).text
    work()
    page = client.get(PAGE).text
    assert "二维码没有生成" in page and "重新生成二维码" in page
    assert client.get(f"{PAGE}/code.svg").status_code == 404


def test_the_code_stands_in_no_log_table_in_clear(sits: Any, sandbox: str) -> None:
    """What the code carries is a key: only its hash is with us, and the errand forgets it when done."""
    client = sits(EDITOR)
    client.submit(PAGE, {})
    errand = errands.last(reminding.ERRAND)
    assert errand is not None and errand.given and "desk_" in errand.given, "sealed while a worker needs it"
    work()
    database.session.expire_all()
    assert errands.last(reminding.ERRAND).given is None  # type: ignore[union-attr]


@pytest.mark.parametrize("how", ["untied", "disabled", "revoked"])
def test_it_ends_with_the_wish_the_account_or_the_authorisation(
    sits: Any, world: World, sandbox: str, live_server: str, how: str
) -> None:
    client = sits(EDITOR)
    does(sandbox, "wang", "scan", url=offered(client))
    boss = world.staff(ADMINISTRATOR).id
    if how == "untied":
        assert client.submit(f"{PAGE}/untie", {}, page=PAGE).status_code == 303
        assert any(rules.UNTIED in text for text in kept(client.mine))
    elif how == "disabled":
        with transaction():
            staff.disable(client.mine, acting(boss), lambda _: frozenset())
    else:
        with transaction():
            reminding.forget_openid(WANG)
    assert live(client.mine) is None
    row = database.session.query(StaffWeChat).one()
    assert (row.ended_why, row.openid) == (how, None)


# --- what goes there


def test_ordinary_messages_go_to_wechat_instead_of_sms(sits: Any, sandbox: str) -> None:
    client = sits(EDITOR)
    plain = staff.recipient(client.mine)
    assert plain is not None and plain.wants_sms and not plain.openid
    tie(client.mine, WANG)
    there = staff.recipient(client.mine)
    assert there is not None and there.openid == WANG and not there.wants_sms


def test_the_morning_says_how_much_waits_and_nothing_else(
    office: Office, sits: Any, sandbox: str, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sits(FIRST_REVIEWER)
    office.rows(3, office.world.union())
    does(sandbox, "zhang", "follow")
    tie(client.mine, ZHANG)
    at(MONDAY, monkeypatch)
    assert reminders.remind() == 1
    sending.drain()
    shown = str(phone(sandbox, "zhang"))
    assert "您有 3 件待办" in shown and "请登录工会系统办理" in shown
    assert reminders.remind() == 0 and len(nudges()) == 1, "once a morning"
    assert not [text for text in kept(client.mine) if "待办" in text], "old by tomorrow: in no inbox"
    at(MONDAY + dt.timedelta(days=1), monkeypatch)
    assert reminders.remind() == 1 and len(nudges()) == 2


@pytest.mark.parametrize(
    ("moment", "is_due"),
    [
        ("2026-11-23 08:29", False),
        ("2026-11-23 08:30", True),
        ("2026-11-23 11:59", True),
        ("2026-11-23 12:00", False),
        ("2026-11-27 09:00", True),
        ("2026-11-28 09:00", False),
        ("2026-11-29 09:00", False),
    ],
)
def test_it_comes_on_working_mornings_only(moment: str, is_due: bool) -> None:
    assert rules.is_time(dt.datetime.fromisoformat(moment)) is is_due


def test_nobody_is_reminded_who_has_nothing_to_do_or_wants_none(
    office: Office, sits: Any, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle, busy, off, gone = (sits(EDITOR), sits(FIRST_REVIEWER), sits(FIRST_REVIEWER), sits(FIRST_REVIEWER))
    office.rows(1, office.world.union())
    for n, client in enumerate((idle, busy, off, gone)):
        tie(client.mine, f"oTestStaff{n:018d}")
    assert off.submit(f"{PAGE}/off", {}, page=PAGE).status_code == 303
    with transaction():
        database.session.get_one(StaffUser, gone.mine).is_active = False
    at(MONDAY, monkeypatch)
    assert reminders.remind() == 1
    assert [row.owner_id for row in nudges()] == [busy.mine]


def test_a_scheme_may_do_without(office: Office, sits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    from core import context

    client = sits(FIRST_REVIEWER)
    office.rows(1, office.world.union())
    tie(client.mine, WANG)
    at(MONDAY, monkeypatch)
    quiet = dataclasses.replace(context.scheme(), staff_digest=False)
    monkeypatch.setattr(context, "scheme", lambda: quiet)
    assert reminders.remind() == 0 and nudges() == []


def test_what_is_counted_is_what_the_navigation_counts(office: Office, sits: Any) -> None:
    client = sits(FIRST_REVIEWER)
    office.rows(2, office.world.union())
    actor = staff.actor_at_work(client.mine)
    assert actor is not None and reminders.waiting_for(actor) == 2
    page = client.get("/admin/").text
    assert '待办 <span class="count">2<span class="sr"> 件</span></span>' in page
