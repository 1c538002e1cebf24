"""Handing a request in, again, and deleting it, on the real database (GX-41 … GX-52)."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from changes import jobs, queries, rules, service
from changes.models import ChangeDocument, ChangeRequest
from changes.queries import own
from changes.service import photos
from core import clock, context, numbers
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.errors import Conflict, Invalid, Missing, Refused
from core.files import keeping
from core.files.models import StoredFile
from core.history import timeline
from employee.service import applying
from tests.changes.conftest import Panel, Person, documents_of, fresh, requests_of
from tests.office import picture
from tests.world import World, as_employee, id_number


def test_handing_in_keeps_old_and_new_and_the_photo_gx_41(person: Person) -> None:
    """GX-41: the request waits for the first review with what was on file and what is wanted."""
    old = service.current(person.id)
    request = fresh(person.ask(name="张改名", insurance_card="4501999"))
    assert request.state == "first_review"
    assert service.before(request) == old
    assert service.wanted(request) == {"name": "张改名", "insurance_card": "4501999"}
    assert len(documents_of(request)) == 1
    assert fresh(person.person).name == old["name"], "nothing changes before it is decided"


def test_what_was_asked_is_nowhere_in_clear(person: Person) -> None:
    request = person.ask(id_number=(new := id_number(770)), born_on="1968-01-01")
    row = database.session.execute(text("SELECT * FROM change_request")).mappings().one()
    kept = " ".join(str(value) for value in row.values())
    assert new not in kept and service.before(request)["id_number"] not in kept
    said = " ".join(str(entry.detail) for entry in database.session.scalars(select(AuditEntry)))
    assert new not in said


def test_the_number_tells_the_moment_it_was_made_gx_51(person: Person) -> None:
    """GX-51: BG and 19 digits; the snowflake's moment is the 创建时间 printed beside it."""
    request = person.ask(name="张改名")
    assert re.fullmatch(r"BG\d{19}", request.number)
    assert numbers.moment_of(request.number) == request.created_at
    printed = dt.datetime.strptime("2020-12-30 14:28:18", "%Y-%m-%d %H:%M:%S")
    shown = clock.shown(numbers.moment_of("BG1344168415351173120"))
    assert shown == printed.strftime("%Y-%m-%d %H:%M:%S"), "the manual's own example"


def test_a_second_request_waits_until_the_first_is_done_gx_44_gx_52(person: Person, panel: Panel) -> None:
    """GX-44 and GX-52: not while one is open, the same day once it is 办结; the history keeps both."""
    first = person.ask(name="张改名")
    with pytest.raises(Conflict, match=rules.OPEN_ALREADY):
        person.ask(insurance_card="4501888")
    panel.send_back(first)
    with pytest.raises(Conflict, match=rules.OPEN_ALREADY):  # 草稿 is open too
        person.ask(insurance_card="4501888")
    person.ask_again(first)
    panel.approve(first)
    second = person.ask(insurance_card="4501888")
    rows, _ = own.for_employee(person.id)
    assert [(row.number, row.label) for row in rows] == [(second.number, "待初核"), (first.number, "办结")]


def test_the_database_itself_keeps_one_open_request_gx_44(person: Person) -> None:
    """GX-44: whatever the code does."""
    person.ask(name="张改名")
    with pytest.raises(IntegrityError, match="uq_change_request_open"), transaction():
        _row(person, "draft")
    with transaction():
        _row(person, "done")
        _row(person, "deleted")


def test_the_database_itself_keeps_name_and_certificate_apart_gx_43(person: Person) -> None:
    """GX-43: whatever the code does."""
    with pytest.raises(IntegrityError, match="name_or_certificate"), transaction():
        _row(person, "draft", changes_name=True, changes_certificate=True)


def _row(person: Person, state: str, **values: Any) -> None:
    row = ChangeRequest(number=numbers.numbered("BG"), employee_id=person.id, union_id=person.person.union_id,
                        state=state, version=0, **values)  # fmt: skip
    database.session.add(row)
    database.session.flush()


def test_the_service_refuses_what_the_form_would_gx_43(person: Person) -> None:
    """GX-43."""
    with pytest.raises(Invalid) as seen:
        person.ask(name="张改名", id_number=id_number(771), born_on="1968-01-01")
    assert seen.value.errors == {"name": rules.BOTH}
    assert requests_of(person.person) == []


def test_twenty_at_once_leave_one_open_request_gx_44(app: Flask, person: Person) -> None:
    """GX-44, M8: twenty tabs press 确认提交 at the same moment."""
    with transaction():
        photos.add_photo(picture(), person.actor)
    now = service.current(person.id)
    seen, answers, start = service.mark_of(now), [], threading.Barrier(20)

    def press(n: int) -> None:
        with app.app_context():
            start.wait(60)
            try:
                with transaction():
                    service.submit({**now, "insurance_card": f"4501{n:04d}"}, person.actor, seen=seen)
                answers.append("made")
            except Exception as refused:
                answers.append(getattr(refused, "text", repr(refused)))
            finally:
                database.session.remove()

    threads = [threading.Thread(target=press, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(answers) == sorted(["made"] + [rules.OPEN_ALREADY] * 19)
    (request,) = requests_of(person.person)
    assert (request.state, len(documents_of(request)), len(timeline(request.id))) == ("first_review", 1, 2)


def test_a_form_made_from_older_data_changes_nothing_by_accident(person: Person) -> None:
    """Somebody else put the card right while the form was open: it must not be put back."""
    now = service.current(person.id)
    with transaction():
        photos.add_photo(picture(), person.actor)
        fresh(person.person).insurance_card = "4501777"
    with pytest.raises(Conflict), transaction():
        service.submit({**now, "name": "张改名"}, person.actor, seen=service.mark_of(now))


def test_a_new_form_starts_from_what_is_on_file_never_from_an_earlier_request(
    person: Person, panel: Panel
) -> None:
    panel.approve(person.ask(name="张改名"))
    with transaction():
        fresh(person.person).name = "张又改"
    assert service.current(person.id)["name"] == "张又改"


def test_a_new_phone_needs_the_code_that_was_sent_to_it(person: Person) -> None:
    with transaction():
        photos.add_photo(picture(), person.actor)
    now = service.current(person.id)
    typed, seen = {**now, "phone": "13900009999"}, service.mark_of(now)
    for code, words in (("", "请先点“获取”"), ("000000", "请先点“获取”")):
        with pytest.raises(Refused, match=words), transaction():
            service.submit(typed, person.actor, seen=seen, code=code)
    right = person.prove("13900009999")
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    with pytest.raises(Refused, match="验证码不对"), transaction():
        service.submit(typed, person.actor, seen=seen, code=wrong)
    with pytest.raises(Refused), transaction():  # a code for one number proves no other
        service.submit({**typed, "phone": "13900008888"}, person.actor, seen=seen, code=right)
    with transaction():
        request = service.submit(typed, person.actor, seen=seen, code=right)
    assert service.wanted(request) == {"phone": "13900009999"}


def test_a_code_for_binding_proves_no_change(person: Person) -> None:
    from employee import service as employees
    from tests.changes.conftest import last_code

    with transaction():
        employees.request_code("13900009999", person.actor.key, "127.0.0.1")
    with pytest.raises(Refused):
        applying.prove_new_phone("13900009999", person.actor.key, last_code())


def test_a_proven_phone_is_not_asked_for_again(person: Person, panel: Panel) -> None:
    request = person.ask(phone="13900009999")
    panel.send_back(request)
    person.ask_again(request, insurance_card="4501666")
    assert service.wanted(fresh(request)) == {"insurance_card": "4501666", "phone": "13900009999"}


def test_a_returned_request_goes_in_again_under_its_number_gx_47_gx_49_gx_51(
    person: Person, panel: Panel
) -> None:
    """GX-47, GX-49, GX-51: back at the first level, 备注 gone, number and time of making as before."""
    request = person.ask(name="张改名")
    number, made = request.number, request.created_at
    panel.pass_first(request)
    panel.send_back(request, "信息不正确")
    assert (fresh(request).state, fresh(request).note) == ("draft", "信息不正确")
    person.ask_again(request, name="张再改")
    now = fresh(request)
    assert (now.state, now.number, now.created_at, now.note) == ("first_review", number, made, None)
    assert now.first_reviewer_id is None
    assert service.wanted(now) == {"name": "张再改"}
    actions = [step.action for step in timeline(request.id)]
    assert actions == ["create", "submit", "approve_first", "return_second", "resubmit"]


@pytest.mark.parametrize("passed", [0, 1, 2])
def test_what_is_under_review_or_done_is_neither_edited_nor_deleted_gx_49(
    person: Person, panel: Panel, passed: int
) -> None:
    """GX-49: only a draft."""
    request = person.ask(name="张改名")
    (panel.pass_first, panel.approve)[passed - 1](request) if passed else None
    state, document = fresh(request).state, documents_of(request)[0]
    attempts: list[Callable[[], Any]] = [
        lambda: service.delete(request, person.actor, version=request.version),
        lambda: person.ask_again(request, name="张再改"),
        lambda: service.remove_photo(document.id, person.actor),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict), transaction():
            attempt()
    assert fresh(request).state == state and fresh(document).removed_at is None


def test_a_deleted_draft_is_forgotten_and_a_new_one_may_come_gx_49(person: Person, panel: Panel) -> None:
    """GX-49: contents and photos go; who deleted it and when stays."""
    request = person.ask(name="张改名")
    panel.send_back(request)
    (document,) = documents_of(request)
    with transaction():
        service.delete(request, person.actor, version=request.version)
    gone = fresh(request)
    assert (gone.old_values, gone.new_values, gone.note) == (None, None, None)
    assert database.session.get_one(StoredFile, document.file_id).erased_at
    with pytest.raises((Missing, OSError)):
        keeping.read(document.file_id, "full")
    assert own.for_employee(person.id) == ([], "") and queries.open_of(person.id) is None
    with pytest.raises(Missing):
        own.of_employee(request.number, person.id)
    assert timeline(request.id)[-1].action == "delete"
    person.ask(name="张改名")


def test_nobody_touches_somebody_elses_request(person: Person, panel: Panel, new_person: Any) -> None:
    request = person.ask(name="张改名")
    panel.send_back(request)
    other = new_person()
    with pytest.raises(Missing), transaction():
        service.delete(request, other.actor, version=request.version)
    with pytest.raises(Missing):
        other.ask_again(request)
    with pytest.raises(Missing), transaction():
        service.remove_photo(documents_of(request)[0].id, other.actor)


def test_photos_need_consent_a_limit_and_a_form(world: World, person: Person) -> None:
    stranger = world.employee()
    with pytest.raises(Refused, match="勾选同意"), transaction():
        photos.add_photo(picture(), as_employee(stranger))
    for _ in range(rules.MOST_PHOTOS):
        with transaction():
            photos.add_photo(picture(), person.actor)
    with pytest.raises(Refused, match="最多上传 6 张"), transaction():
        photos.add_photo(picture(), person.actor)


def test_photos_nobody_handed_in_go_after_a_day(person: Person, panel: Panel) -> None:
    kept = person.ask(name="张改名")
    panel.approve(kept)
    with transaction():
        waiting = photos.add_photo(picture(), person.actor)
    jobs.sweep()
    assert fresh(waiting).removed_at is None
    with time_machine.travel(clock.now() + dt.timedelta(hours=25), tick=True):
        jobs.sweep()
    assert fresh(waiting).removed_at
    live = select(ChangeDocument).where(ChangeDocument.removed_at.is_(None))
    assert [row.request_id for row in database.session.scalars(live)] == [kept.id]


def test_progress_says_what_happened_and_what_comes_gx_54(person: Person, panel: Panel) -> None:
    """GX-54: 审核进度 in every state."""

    def progress() -> list[tuple[str, str]]:
        now = fresh(request)
        return [(step.label, step.state) for step in own.steps(now, timeline(now.id))]

    request = person.ask(name="张改名")
    submitted = ("提交申请", "done")
    assert progress() == [submitted, ("待初核", "now"), ("复核", "todo"), ("办结", "todo")]
    panel.send_back(request)
    back = ("初核被驳回", "done")
    assert progress() == [submitted, back, (own.TO_CORRECT, "bad"), ("初核", "todo"), ("复核", "todo"),
                          ("办结", "todo")]  # fmt: skip
    person.ask_again(request)
    panel.pass_first(request)
    again, first = ("重新提交申请", "done"), ("初核通过", "done")
    assert progress() == [submitted, back, again, first, ("待复核", "now"), ("办结", "todo")]
    panel.finish(request)
    assert progress() == [submitted, back, again, first, ("复核通过", "done"), ("办结", "done")]


@pytest.mark.parametrize(
    ("state", "effect", "after"),
    [
        ("draft", "change_delete", "deleted"),
        ("first_review", "change_stop", "deleted"),
        ("second_review", "change_stop", "deleted"),
        ("done", "change_keep", "done"),
    ],
)
def test_consent_taken_back_stops_a_change_and_forgets_it(person: Person, state, effect, after) -> None:
    """What nobody finished ends with all it said; what is done is kept as long as the rule says."""
    request = person.ask(name="张改名")
    with transaction():
        request.state = state
    number, files = request.number, [row.file_id for row in documents_of(request)]
    assert service.foreseen(person.id) == [(number, state, effect)]
    with transaction():
        assert service.withdraw_all(person.id, person.actor) == [(number, state, effect)]
    request = fresh(request)
    is_kept = effect == "change_keep"
    assert request.state == after
    assert [bool(one) for one in (request.old_values, request.new_values)] == [is_kept] * 2
    assert {context.storage().exists(f"{one}/0") for one in files} == {is_kept}
    assert service.open_request(person.id) is None
    with transaction():
        assert service.withdraw_all(person.id, person.actor) == ([(number, state, effect)] if is_kept else [])


def test_photos_that_wait_for_a_form_go_with_the_consent(person: Person) -> None:
    with transaction():
        waiting = photos.add_photo(picture(), person.actor).file_id
    with transaction():
        service.withdraw_all(person.id, person.actor)
    assert not context.storage().exists(f"{waiting}/0")


def test_what_withdrawal_does_is_said_of_every_state() -> None:
    assert set(rules.ON_WITHDRAWAL) == set(rules.LABELS) - {"deleted"}
    assert set(rules.ON_WITHDRAWAL.values()) == set(rules.WITHDRAWAL_WORDS)


def test_a_reviewer_finds_nothing_of_what_was_stopped(person: Person, panel: Panel) -> None:
    request = person.ask(name="张改名")
    with transaction():
        service.withdraw_all(person.id, person.actor)
    with pytest.raises(Conflict), transaction():
        service.approve(fresh(request), panel.first, 1)


def test_a_photo_sent_again_after_a_lost_answer_is_one_photo_gx_41(person: Person) -> None:
    """The phone repeats what was not answered; the same bytes are the same photo."""
    photo = picture()
    with transaction():
        first = photos.add_photo(photo, person.actor).id
    with transaction():
        again = photos.add_photo(photo, person.actor).id
        other = photos.add_photo(picture(), person.actor).id
    assert first == again != other
