"""Deciding on a request: who may, what it changes, who is told (GX-45, GX-48), on the real database."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from changes import service
from changes.models import ChangeRequest
from changes.queries import work
from changes.service import checks, revealing, review
from core.access import Actor
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.errors import Conflict, Missing, NotAllowed, Refused
from core.roles import (
    ADMINISTRATOR,
    AUDITOR,
    CHAIR,
    EDITOR,
    FINANCE_MAKER,
    FIRST_REVIEWER,
    OPERATOR,
    SECOND_REVIEWER,
)
from employee import service as employees
from employee.models import Employee
from notify.models import InboxMessage, OutboxMessage
from tests.changes.conftest import Panel, Person, fresh, requests_of
from tests.office import Office
from tests.world import World, as_staff, id_number

NEW_ID = id_number(881, dt.date(1960, 1, 1))


def told(person: Person) -> tuple[list[str], list[tuple[str, str]]]:
    """Kinds in the inbox, and (kind, number) of the SMS, codes aside."""
    database.session.rollback()
    inbox = select(InboxMessage.kind).where(InboxMessage.owner_id == person.id).order_by(InboxMessage.id)
    rows = database.session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.channel == "sms", OutboxMessage.kind != "code")
        .order_by(OutboxMessage.id)
    )
    return list(database.session.scalars(inbox)), [(row.kind, row.address) for row in rows]


def test_two_agreements_change_the_person_and_the_person_is_told_gx_45_gx_48(
    person: Person, panel: Panel
) -> None:
    """GX-45, GX-48: 待初核 → 待复核 → 办结; SMS and inbox, each once."""
    old_phone = person.person.phone or ""
    request = person.ask(id_number=NEW_ID, insurance_card="4501999")
    panel.pass_first(request)
    assert (fresh(request).state, fresh(person.person).id_number) == ("second_review", id_number_of(request))
    panel.finish(request)
    now = fresh(person.person)
    assert (now.id_number, now.insurance_card) == (NEW_ID, "4501999")
    assert (now.born_on, now.sex) == (dt.date(1960, 1, 1), "男"), "they follow the number"
    assert fresh(request).state == "done" and fresh(request).decided_at
    assert told(person) == (
        ["change_submitted", "change_done"],
        [("change_submitted", old_phone), ("change_done", old_phone)],
    )


def id_number_of(request: object) -> str:
    return service.before(request)["id_number"]  # type: ignore[arg-type]


def test_blind_indexes_follow_so_that_the_person_is_found_by_the_new_number_only(
    person: Person, panel: Panel
) -> None:
    old = person.person.id_number or ""
    panel.approve(person.ask(id_number=NEW_ID))

    def found(number: str) -> list[object]:
        return list(database.session.scalars(select(Employee.id).where(Employee.id_number.matches(number))))

    assert (found(NEW_ID), found(old)) == ([person.id], [])


def test_who_and_when_and_which_fields_are_on_record_and_the_values_are_sealed(
    person: Person, panel: Panel
) -> None:
    request = person.ask(name="张改名")
    panel.approve(request)
    entry = database.session.scalars(select(AuditEntry).where(AuditEntry.action == "employee.change")).one()
    assert (entry.actor_id, entry.detail) == (
        panel.two.id,
        {"fields": ["name"], "number": request.number},
    )
    assert (service.before(fresh(request))["name"], service.wanted(fresh(request))) != ("", {})


@pytest.mark.parametrize("name", ["张㛃", "李𬭎", "阿依•买买提"])
def test_rare_characters_and_dots_arrive_as_typed(person: Person, panel: Panel, name: str) -> None:
    panel.approve(person.ask(name=name))
    assert fresh(person.person).name == name


def test_a_new_phone_gets_the_news_and_the_old_one_is_warned(person: Person, panel: Panel) -> None:
    old = person.person.phone or ""
    panel.approve(person.ask(phone="13900007777"))
    assert fresh(person.person).phone == "13900007777"
    inbox, sms = told(person)
    assert sms == [("change_submitted", old), ("phone_changed", old), ("change_done", "13900007777")]
    assert inbox == ["change_submitted", "phone_changed", "change_done"]


def test_a_return_tells_the_reason_in_the_inbox_and_not_in_the_sms_gx_47(
    person: Person, panel: Panel
) -> None:
    """GX-47."""
    request = person.ask(name="张改名")
    panel.send_back(request, "户口簿没有拍全")
    row = database.session.scalars(select(InboxMessage).where(InboxMessage.kind == "change_returned")).one()
    assert "户口簿没有拍全" in (row.text or "") and row.link == f"/h5/changes/{request.number}"
    sms = database.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "change_returned", OutboxMessage.channel == "sms")
    ).one()
    for secret in ("户口簿", request.number, "张改名"):
        assert secret not in sms.params
    assert "/s/changes" in sms.params


def test_a_return_needs_a_reason(person: Person, panel: Panel) -> None:
    request = person.ask(name="张改名")
    with pytest.raises(Refused, match="请填写退回原因"):
        panel.send_back(request, "  ")
    assert fresh(request).state == "first_review"


# --- what stops a decision ---------------------------------------------------------------------------------


def test_what_moved_meanwhile_is_not_overwritten(person: Person, panel: Panel) -> None:
    request = person.ask(name="张改名")
    panel.pass_first(request)
    with transaction():
        fresh(person.person).name = "张另改"
    with pytest.raises(Refused, match="还有 1 项“不符”"):
        panel.finish(request)
    with pytest.raises(Conflict, match="登记的姓名在提交以后已经变过"):
        panel.finish(request, "已核对")
    assert (fresh(request).state, fresh(person.person).name) == ("second_review", "张另改")


def test_what_moved_elsewhere_stops_nothing(person: Person, panel: Panel) -> None:
    request = person.ask(insurance_card="4501999")
    with transaction():
        fresh(person.person).phone = "13900006666"
    panel.approve(request)
    now = fresh(person.person)
    assert (now.insurance_card, now.phone) == ("4501999", "13900006666")


def test_a_certificate_that_somebody_else_has_is_refused(person: Person, panel: Panel) -> None:
    request = person.ask(id_number=NEW_ID)
    panel.pass_first(request)
    person.world.employee(id_number=NEW_ID)
    with pytest.raises(Conflict, match="另一位职工名下"):
        panel.finish(request, "已核对")
    assert fresh(request).state == "second_review"


def test_two_people_cannot_get_one_certificate_at_the_same_moment(
    app: Flask, new_person: Callable[..., Person], world: World
) -> None:
    panels = [Panel(world), Panel(world)]
    requests = [new_person().ask(id_number=NEW_ID) for _ in panels]
    for panel, request in zip(panels, requests, strict=True):
        panel.pass_first(request)

    def finish(panel: Panel, request_id: uuid.UUID) -> Callable[[], None]:
        return lambda: panel.finish(database.session.get_one(ChangeRequest, request_id))

    answers = _at_once(app, [finish(p, r.id) for p, r in zip(panels, requests, strict=True)])
    assert answers.count("done") == 1
    holders = database.session.scalars(select(Employee.id).where(Employee.id_number.matches(NEW_ID)))
    assert len(list(holders)) == 1
    assert sorted(fresh(request).state for request in requests) == ["done", "second_review"]


def test_ten_reviewers_at_once_make_one_decision_m2(app: Flask, person: Person, world: World) -> None:
    request = person.ask(name="张改名")
    version = request.version
    clerks = [as_staff(world.staff(FIRST_REVIEWER), FIRST_REVIEWER) for _ in range(10)]

    request_id = request.id

    def decide(clerk: Actor) -> Callable[[], None]:
        def press() -> None:
            with transaction():
                service.approve(database.session.get_one(ChangeRequest, request_id), clerk, version)

        return press

    answers = _at_once(app, [decide(clerk) for clerk in clerks])
    assert answers.count("done") == 1 and sum("已由" in answer for answer in answers) == 9
    assert fresh(request).version == version + 1


def _at_once(app: Flask, presses: list[Callable[[], None]]) -> list[str]:
    answers: list[str] = []
    start = threading.Barrier(len(presses))

    def run(press: Callable[[], None]) -> None:
        with app.app_context():
            start.wait(60)
            try:
                press()
                answers.append("done")
            except Refused as refused:
                answers.append(refused.text)
            finally:
                database.session.remove()

    threads = [threading.Thread(target=run, args=(press,)) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers


# --- who may -----------------------------------------------------------------------------------------------


def test_first_and_second_review_are_different_people(person: Person, world: World) -> None:
    both = world.staff(FIRST_REVIEWER, SECOND_REVIEWER)
    by = as_staff(both, FIRST_REVIEWER, SECOND_REVIEWER)
    request = person.ask(name="张改名")
    with transaction():
        service.approve(request, by, request.version)
    with pytest.raises(NotAllowed, match="您做过本件的初核"), transaction():
        service.approve(request, by, request.version)
    assert work.next_for(by) is None


@pytest.mark.parametrize("same", ["id_number", "phone", "new id_number", "new phone"])
def test_nobody_decides_on_their_own_request(person: Person, panel: Panel, same: str) -> None:
    """Neither by what is on file nor by what the request would put there."""
    changes = {"new id_number": {"id_number": NEW_ID}, "new phone": {"phone": "13900005555"}}
    request = person.ask(**changes.get(same, {"insurance_card": "4501999"}))
    with transaction():
        clerk = fresh(panel.one)
        facts = {**service.before(request), **service.wanted(request)}
        setattr(clerk, same.removeprefix("new "), facts[same.removeprefix("new ")])
    with pytest.raises(NotAllowed, match="您本人"):
        panel.pass_first(request)
    if not same.startswith("new"):
        with pytest.raises(Missing):
            work.find(request.number, panel.first)


def test_a_grant_elsewhere_is_worth_nothing_here_a1(person: Person, world: World) -> None:
    request = person.ask(name="张改名")
    here, elsewhere = fresh(person.person).union_id, world.union("另一家").id
    near = world.staff(FIRST_REVIEWER)
    with pytest.raises(Missing):
        work.find(request.number, as_staff(near, FIRST_REVIEWER, union_id=elsewhere))
    assert work.find(request.number, as_staff(near, FIRST_REVIEWER, union_id=here)).id == request.id
    assert work.counts(as_staff(near, FIRST_REVIEWER, union_id=elsewhere)) == {}


SEES = {
    FIRST_REVIEWER: True, SECOND_REVIEWER: True, OPERATOR: True, CHAIR: True, ADMINISTRATOR: True,
    AUDITOR: True, FINANCE_MAKER: False, EDITOR: False,
}  # fmt: skip


@pytest.mark.parametrize(("role", "sees"), SEES.items())
def test_who_sees_requests(person: Person, world: World, role: str, sees: bool) -> None:
    request = person.ask(name="张改名")
    found = [line.number for line in work.listed(work.scope(as_staff(world.staff(role), role))).rows]
    assert found == ([request.number] if sees else [])


@pytest.mark.parametrize("role", [SECOND_REVIEWER, OPERATOR, CHAIR, ADMINISTRATOR, AUDITOR])
def test_who_may_not_decide_at_first_review(person: Person, world: World, role: str) -> None:
    request = person.ask(name="张改名")
    for decide in (service.approve, service.send_back):
        with pytest.raises(NotAllowed), transaction():
            decide(request, as_staff(world.staff(role), role), request.version, "信息不正确")


def test_the_longest_waiting_comes_next(new_person: Callable[..., Person], panel: Panel) -> None:
    one, two = (new_person().ask(insurance_card="4501999") for _ in range(2))
    assert work.counts(panel.first) == {"first_review": 2}
    following = work.next_for(panel.first)
    assert following and following.id == one.id
    panel.pass_first(one)
    following = work.next_for(panel.first)
    assert following and following.id == two.id


# --- warnings ----------------------------------------------------------------------------------------------


def found(request: object) -> dict[str, tuple[str, str]]:
    return {c.code: (c.level, c.text) for c in checks.run(request, 1)}  # type: ignore[arg-type]


def test_claims_in_progress_are_named_when_the_name_changes(world: World, person: Person) -> None:
    office = Office(world)
    world.cover(person.person)
    office.file(person.person)
    request = person.ask(name="张改名")
    assert found(request)["claims"] == ("look", "该职工有 1 件补助在办，改名后收款户名要重新核对")


def test_duplicate_people_are_named(world: World, person: Person) -> None:
    world.employee(phone="13900004444")
    request = person.ask(phone="13900004444", id_number=NEW_ID)
    world.employee(id_number=NEW_ID)
    seen = found(request)
    assert seen["same_certificate"][0] == "bad"
    assert seen["same_phone"] == ("look", "新手机号码还登记在另外 1 位职工名下")
    assert seen["born"][0] == "ok" and seen["certificate"] == ("ok", "新证件号码通过校验")


def test_a_wrong_check_digit_on_file_is_named(person: Person) -> None:
    with transaction():
        fresh(person.person).id_number = "450100196801010000"
    seen = found(person.ask(insurance_card="4501999"))
    assert seen["certificate"][0] == "look" and "没有通过校验" in seen["certificate"][1]


def test_look_alike_names_are_named(new_person: Callable[..., Person]) -> None:
    request = new_person(name="张建国").ask(name="张建囯")
    assert "囯" in found(request)["look_alike"][1]


def test_a_look_at_a_number_is_counted_and_on_record_before_it_is_opened_m11(
    person: Person, panel: Panel
) -> None:
    request = person.ask(id_number=NEW_ID)
    with transaction():
        revealing.announce(request, "new-id_number", "papers", panel.first)
    entry = database.session.scalars(select(AuditEntry).where(AuditEntry.action == "change.reveal")).one()
    assert entry.detail == {"fields": ["new-id_number"], "reason": "papers"}
    assert revealing.value(request, "new-id_number") == NEW_ID
    assert revealing.value(request, "old-id_number") == person.person.id_number
    with pytest.raises(Missing):
        revealing.announce(request, "name", "papers", panel.first)
    with pytest.raises(Refused):
        revealing.announce(request, "old-phone", "curious", panel.first)


def test_nothing_is_told_when_the_save_fails(person: Person, panel: Panel) -> None:
    request = person.ask(name="张改名")
    before = told(person)
    with pytest.raises(RuntimeError), transaction():
        review.send_back(request, panel.first, request.version, "信息不正确")
        raise RuntimeError
    assert told(person) == before
    assert [fresh(one).state for one in requests_of(person.person)] == ["first_review"]
    assert employees.card(person.id).name != "张改名"
