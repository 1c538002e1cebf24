"""找回绑定 (E2, E3; W8): whoever lost the phone on file asks the union, and nobody learns who is a member."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select

from core import clock, context
from core.access import Actor
from core.db import transaction
from core.files.models import StoredFile
from core.roles import CHAIR, EDITOR, FINANCE_MAKER, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER
from employee import rules, service
from employee.models import Binding, DataLook, Rebind
from employee.service import rebinding
from notify.models import InboxMessage, OutboxMessage
from tests.claims.paper import photo, says
from tests.world import World, as_staff, id_number

NEW_PHONE = "13911112222"
ASKER = "oTestNewPhone0000000000001"


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def union(world):
    return world.union("测试二厂工会委员会")


@pytest.fixture
def person(world, union):
    row = world.employee(union, name="张测试", phone="13800138000")
    world.cover(row)
    world.bind(row, "oTestOldPhone0000000000001")
    return row


@pytest.fixture
def asker(client, world):
    """A new WeChat that nobody is bound to."""
    return world.sign_in(client, openid=world.follower(ASKER))


def code_for(client, phone: str = NEW_PHONE) -> str:
    answer = client.submit("/h5/bind/help/code", {"phone": phone}, page="/h5/bind/help")
    assert answer.status_code == 200, says(answer)
    from core.db import db

    query = select(OutboxMessage).where(OutboxMessage.kind == "code").order_by(OutboxMessage.id.desc())
    return re.search(r"\d{6}", db.session.scalars(query.limit(1)).one().params)[0]


def ask(client, person, sms_code: str, op: str = "", **changes):
    shown = client.get("/h5/bind/help").get_data(as_text=True)
    typed = {
        "csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', shown)[1],
        "op": op or re.search(r'name="op" value="([^"]+)"', shown)[1],
        "name": person.name,
        "id_type": person.id_type,
        "id_number": person.id_number,
        "phone": NEW_PHONE,
        "reason": "lost",
        "code": sms_code,
        "consent": "y",
        "photo": photo(1),
        **changes,
    }
    return client.post("/h5/bind/help", data={k: v for k, v in typed.items() if v is not None})


@pytest.fixture
def asked(asker, person, db) -> Rebind:
    assert ask(asker, person, code_for(asker)).status_code == 303
    return db.session.scalars(select(Rebind)).one()


def fresh(db, row):
    db.session.rollback()
    db.session.expire_all()
    return row


# --- the table


@pytest.mark.parametrize("state", rules.REBIND.labels)
@pytest.mark.parametrize("role", [OPERATOR, CHAIR, FIRST_REVIEWER, SECOND_REVIEWER, FINANCE_MAKER, "owner"])
def test_only_the_union_and_first_review_decide_and_only_once(state: str, role: str) -> None:
    moves = {move.action for move in rules.REBIND.allowed(state, {role})}
    may = state == "submitted" and role in (OPERATOR, CHAIR, FIRST_REVIEWER)
    assert moves == ({"approve", "refuse"} if may else set())


# --- asking


def test_the_page_is_reached_from_binding(asker) -> None:
    assert 'href="/h5/bind/help"' in asker.get("/h5/bind").get_data(as_text=True)


def test_the_answer_tells_nobody_who_is_on_the_roster(asker, person, world, db, app) -> None:
    """S3: the page, the status, the state that is shown later; only the real person is told."""
    stranger = app.test_client()
    world.sign_in(stranger, openid=world.follower("oTestStranger0000000000001"))
    pages = []
    for client, changes in ((asker, {}), (stranger, {"id_number": id_number(990), "name": "李无人"})):
        phone = NEW_PHONE if client is asker else "13911113333"
        answer = ask(client, person, code_for(client, phone), phone=phone, **changes)
        assert (answer.status_code, answer.location) == (303, "/h5/bind/help/done")
        done = client.get("/h5/bind/help/done")
        state = client.get("/h5/bind/help")
        pages.append([re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "", says(page)) for page in (done, state)])
    assert pages[0] == pages[1] and "待审核" in pages[0][1]
    assert {row.employee_id for row in db.session.scalars(select(Rebind))} == {person.id, None}


def test_who_is_on_file_is_told_at_once_that_somebody_asks(asked, db, person) -> None:
    rows = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "rebind_asked")).all()
    assert {(row.channel, row.address) for row in rows} == {
        ("sms", "13800138000"),
        ("wechat", "oTestOldPhone0000000000001"),
    }


@pytest.mark.parametrize(
    "changes,words",
    [
        ({"name": ""}, "请输入您的姓名"),
        ({"reason": "none"}, rules.NO_REASON),
        ({"photo": None}, rules.NO_PHOTO),
        ({"consent": ""}, rules.NO_CONSENT),
        ({"code": "000000x"}, "请输入短信里的 6 位数字验证码"),
        ({"phone": "123"}, "手机号码应为 11 位数字"),
        ({"photo": (__import__("io").BytesIO(b"not a picture"), "a.jpg")}, "照片"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(asker, person, db, changes, words) -> None:
    answer = ask(asker, person, code_for(asker), **changes)
    assert answer.status_code in (415, 422) and words in says(answer)
    if changes.get("name") is None:
        assert person.name in answer.get_data(as_text=True)
    assert not db.session.scalars(select(Rebind)).all()


def test_a_code_that_went_elsewhere_opens_nothing(asker, person, db) -> None:
    sent = code_for(asker, "13911119999")
    assert ask(asker, person, sent).status_code == 422
    assert not db.session.scalars(select(Rebind)).all()


def test_a_bad_photo_does_not_cost_the_code(asker, person, db) -> None:
    import io

    sent = code_for(asker)
    assert ask(asker, person, sent, photo=(io.BytesIO(b"nothing"), "a.jpg")).status_code in (415, 422)
    assert ask(asker, person, sent).status_code == 303


def test_the_same_form_twice_is_one_request(asker, person, db) -> None:
    op = "o" * 32
    sent = code_for(asker)
    assert [ask(asker, person, sent, op=op).status_code for _ in range(2)] == [303, 303]
    assert len(db.session.scalars(select(Rebind)).all()) == 1


def test_asking_again_replaces_the_earlier_request_and_its_photo(asker, asked, person, db) -> None:
    from core.limits import LimitHit

    with transaction():
        db.session.execute(LimitHit.__table__.delete())
    assert ask(asker, person, code_for(asker)).status_code == 303
    states = sorted(row.state for row in fresh(db, db.session).scalars(select(Rebind)))
    assert states == ["replaced", "submitted"]
    photos = db.session.scalars(select(StoredFile).order_by(StoredFile.id))
    assert [row.erased_at is not None for row in photos] == [True, False]


def test_tries_are_limited(asker, person) -> None:
    answers = [ask(asker, person, "000000").status_code for _ in range(7)]
    assert answers[:5].count(422) == 5 and answers[-1] == 429


# --- deciding


def clerk_of(app, world, union, role: str = OPERATOR):
    user = world.staff(role, union=union)
    return user, world.sign_in(app.test_client(), staff=user)


def test_the_unions_clerk_sees_what_is_on_file_beside_what_is_claimed(app, world, union, asked, db) -> None:
    user, desk = clerk_of(app, world, union)
    assert "找回绑定" in desk.get("/admin/").get_data(as_text=True)
    assert str(asked.id) in desk.get("/admin/rebinds").get_data(as_text=True)
    page = says(desk.get(f"/admin/rebinds/{asked.id}"))
    assert "138****8000" in page and "139****2222" in page
    assert NEW_PHONE not in page and "13800138000" not in page
    assert desk.get(f"/admin/rebinds/{asked.id}/photo/preview").mimetype == "image/jpeg"
    look = db.session.scalars(select(DataLook)).one()
    assert (look.what, look.by_id, look.role) == ("certificates", user.id, OPERATOR)


def test_approving_moves_the_phone_ends_the_binding_and_tells_everybody(
    app, world, union, asked, person, db
) -> None:
    """W8: new phone, old phone, old WeChat and the WeChat that asked."""
    old = world.sign_in(app.test_client(), person=person)
    _, desk = clerk_of(app, world, union)
    page = f"/admin/rebinds/{asked.id}"
    assert desk.submit(f"{page}/approve", {"seen": "0"}, page=page).status_code == 303
    fresh(db, person)
    assert (person.phone, asked.state) == (NEW_PHONE, "approved")
    assert db.session.scalars(select(Binding.ended_why)).all() == ["rebind"]
    assert old.get("/h5/me").status_code == 303, "the old phone is signed out"
    sent = db.session.scalars(select(OutboxMessage).where(OutboxMessage.about_kind == "rebind")).all()
    assert {(row.kind, row.channel, row.address) for row in sent if row.kind != "rebind_asked"} == {
        ("phone_replaced", "sms", "13800138000"),
        ("phone_replaced", "wechat", "oTestOldPhone0000000000001"),
        ("rebind_approved", "sms", NEW_PHONE),
        ("rebind_approved", "wechat", ASKER),
    }
    titles = db.session.scalars(select(InboxMessage.title).where(InboxMessage.owner_id == person.id)).all()
    assert "登记的手机号码已更换" in titles


def test_two_colleagues_at_once_and_the_second_is_told(app, world, union, asked, db) -> None:
    pages = [clerk_of(app, world, union, role)[1] for role in (OPERATOR, CHAIR)]
    page = f"/admin/rebinds/{asked.id}"
    form = {"seen": "0"}
    first, second = (desk.submit(f"{page}/approve", form, page=page) for desk in pages[:1] + pages[:1])
    assert (first.status_code, second.status_code) == (303, 409)
    late = pages[1].submit(f"{page}/refuse", {"seen": "0", "note": "照片不符"}, page="/admin/")
    assert late.status_code == 409
    assert fresh(db, asked).state == "approved"


def test_refusing_needs_a_reason_that_the_asker_reads(app, world, union, asked, asker, person, db) -> None:
    _, desk = clerk_of(app, world, union)
    page = f"/admin/rebinds/{asked.id}"
    empty = desk.submit(f"{page}/refuse", {"seen": "0", "note": " "}, page=page)
    assert empty.status_code == 422 and rules.REFUSE_NOTE in says(empty)
    assert (
        desk.submit(f"{page}/refuse", {"seen": "0", "note": "证件照片不清楚"}, page=page).status_code == 303
    )
    shown = says(asker.get("/h5/bind/help"))
    assert "不通过" in shown and "证件照片不清楚" in shown
    assert fresh(db, person).phone == "13800138000"
    sms = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "rebind_refused", OutboxMessage.channel == "sms")
    ).one()
    assert sms.address == NEW_PHONE and "证件照片" not in sms.params


@pytest.mark.parametrize("role", [SECOND_REVIEWER, FINANCE_MAKER, EDITOR])
def test_other_roles_do_not_decide(app, world, union, asked, role) -> None:
    _, desk = clerk_of(app, world, union, role)
    assert desk.get(f"/admin/rebinds/{asked.id}").status_code == 403


def test_another_union_sees_nothing(app, world, asked) -> None:
    """A2: hidden looks like absent."""
    _, desk = clerk_of(app, world, world.union("别家工会委员会"))
    assert str(asked.id) not in desk.get("/admin/rebinds").get_data(as_text=True)
    assert desk.get(f"/admin/rebinds/{asked.id}").status_code == 404


def test_nobody_decides_on_their_own_case_or_to_their_own_phone(world, union, asked, person, db) -> None:
    """M10: same certificate, same phone on file, or the new phone is the colleague's."""
    for changes in ({"id_number": person.id_number}, {"phone": "13800138000"}):
        user = world.staff(OPERATOR, union=union)
        with transaction():
            for name, value in changes.items():
                setattr(user, name, value)
        with pytest.raises(Exception) as hidden:
            rebinding.find_rebind(asked.id, as_staff(user, OPERATOR, union_id=union.id))
        assert hidden.typename == "Missing"
        with transaction():
            user.phone, user.id_number = f"1399999{world.serial:04d}", id_number(4000 + world.serial)
    user = world.staff(OPERATOR, union=union)
    with transaction():
        user.phone = NEW_PHONE
    with pytest.raises(Exception, match="您本人"), transaction():
        rebinding.approve_rebind(asked, as_staff(user, OPERATOR, union_id=union.id))
    assert fresh(db, asked).state == "submitted"


def test_a_role_elsewhere_is_worth_nothing_here(world, union, asked, db) -> None:
    """The colleague is operator of another union and editor here."""
    elsewhere = world.union("别家工会委员会")
    user = world.staff(OPERATOR, union=elsewhere)
    spread = Actor("staff", user.id, user.name, frozenset({OPERATOR, EDITOR}),
                   grants=((OPERATOR, elsewhere.id), (EDITOR, union.id)))  # fmt: skip
    with pytest.raises(Exception) as refused, transaction():
        rebinding.approve_rebind(asked, spread)
    assert refused.typename == "NotAllowed"


def test_the_person_binds_with_the_new_phone_afterwards(app, world, union, asked, asker, person) -> None:
    """The way ends where it should: on 个人中心."""
    from tests.employee.test_binding import ask_for_code, form, post

    _, desk = clerk_of(app, world, union)
    page = f"/admin/rebinds/{asked.id}"
    desk.submit(f"{page}/approve", {"seen": "0"}, page=page)
    _forget_limits()
    sent = ask_for_code(asker, NEW_PHONE)
    assert post(asker, form(person, sent, phone=NEW_PHONE)).status_code == 303
    assert "139****2222" in says(asker.get("/h5/me"))


def _forget_limits() -> None:
    from core.db import db
    from core.limits import LimitHit

    with transaction():
        db.session.execute(LimitHit.__table__.delete())


def test_what_nobody_stands_behind_and_old_photos_go(asker, person, db, asked) -> None:
    with transaction():
        asked.state, asked.decided_at = "refused", clock.now() - dt.timedelta(days=31)
        lost = Rebind(openid="oNobody", name="李无人", phone="13911113333", reason="x", state="submitted",
                      version=0, asked_at=clock.now() - dt.timedelta(days=8))  # fmt: skip
        db.session.add(lost)
    file_id = asked.file_id
    assert context.storage().exists(f"{file_id}/0")
    with transaction():
        assert service.sweep_rebinds() == 2
    assert not context.storage().exists(f"{file_id}/0")
    assert fresh(db, asked).file_id is None
    assert len(db.session.scalars(select(Rebind)).all()) == 1
