"""How does an enrolment begin, what does it know of the union, when may it be handed in? (XM-50 … XM-66)"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.db import db as database
from core.db import transaction
from core.errors import Conflict, Invalid, Missing, NotAllowed, Refused
from core.roles import OPERATOR
from enrolment.models import Enrolment, EnrolmentMaterial, Participant
from enrolment.service import accounts, checks, filing, materials, people, review
from notify.models import InboxMessage, OutboxMessage
from plans import service as plans
from plans.models import PlanVersion
from tests.enrolment.hall import PLAN, RECORD, Hall, pdf
from tests.world import World, as_staff


def refusal(call: Any, *args: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as refused, transaction():
        call(*args, **kwargs)
    return refused.value


def test_xm_56_57_58_a_new_enrolment_reads_the_unions_record(hall: Hall, world: World) -> None:
    above = world.union("示例市总工会")
    with transaction():
        hall.union.path = f"{above.path}{hall.union.id}/"
        hall.union.industry = "示例产业工会"
    row = hall.start()
    assert (row.union_name, row.chain) == ("示例厂工会委员会", "示例市总工会 → 示例厂工会委员会")
    assert (row.industry, row.nature, row.headcount) == ("示例产业工会", "国企", 10)
    assert {name: getattr(row, name) for name in RECORD} == RECORD
    assert (row.state, row.plan_code, row.plan_version) == ("draft", PLAN, "1")


def test_xm_60_numbers_run_by_month_and_never_collide_in_parallel(app: Any, world: World) -> None:
    halls = [Hall(world) for _ in range(6)]
    jobs = [(hall.union.id, hall.by) for hall in halls]
    numbers: list[str] = []

    def begin(union_id: Any, by: Any) -> None:
        with app.app_context(), transaction():
            numbers.append(
                filing.start(database.session.get(type(halls[0].union), union_id), PLAN, by).number
            )

    threads = [threading.Thread(target=begin, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"CBFW202611{n:04d}" for n in range(1, 7)]


def test_one_open_enrolment_a_union_and_period(hall: Hall) -> None:
    first = hall.start()
    said = refusal(filing.start, hall.union, PLAN, hall.by)
    assert first.number in said.text and said.field == "plan"
    twin = Enrolment(
        number="CBFW9", union_id=hall.union.id, plan_code=PLAN, plan_version="1",
        filed_by_id=hall.operator.id, filed_by_label="甲", union_name="甲", state="draft", version=0,
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction():
        database.session.add(twin)


def test_two_who_begin_at_once_make_one_draft(app: Any, hall: Hall) -> None:
    said: list[str] = []
    union_id, by = hall.union.id, hall.by

    def begin() -> None:
        with app.app_context():
            try:
                with transaction():
                    filing.start(database.session.get(type(hall.union), union_id), PLAN, by)
                said.append("made")
            except Refused as refused:
                said.append(refused.text)

    threads = [threading.Thread(target=begin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(text[:4] for text in said) == sorted(["made", "示例厂工"])
    assert database.session.scalar(select(func.count()).select_from(Enrolment)) == 1


@pytest.mark.parametrize(
    "plan,words",
    [
        (
            "GX-2026",
            "广西职工医疗互助保障活动（2026年度）的参保已在 2026-03-31 截止，不能再办理。"
            "如有特殊情况请联系上级工会",
        ),
        ("GX-1999", "请选择保障计划"),
    ],
)
def test_outside_the_window_nobody_begins_and_the_dates_are_said(hall: Hall, plan: str, words: str) -> None:
    assert refusal(filing.start, hall.union, plan, hall.by).text == words


def test_before_the_window_the_first_day_is_said(hall: Hall, day: Any) -> None:
    day.move_to(dt.datetime(2026, 10, 31, 2, tzinfo=dt.UTC))
    assert "从 2026-11-01 开始参保" in refusal(filing.start, hall.union, PLAN, hall.by).text


def test_the_window_closes_on_a_draft_too(hall: Hall, day: Any) -> None:
    row = hall.draft()
    day.move_to(dt.datetime(2027, 2, 1, 2, tzinfo=dt.UTC))
    found = refusal(filing.submit, row, hall.by, row.version)
    assert isinstance(found, Invalid) and "2027-01-31 截止" in found.errors["plan"]


def test_a_plan_that_changed_under_the_same_version_is_refused(hall: Hall) -> None:
    row = hall.draft()
    with transaction():  # what was frozen when it was first used says something else than the file now
        kept = database.session.scalars(select(PlanVersion)).one()
        assert (kept.code, kept.version) == (PLAN, "1")
        kept.digest = "0" * 64
    found = refusal(filing.submit, row, hall.by, row.version)
    assert isinstance(found, Invalid) and "要用新的版本号" in found.errors["plan"]
    with transaction():
        filing.give_up(row, hall.by, row.version, "delete")
    assert "要用新的版本号" in refusal(filing.start, hall.union, PLAN, hall.by).text


def test_a_new_version_is_taken_by_refreshing(hall: Hall) -> None:
    row = hall.draft()
    with transaction():  # it was begun under an earlier version
        content = plans.plan(PLAN).canonical().replace('"version":"1"', '"version":"0"')
        database.session.add(PlanVersion(code=PLAN, version="0", name="旧", digest="0", content=content))
        row.plan_version = "0"
    found = refusal(filing.submit, row, hall.by, row.version)
    assert isinstance(found, Invalid) and "新的版本" in found.errors["plan"]
    with transaction():
        assert filing.refresh(row, hall.by)
    assert row.plan_version == "1"
    hall.hand_in(row)


def test_xm_58_what_is_missing_on_the_record_is_named(hall: Hall) -> None:
    with transaction():
        hall.union.chair_name = hall.union.contact_phone = None
        hall.union.nature, hall.union.headcount = "", 0
    row = hall.draft()
    found = refusal(filing.submit, row, hall.by, row.version)
    assert isinstance(found, Invalid)
    assert found.errors["chair_name"].startswith(
        "工会主席、联系人手机还没有填，请到“基层工会管理”补充后点“更新”"
    )
    assert {"nature", "headcount"} <= set(found.errors)


def test_xm_58_更新_reads_the_record_anew(hall: Hall) -> None:
    row = hall.draft()
    with transaction():
        hall.union.contact_name, hall.union.version = "新联系", hall.union.version + 1
    assert row.contact_name == "秦联系"
    assert any("请点“更新”" in one.text for one in checks.run(row))
    with transaction():
        assert filing.refresh(row, hall.by)
    assert row.contact_name == "新联系" and not any("请点“更新”" in one.text for one in checks.run(row))
    with transaction():
        assert not filing.refresh(row, hall.by)


def test_xm_58_the_record_is_put_right_from_here_by_its_own_rules(hall: Hall) -> None:
    row = hall.start()
    with transaction():
        changed = filing.edit_record(row, {"contact_name": "改联系", "headcount": "12"}, hall.by, 0)
    assert set(changed) == {"contact_name", "headcount"}
    assert (hall.union.contact_name, row.contact_name, row.headcount) == ("改联系", "改联系", 12)
    late = refusal(filing.edit_record, row, {"contact_name": "迟到"}, hall.by, 0)
    assert isinstance(late, Conflict) and "改过" in late.text
    refused = refusal(filing.edit_record, row, {"chair_name": "某人"}, hall.by, hall.union.version)
    assert "由主席本人或上级工会修改" in refused.text


@pytest.mark.parametrize(
    "take,field",
    [
        (lambda row, by: people.remove_all(row, by), "people"),
        (lambda row, by: accounts.remove(row, accounts.listed(row)[0].id, by), "accounts"),
        (lambda row, by: materials.remove(row, materials.listed(row)[0][0].id, by), "materials"),
    ],
)
def test_xm_51_each_part_is_asked_for(hall: Hall, take: Any, field: str) -> None:
    row = hall.draft()
    assert all(checks.done_parts(checks.run(row, is_filing=True)).values())
    with transaction():
        take(row, hall.by)
    found = refusal(filing.submit, row, hall.by, row.version)
    assert isinstance(found, Invalid) and list(found.errors) == [field]
    assert not all(checks.done_parts(checks.run(row, is_filing=True)).values())


def test_xm_59_more_people_than_work_there_are_refused(hall: Hall) -> None:
    with transaction():
        hall.union.headcount = 7
    row = hall.draft()
    found = refusal(filing.submit, row, hall.by, row.version)
    assert isinstance(found, Invalid) and found.errors == {
        "people": "参加人数（8）大于单位从业人数（7），请核对"
    }


def test_xm_67_handing_in_tells_the_operator_and_is_once(hall: Hall) -> None:
    row = hall.draft()
    seen = row.version
    hall.hand_in(row)
    assert row.state == "first_review" and row.submitted_at and row.submitted_by_id == hall.operator.id
    kinds = database.session.scalars(
        select(InboxMessage.kind).where(InboxMessage.owner_id == hall.operator.id)
    )
    assert list(kinds) == ["enrolment_submitted"]
    again = refusal(filing.submit, row, hall.by, seen)
    assert isinstance(again, Conflict) and "已由 田经办" in again.text


def test_nothing_is_changed_after_it_was_handed_in(hall: Hall) -> None:
    row = hall.hand_in(hall.draft())
    late = hall.employees(1)[0]
    for call in (
        lambda: people.add(row, [late.id], hall.by),
        lambda: people.add_all(row, hall.by),
        lambda: people.remove_all(row, hall.by),
        lambda: accounts.add(row, "甲", "6200000000000000112", hall.by),
        lambda: materials.add(row, "people_list", pdf(), "x.pdf", hall.by),
        lambda: filing.refresh(row, hall.by),
        lambda: filing.take_over(row, hall.by),
    ):
        refused = refusal(call)
        assert refused.status == 409 and "已经提交" in refused.text


def test_xm_53_deleting_lets_the_people_go_and_forgets_the_papers(hall: Hall, world: World) -> None:
    row = hall.draft()
    with transaction():
        filing.give_up(row, hall.by, row.version, "delete")
    assert row.state == "deleted"
    assert not database.session.scalar(select(func.count()).select_from(Participant))
    assert database.session.scalar(select(EnrolmentMaterial.removed_at)) is not None
    assert database.session.scalar(select(EnrolmentMaterial.file_name)) == ""
    assert hall.draft(1).participant_count == 9


def test_xm_53_what_was_handed_in_once_is_cancelled_not_deleted(hall: Hall) -> None:
    row = hall.hand_in(hall.draft())
    with transaction():
        review.send_back(row, as_staff(hall.first, "first_reviewer"), row.version, "请补齐")
    assert isinstance(refusal(filing.give_up, row, hall.by, row.version, "delete"), NotAllowed)
    with transaction():
        filing.give_up(row, hall.by, row.version, "cancel", "不办了")
    assert (row.state, row.participant_count) == ("cancelled", 0)


def test_another_operator_takes_over_and_a_stranger_does_not(hall: Hall, world: World) -> None:
    row = hall.start()
    colleague = as_staff(world.staff(OPERATOR, union=hall.union), OPERATOR, union_id=hall.union.id)
    with transaction():
        filing.take_over(row, colleague)
    assert row.filed_by_id == colleague.id
    elsewhere = world.union("别家工会")
    stranger = replace(
        as_staff(world.staff(OPERATOR, union=elsewhere), OPERATOR),
        grants=((OPERATOR, elsewhere.id), ("auditor", hall.union.id)),
    )
    assert isinstance(refusal(filing.take_over, row, stranger), NotAllowed | Missing)


def test_xm_61_accounts_are_several_and_each_once(hall: Hall) -> None:
    row = hall.start()
    with transaction():
        accounts.add(row, "甲户", "62000000000001", hall.by)
        accounts.add(row, "乙户", "62000000000002", hall.by)
    assert [one.account_name for one in accounts.listed(row)] == ["甲户", "乙户"]
    assert refusal(accounts.add, row, "甲户", "62000000000001", hall.by).text == accounts.TWICE
    for n in range(3, 11):
        with transaction():
            accounts.add(row, "多户", f"6200000000{n:04d}", hall.by)
    assert refusal(accounts.add, row, "多户", "6200000000009999", hall.by).text == accounts.TOO_MANY


def test_xm_66_papers_by_the_named_list_each_up_to_its_number(hall: Hall) -> None:
    row, same = hall.start(), pdf()
    with transaction():
        first = materials.add(row, "application_form", same, "盖章.pdf", hall.by)
        assert materials.add(row, "application_form", same, "盖章.pdf", hall.by).id == first.id, "sent again"
        materials.add(row, "application_form", pdf(), "2.pdf", hall.by)
        materials.add(row, "application_form", pdf(), "3.pdf", hall.by)
    too_many = refusal(materials.add, row, "application_form", pdf(), "4.pdf", hall.by)
    assert too_many.text == "“参保申请单”最多上传 3 份，请先删掉不需要的"
    with pytest.raises(Missing), transaction():
        materials.add(row, "no_such", pdf(), "x.pdf", hall.by)


def test_xm_69_the_due_notice_goes_to_inbox_and_phone_and_the_sms_names_nothing(hall: Hall) -> None:
    row = hall.approved()
    assert (row.state, row.fee_due_fen, row.due_on) == ("awaiting_voucher", 80_000, dt.date(2026, 12, 29))
    message = database.session.scalar(select(InboxMessage).where(InboxMessage.kind == "enrolment_due"))
    assert message is not None and message.owner_id == hall.operator.id
    for said in (
        "8 人",
        "800.00 元",
        "广西职工保障互助协会",
        "6200000000000000001",
        row.number,
        "2026-12-29",
    ):
        assert said in (message.text or "")
    sms = database.session.scalar(
        select(OutboxMessage).where(OutboxMessage.kind == "enrolment_due", OutboxMessage.channel == "sms")
    )
    assert sms is not None and "800" not in (sms.params or "") and "8 人" not in (sms.params or "")
