"""After a death nothing reaches the person's phone or WeChat any more, whichever way it would have come."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import func, select, update

from core.db import transaction
from core.errors import Refused
from core.roles import ADMINISTRATOR, OPERATOR
from employee import service
from employee.models import Binding, Employee
from employee.service import bulk
from notify import outbox
from notify import service as notify
from notify.models import InboxMessage, OutboxMessage
from notify.recipients import Recipient
from notify.rules import reason_words
from roster.rules import COLUMNS
from tests.roster import desk
from tests.roster.golden import workbook
from tests.world import World, as_staff

GONE = dt.date(2026, 3, 1)


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def union(world, sandbox):
    return world.union("测试五厂工会委员会")


@pytest.fixture
def person(world, union):
    return world.insured(union=union)


@pytest.fixture
def clerk(world, union):
    return as_staff(world.staff(OPERATOR, union=union), OPERATOR, union_id=union.id)


def die(person, clerk) -> None:
    with transaction():
        service.report_death(person.id, GONE, clerk)


def tell(person, dedupe: str = "", **more) -> None:
    with transaction():
        notify.send(
            "claim_submitted", employee=person.id, dedupe=dedupe or f"t:{uuid.uuid4()}", **more
        )  # fmt: skip


def outgoing(db) -> list[OutboxMessage]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def test_nothing_is_written_for_the_dead_not_even_to_an_address_given_by_hand(person, clerk, db) -> None:
    die(person, clerk)
    tell(person)
    tell(person, to=Recipient("13800138111", "oTestOther"))
    assert outgoing(db) == []
    assert db.session.scalar(select(func.count()).select_from(InboxMessage)) == 0


@pytest.mark.parametrize("status", ["pending", "sending", "unknown", "held", "failed"])
def test_what_was_on_its_way_never_leaves(person, clerk, db, status) -> None:
    """Also what a sender holds at this moment: its result does not bring the row back."""
    tell(person)
    with transaction():
        db.session.execute(update(OutboxMessage).values(status=status, attempt=1))
    die(person, clerk)
    rows = outgoing(db)
    assert len(rows) == 2 and {(row.status, row.why) for row in rows} == {("cancelled", "deceased")}
    assert "已登记亡故" in reason_words(rows[0].why)
    held = outbox.Row(
        rows[0].id, rows[0].kind, rows[0].lane, rows[0].channel, "", '{"instead": {"to": "13800000000"}}',
        1, 0, "sandbox", "", 1.0, 1.0,
    )  # fmt: skip
    with db.engine.begin() as connection:
        later = outbox.Step("pending", "500", 0.0)
        outbox.finish(connection, [outbox.Finished(held, "later", "500", "", later)])
        outbox.settle(connection, held, outbox.Step("pending"))
        outbox.fall_back(connection, held)
    assert {row.status for row in outgoing(db)} == {"cancelled"} and len(outgoing(db)) == 2


def test_staff_cannot_send_it_again(person, clerk, world, db) -> None:
    tell(person)
    with transaction():
        db.session.execute(update(OutboxMessage).values(status="failed"))
        db.session.execute(update(Employee).where(Employee.id == person.id).values(is_deceased=True))
    with pytest.raises(Refused, match="不再发送消息"), transaction():
        notify.resend(outgoing(db)[0].id, as_staff(world.staff(ADMINISTRATOR), ADMINISTRATOR))
    assert {row.status for row in outgoing(db)} == {"failed"}


def test_a_living_relative_with_the_same_phone_keeps_their_messages(person, clerk, world, union, db) -> None:
    child = world.employee(union, phone=person.phone)
    tell(child)
    die(person, clerk)
    tell(child)
    assert {(row.owner_id, row.status) for row in outgoing(db)} == {(child.id, "pending")}


def test_the_binding_ends_quietly(person, clerk, db) -> None:
    die(person, clerk)
    ended = db.session.scalars(select(Binding).where(Binding.employee_id == person.id)).one()
    assert ended.ended_at and ended.ended_why == "deceased"
    assert outgoing(db) == [] and service.actor_of(ended.openid).kind == "follower"
    with transaction():
        service.report_death(person.id, GONE, clerk)  # said twice it changes nothing
    assert db.session.scalar(select(func.count()).select_from(Binding)) == 1


@pytest.mark.parametrize("page", ["/h5/bind", "/s/claims"])
def test_no_code_goes_to_their_phone_and_nobody_hears_why(client, person, clerk, world, db, page) -> None:
    """Neither for binding nor for looking in from an SMS; the page answers as ever."""
    die(person, clerk)
    world.sign_in(client, openid=world.follower()) if page == "/h5/bind" else None
    answer = client.submit(f"{page}/code", {"phone": person.phone}, page=page)
    said = answer.get_data(as_text=True)
    assert answer.status_code == 200 and ("验证码已发到" in said or "如果这个号码登记过" in said)
    assert outgoing(db) == []


def test_a_new_owner_of_the_number_gets_codes_again(client, person, clerk, world, union, db) -> None:
    die(person, clerk)
    world.employee(union, phone=person.phone)
    follower = world.sign_in(client, openid=world.follower())
    follower.submit("/h5/bind/code", {"phone": person.phone}, page="/h5/bind")
    assert [row.lane for row in outgoing(db)] == ["codes"]


def test_nobody_binds_the_dead(client, person, clerk, world, db) -> None:
    from employee.rules import Asked
    from employee.service import binding

    die(person, clerk)
    assert binding._matching(Asked(person.name, person.id_type, person.id_number, person.phone)) is None


def _sheet(person) -> bytes:
    cells = [None] * len(COLUMNS)
    cells[0], cells[1], cells[2], cells[5] = person.name, "居民身份证", person.id_number, "13612340000"
    return workbook([cells])


def test_who_dies_between_preview_and_confirmation_is_left_alone(person, clerk, union, db) -> None:
    work = desk.read(union, _sheet(person))
    assert work.changed_count == 1
    with transaction():  # by another way than the row's version would show
        seen = bulk.on_file([bulk.number_index(person.id_number)])
        assert next(iter(seen.values())).is_deceased is False
        service.report_death(person.id, GONE, clerk)
    desk.worked(desk.confirm(work))
    db.session.refresh(person)
    assert (person.is_deceased, person.is_active, work.applied_count) == (True, False, 0)
