"""Vouchers, money, confirmation: is everybody covered once, and confirms nobody alone? (XM-75 … XM-78)"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.db import transaction
from core.errors import Conflict, NotAllowed, Refused
from enrolment import jobs
from enrolment.models import BankReceipt, Confirmation, Enrolment, ReceiptShare, Voucher
from enrolment.queries import paying as queries
from enrolment.rules import AWAITING_VOUCHER, CONFIRMING, DONE
from enrolment.rules import paying as rules
from enrolment.service import confirming, receipts, telling, vouchers
from enrolment.service.receipts import Transfer, read_statement
from notify.models import InboxMessage, OutboxMessage
from plans.models import Coverage
from plans.queries import coverages_of
from tests.enrolment.paying import TODAY, Desk, paper

HEADS = "交易日期,贷方金额,对方户名,附言,交易流水号"


@pytest.fixture
def desk(db: Any) -> Desk:
    return Desk()


def told(kind: str) -> list[InboxMessage]:
    from core.db import db

    return db.session.query(InboxMessage).filter_by(kind=kind).all()


# --- vouchers ----------------------------------------------------------------------------------------------


def test_xm75_a_voucher_is_uploaded_and_confirmed_by_the_operator(desk: Desk) -> None:
    """XM-75, XM-76: 上传缴费凭证, then 确认, and finance has it."""
    desk.voucher()
    with transaction():
        vouchers.submit(desk.enrolment, desk.operator, desk.enrolment.version)
    assert desk.enrolment.state == CONFIRMING
    [row] = vouchers.live(desk.enrolment.id)
    assert row.amount_fen == desk.due and row.payer == desk.union.name and b"PDF" not in row.payer_ct


def test_nothing_can_be_confirmed_without_a_voucher(desk: Desk) -> None:
    with pytest.raises(Refused, match="还没有上传缴费凭证"), transaction():
        vouchers.submit(desk.enrolment, desk.operator, None)


def test_another_sum_needs_a_word(desk: Desk) -> None:
    """A9: 凭证金额 … 与应缴 … 相差 …，请核对或说明; said, it goes on."""
    desk.voucher(desk.due - 2000)
    with (
        pytest.raises(Refused, match=r"凭证金额 .* 与应缴 .* 相差 20\.00，请核对或说明") as refusal,
        transaction(),
    ):
        vouchers.submit(desk.enrolment, desk.operator, None)
    assert refusal.value.field == "note"
    with transaction():
        vouchers.submit(desk.enrolment, desk.operator, None, "下周补缴 20 元")
    assert desk.enrolment.state == CONFIRMING


def test_a_fee_paid_in_parts_has_several_vouchers(desk: Desk) -> None:
    desk.voucher(desk.due - 3000)
    desk.voucher(3000)
    with transaction():
        vouchers.submit(desk.enrolment, desk.operator, None)
    assert vouchers.told_fen(desk.enrolment.id) == desk.due


def test_the_same_voucher_twice_is_refused_and_another_replaces_it(desk: Desk) -> None:
    first = desk.voucher(words="same")
    with pytest.raises(Refused, match="已经上传过"):
        desk.voucher(words="same")
    with transaction():
        vouchers.remove(desk.enrolment, first.id, desk.operator)
        vouchers.remove(desk.enrolment, first.id, desk.operator)
    desk.voucher(words="same")
    assert len(vouchers.live(desk.enrolment.id)) == 1 and desk.enrolment.state == AWAITING_VOUCHER


def test_after_the_word_was_given_vouchers_stay_as_they_are(desk: Desk) -> None:
    desk.hand_in()
    [row] = vouchers.live(desk.enrolment.id)
    with pytest.raises(Conflict, match="已由"):
        desk.voucher()
    with pytest.raises(Conflict), transaction():
        vouchers.remove(desk.enrolment, row.id, desk.operator)
    with pytest.raises(Conflict), transaction():
        vouchers.submit(desk.enrolment, desk.operator, None)


def test_one_paper_for_two_enrolments_is_seen_by_finance(desk: Desk) -> None:
    """One transfer for two unions is allowed; that it is the same paper is said."""
    other = Desk()
    mine = desk.voucher(words="both")
    other.voucher(words="both")
    assert vouchers.elsewhere(desk.enrolment.id) == {mine.id: [other.enrolment.number]}
    other.voucher(words="alone")
    assert len(vouchers.elsewhere(other.enrolment.id)) == 1


# --- money -------------------------------------------------------------------------------------------------


def test_one_transfer_for_two_unions_is_shared_out_and_never_exceeded(desk: Desk, db: Any) -> None:
    """The database itself keeps the shares within the transfer."""
    other = Desk()
    receipt_id = desk.transfer(desk.due + other.due)
    for one in (desk, other):
        with transaction():
            receipts.share(one.enrolment, receipt_id, one.due, one.maker)
    third = Desk()
    with pytest.raises(Refused, match="只剩 0.00 元"), transaction():
        receipts.share(third.enrolment, receipt_id, 1, third.maker)
    assert db.session.get(BankReceipt, receipt_id).shared_fen == desk.due + other.due
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE bank_receipt SET shared_fen = amount_fen + 1"))
    db.session.rollback()


def test_two_transfers_for_one_union_add_up_and_can_be_taken_back(desk: Desk, db: Any) -> None:
    first, second = desk.transfer(desk.due - 1000), desk.transfer(1000)
    with transaction():
        receipts.share(desk.enrolment, first, desk.due - 1000, desk.maker)
        receipts.share(desk.enrolment, second, 1000, desk.maker)
        receipts.share(desk.enrolment, second, 600, desk.maker)  # corrected, not added
    assert receipts.paid_fen(desk.enrolment.id) == desk.due - 400
    with transaction():
        receipts.take_back(desk.enrolment, second, desk.maker)
    assert receipts.paid_fen(desk.enrolment.id) == desk.due - 1000
    assert db.session.get(BankReceipt, second).shared_fen == 0


def test_two_people_cannot_give_away_the_same_money(app: Any, desk: Desk, db: Any) -> None:
    other = Desk()
    receipt_id, due = desk.transfer(desk.due), desk.due
    ids = [one.enrolment.id for one in (desk, other)]
    maker = desk.maker

    def give(enrolment_id: Any) -> str:
        with app.app_context():
            try:
                with transaction():
                    row = db.session.get(Enrolment, enrolment_id)
                    receipts.share(row, receipt_id, due, maker)
            except Refused as refusal:
                return refusal.text
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(give, ids))
    assert said[0] == "" and "只剩 0.00 元" in said[1]
    assert db.session.query(ReceiptShare).count() == 1


def test_the_same_transfer_is_entered_once(desk: Desk) -> None:
    given = Transfer("LS1", TODAY, 100, "某厂", "")
    with transaction():
        receipts.enter(given, desk.maker)
    with pytest.raises(Refused, match="流水号 LS1.*已由 .* 于 .* 登记过") as refusal, transaction():
        receipts.enter(given, desk.checker)
    assert refusal.value.field == "reference"


def test_a_statement_is_taken_in_once_whatever_stands_around_it(desk: Desk, db: Any) -> None:
    number = desk.enrolment.number
    sheet = (
        f'账号：6200000000000000001\n{HEADS}\n2026-11-02,"1,600.00",测试一厂工会,互助费{number},A001\n'
        "2026/11/3,,某供应商,付款,A002\n20261104,-5.00,某供应商,付款,A003\n2026年11月5日,20,张三,,A004\n"
        "2026-11-02,1600.00,测试一厂工会,互助费" + number + ",A001\n"
    ).encode("gb18030")
    found = read_statement(sheet)
    assert not found.problems and found.skipped == 2 and len(found.transfers) == 2
    with transaction():
        assert receipts.take_in(found, desk.maker) == (2, 0)
    with transaction():
        assert receipts.take_in(read_statement(sheet), desk.maker) == (0, 2)
    rows = {row.reference: row for row in db.session.query(BankReceipt)}
    assert rows["A001"].amount_fen == 160_000 and rows["A001"].named == [number]
    assert rows["A001"].payer == "测试一厂工会" and rows["A004"].memo == ""


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["2026-11-02,abc,某厂,,A1"], "第 2 行：金额看不懂"),
        (["昨天,20,某厂,,A1"], "第 2 行：到账日期看不懂"),
        (["2026-11-02,20,某厂,,"], "第 2 行：没有流水号"),
        (["2026-11-02,20,某厂,,A1", "2026-11-02,21,某厂,,A1"], "第 3 行：流水号 A1 在表格里出现了不止一次"),
    ],
)
def test_a_statement_that_cannot_be_read_says_where(db: Any, lines: list[str], words: str) -> None:
    found = read_statement("\n".join([HEADS, *lines]).encode())
    assert words in found.problems[0]


def test_a_table_without_the_columns_says_which(db: Any) -> None:
    with pytest.raises(Refused, match="没有这些列：付款户名、流水号"):
        read_statement("日期,金额\n2026-11-02,20\n".encode())


def test_a_known_reference_with_another_sum_is_a_problem(desk: Desk) -> None:
    with transaction():
        receipts.enter(Transfer("A1", dt.date(2026, 11, 2), 100, "某厂", ""), desk.maker)
    found = read_statement(f"{HEADS}\n2026-11-02,2.00,某厂,,A1\n".encode())
    assert "流水号 A1 以前登记过，但日期或金额不同" in found.problems[0]


def test_the_right_transfer_stands_first_among_what_may_be_meant(desk: Desk) -> None:
    """XM-77: matched by the number in the memo, the sum, the payer and the day, in words."""
    desk.hand_in()
    by_payer = desk.transfer(desk.due + 5, memo="")
    by_number = desk.transfer(desk.due)
    desk.transfer(777, memo="别的", payer="某公司")
    found = queries.candidates(desk.enrolment)
    assert [one.id for one in found] == [by_number, by_payer]
    assert found[0].match.level == "相符" and found[1].match.level == "请核对"
    line = queries.listed(CONFIRMING).rows[0]
    assert queries.best_of([line])[desk.enrolment.id].level == "相符"
    assert (line.due_fen, line.voucher_fen, line.arrived_fen) == (desk.due, desk.due, 0)


# --- confirmation ------------------------------------------------------------------------------------------


def test_xm77_confirming_covers_everybody_from_the_next_day(desk: Desk, db: Any) -> None:
    """XM-77: 同意确认 → 已办结; cover from 00:00 of the next day at the earliest, first-timers marked."""
    desk.world.cover(desk.people[0], "GX-OLD", starts_on=dt.date(2020, 1, 1), ends_on=dt.date(2020, 12, 31))
    enrolment = desk.done()
    assert enrolment.state == DONE and enrolment.confirmed_at and enrolment.fee_paid_fen == desk.due
    rows = {
        row.employee_id: row for row in db.session.query(Coverage).filter_by(plan_code=enrolment.plan_code)
    }
    assert set(rows) == {person.id for person in desk.people}
    assert {row.starts_on for row in rows.values()} == {TODAY + dt.timedelta(days=1)}
    assert [rows[person.id].is_first_time for person in desk.people] == [False, True]
    assert {row.union_id for row in rows.values()} == {desk.union.id}
    assert coverages_of(desk.people[1].id)[0].plan_code == enrolment.plan_code
    assert db.session.query(Confirmation).one().covered_count == len(desk.people)


def test_cover_never_begins_before_the_period(desk: Desk, db: Any) -> None:
    from plans import service as plans

    later = [one for one in plans.all_plans() if one.starts_on > TODAY + dt.timedelta(days=1)]
    if not later:
        used = plans.all_plans()[0]
        assert plans.cover_starts_on(used, used.starts_on - dt.timedelta(days=40)) == used.starts_on
        return
    other = Desk(plan_code=later[0].code)
    other.done()
    row = db.session.query(Coverage).filter_by(employee_id=other.people[0].id).one()
    assert row.starts_on == later[0].starts_on


def test_xm78_the_operator_and_every_insured_person_are_told(desk: Desk, db: Any) -> None:
    """XM-78: 经办人及参保的职工都会收到参保成功的短信; once, however often the job runs."""
    desk.done()
    for _ in range(3):
        jobs.tell()
    db.session.rollback()
    assert {row.owner_id for row in told("enrolment_covered")} == {person.id for person in desk.people}
    assert {row.owner_id for row in told("enrolment_done")} == {desk.operator_row.id}
    out = db.session.query(OutboxMessage).filter_by(channel="sms").all()
    phones = [row.address for row in out]
    assert sorted(phones) == sorted([desk.operator_row.phone, *(p.phone for p in desk.people)])
    assert {row.lane for row in out if row.kind == "enrolment_covered"} == {"bulk"}
    words = told("enrolment_covered")[0].text
    assert desk.enrolment.number in words and f"{TODAY + dt.timedelta(days=1)}" in words
    assert db.session.query(Confirmation).one().told_at is not None


def test_p2_telling_goes_on_where_it_was_killed(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice ends after a chunk; the next begins behind it; what a killed one wrote is there once."""
    desk = Desk(people=5)
    desk.done()
    real = telling.send_many
    monkeypatch.setattr(telling, "send_many", lambda *args, **more: real(*args, **more, most=2))
    assert telling.tell_some(0.0) is True
    assert len(told("enrolment_covered")) == 2
    monkeypatch.setattr(telling, "send_many", _dies(real))
    with pytest.raises(RuntimeError):
        telling.tell_some(0.0)
    monkeypatch.setattr(telling, "send_many", lambda *args, **more: real(*args, **more, most=2))
    assert telling.tell_some(60.0) is False
    db.session.rollback()
    assert len(told("enrolment_covered")) == 5


def _dies(real: Any) -> Any:
    def send(*args: Any, **more: Any) -> Any:
        real(*args, **more, most=2)
        raise RuntimeError

    return send


def test_a_voucher_goes_back_with_a_reason_and_the_operator_hears_it(desk: Desk) -> None:
    desk.hand_in()
    with pytest.raises(Refused, match="退回原因"), transaction():
        confirming.send_back(desk.enrolment, desk.maker, None, " ")
    with transaction():
        confirming.send_back(desk.enrolment, desk.maker, desk.enrolment.version, "凭证看不清")
    assert desk.enrolment.state == AWAITING_VOUCHER
    [message] = told("enrolment_voucher_returned")
    assert "凭证看不清" in message.text and message.owner_id == desk.operator_row.id


def test_who_uploaded_does_not_confirm(desk: Desk) -> None:
    from core.roles import FINANCE_CHECKER, OPERATOR
    from tests.world import as_staff

    both = as_staff(desk.checker_row, FINANCE_CHECKER, OPERATOR)
    desk.voucher(by=both)
    with transaction():
        vouchers.submit(desk.enrolment, desk.operator, None)
    desk.match()
    with pytest.raises(NotAllowed, match="另一位财务人员"):
        desk.confirm(by=both)
    with pytest.raises(NotAllowed):
        desk.confirm(by=desk.operator)
    desk.confirm(by=desk.maker)
    assert desk.enrolment.state == DONE


def test_nothing_is_confirmed_while_no_money_is_there(desk: Desk) -> None:
    desk.hand_in()
    with pytest.raises(Refused, match="还没有对上到账"):
        desk.confirm()


@pytest.mark.parametrize(("off", "wrong", "right"), [(2000, "accept", "refund"), (-2000, "carry", "accept")])
def test_a_difference_is_decided_on_and_kept(desk: Desk, db: Any, off: int, wrong: str, right: str) -> None:
    """多缴 and 少缴: by how much, what happens with it, and why."""
    desk.hand_in()
    desk.match(desk.due + off)
    for decision, note in (("", ""), (wrong, "有原因"), (right, " ")):
        with pytest.raises(Refused, match=r"相差 20\.00"):
            desk.confirm(decision, note)
    desk.confirm(right, "与工会电话核对过")
    row = db.session.query(Confirmation).one()
    assert (row.decision, row.paid_fen - row.due_fen) == (right, off)


def test_confirming_twice_says_who_was_first(desk: Desk, db: Any) -> None:
    desk.done()
    with pytest.raises(Conflict, match=f"已由 {desk.checker.label} 于"):
        desk.confirm(by=desk.maker)
    assert db.session.query(Coverage).count() == len(desk.people)


def test_two_finance_people_at_once_make_one_confirmation(app: Any, desk: Desk, db: Any) -> None:
    desk.hand_in()
    desk.match()
    enrolment_id, seen = desk.enrolment.id, desk.enrolment.version

    def confirm(by: Any) -> str:
        with app.app_context():
            try:
                with transaction():
                    confirming.confirm(db.session.get(Enrolment, enrolment_id), by, seen)
            except Conflict as second:
                return second.text
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(confirm, (desk.maker, desk.checker)))
    assert said[0] == "" and "已由" in said[1]
    db.session.rollback()
    assert db.session.query(Confirmation).count() == 1
    assert db.session.query(Coverage).count() == len(desk.people)


def test_money_of_a_finished_enrolment_stays_where_it_is(desk: Desk, db: Any) -> None:
    desk.done()
    receipt_id = db.session.query(ReceiptShare).one().receipt_id
    with pytest.raises(Refused, match="已经办结"), transaction():
        receipts.take_back(desk.enrolment, receipt_id, desk.maker)


def test_a_supplement_covers_only_those_who_came_later(desk: Desk, db: Any) -> None:
    first = desk.done()
    later = [desk.world.employee(desk.union)]
    before = desk.people
    desk.people = later
    desk.enrolment = desk.owing(supplement_of_id=first.id)
    desk.done()
    assert db.session.query(Coverage).count() == len(before) + 1
    jobs.tell()
    db.session.rollback()
    assert len(told("enrolment_covered")) == len(before) + 1


def test_a_deadline_that_passed_is_said_and_does_not_stop(desk: Desk) -> None:
    with transaction():
        desk.enrolment.due_on = TODAY - dt.timedelta(days=3)
    assert rules.days_late(desk.enrolment.due_on, TODAY) == 3
    desk.done()
    assert desk.enrolment.state == DONE


def test_vouchers_of_others_cannot_be_removed(desk: Desk) -> None:
    from core.errors import Missing

    other = Desk()
    theirs = other.voucher()
    with pytest.raises(Missing), transaction():
        vouchers.remove(desk.enrolment, theirs.id, desk.operator)
    from core.db import db

    assert db.session.query(Voucher).filter_by(removed_at=None).count() == 1
    assert paper("x").sha256
