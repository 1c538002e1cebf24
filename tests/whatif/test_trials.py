"""方案测算: does the replay give the ledger, who gains and loses, and does it survive being cut off?"""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from claims.models import AwardCut, Claim
from claims.service.expiring import _erase_contents
from core import clock
from core.db import db as database
from core.db import transaction
from core.errors import Invalid
from plans import service as plans
from plans.models import Coverage
from tests.office import fresh
from tests.whatif.conftest import PLAN, Period, finish
from tests.world import World
from whatif import jobs, queries, rules, service
from whatif.models import WhatIf, WhatIfDifference, WhatIfPerson
from whatif.service import working

# 500 起付, then 30 % to 5,000, 40 % to 20,000, 50 % to 50,000, 60 % beyond
LOWER = {"ZYYL__deductible": "0"}


def people(run: WhatIf, is_gain: bool) -> list[tuple[str, int]]:
    query = select(WhatIfPerson).where(WhatIfPerson.run_id == run.id, WhatIfPerson.is_gain.is_(is_gain))
    return sorted((str(row.employee_id), row.by_fen) for row in database.session.scalars(query))


def differences(run: WhatIf) -> list[tuple[str, int, int, str]]:
    query = select(WhatIfDifference).where(WhatIfDifference.run_id == run.id)
    return [(d.number, d.ledger_fen, d.replayed_fen, d.why) for d in database.session.scalars(query)]


def ledger() -> int:
    decided = Claim.state.in_(("approved", "paying", "paid", "pay_failed"))
    return int(database.session.scalar(select(func.sum(Claim.award_fen)).where(decided)) or 0)


# --- the same figures give the ledger ----------------------------------------------------------------------


def test_the_same_figures_reproduce_the_ledger_to_the_fen(period: Period) -> None:
    one, two = period.person(), period.person()
    for person, sums in ((one, (3_206.30, 18_000, 0.07)), (two, (40_000,))):
        for yuan in sums:
            period.claim(person, yuan)
    period.claim(two, 1_234.56, paid=False)
    run = period.tried()
    assert run.totals["claims"] == 5
    assert run.totals["ledger"] == run.totals["was"] == run.totals["now"] == ledger()
    assert differences(run) == []
    assert (run.totals["gainers"], run.totals["losers"]) == (0, 0)
    assert "与账上一分不差" in rules.check_words(run.totals)
    assert ledger() > sum(c.award_fen or 0 for c in database.session.query(Claim).filter_by(kind="hospital"))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sums=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 6_000_000), st.booleans()), min_size=1, max_size=7
    )
)
def test_whatever_was_decided_the_replay_gives_it(db: Any, sums: list[tuple[int, int, bool]]) -> None:
    database.session.query(AwardCut).delete()
    period = Period(World())
    group = [period.person() for _ in range(3)]
    for who, fen, is_paid in sums:
        period.claim(group[who], fen / 100, paid=is_paid)
    run = period.tried()
    assert differences(run) == []
    assert run.totals["ledger"] == run.totals["was"] == run.totals["now"]


def test_a_lowered_line_is_replayed_at_the_lowered_sum(period: Period) -> None:
    person = period.person()
    claim = period.claim(person, 10_000, paid=False)
    cut_to = 100_000
    with transaction():
        row = AwardCut(claim_id=claim.id, benefit="ZYYL", amount_fen=cut_to, by_id=period.admin.id)
        row.by_label, row.note = "示例", "示例原因"
        database.session.add(row)
        claim.award_fen = cut_to
    run = period.tried()
    assert (run.totals["was"], run.totals["lowered"]) == (cut_to, 1)
    assert differences(run) == []
    assert "按审核调低后的金额计" in rules.check_words(run.totals)


def test_what_does_not_reproduce_is_listed_with_its_reason(period: Period) -> None:
    gone, odd = period.person(), period.person()
    uncovered, wrong = period.claim(gone, 5_000), period.claim(odd, 5_000)
    was = uncovered.award_fen or 0
    with transaction():
        cover = database.session.query(Coverage).filter_by(employee_id=gone.id).one()
        cover.ends_on = dt.date(2026, 1, 31)
        database.session.execute(
            Claim.__table__.update().where(Claim.id == wrong.id).values(award_fen=was - 1)
        )
    run = period.tried()
    found = {number: (a, b, why) for number, a, b, why in differences(run)}
    assert found[uncovered.number][:2] == (was, 0)
    assert "不在您的保障期内" in found[uncovered.number][2]
    assert found[wrong.number] == (was - 1, was, rules.OTHERS_CHANGED)
    assert run.totals["differs"] == 2
    assert "有 2 处与账上不同" in rules.check_words(run.totals)


def test_what_was_erased_by_its_term_stays_as_it_was(period: Period) -> None:
    person = period.person()
    claim = period.claim(person, 10_000)
    with transaction():
        _erase_contents([claim.id])
    run = period.tried(**LOWER)
    assert run.totals["was"] == run.totals["now"] == run.totals["ledger"] == fresh(claim).award_fen
    assert (run.totals["erased"], differences(run)) == (1, [])


# --- other figures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "by"),
    [
        ({"ZYYL__deductible": "0"}, 15_000),  # 500 more in the first band: 30 %
        ({"ZYYL__deductible": "1500"}, -30_000),
        ({"ZYYL__bands__0__rate": "40"}, 35_000),
        ({"ZYYL__cap_claim": "1000"}, -5_000),
        ({"ZYYL__cap_period": "900"}, -15_000),
        ({"cap_period": "500"}, -55_000),
        ({"GSZC__grades__9__pays": "500"}, 0),
        ({"fee": "200"}, 0),
    ],
)
def test_a_figure_typed_otherwise_changes_what_it_should(
    period: Period, typed: dict[str, str], by: int
) -> None:
    """3,500 self-paid − 500 = 3,000 … 4,000 with 30 %: 1,050 for 4,000."""
    person = period.person()
    period.claim(person, 4_000)
    run = period.tried(**typed)
    assert run.totals["was"] == 105_000
    assert run.totals["now"] - run.totals["was"] == by
    sign = [(str(person.id), abs(by))] if by else []
    assert people(run, True) == (sign if by > 0 else [])
    assert people(run, False) == (sign if by < 0 else [])


def test_gains_and_losses_are_counted_by_union_grade_and_benefit(period: Period) -> None:
    here, there = period.world.union("红星测试厂工会"), period.world.union("蓝天测试校工会")
    small, large = period.person(union=here), period.person(union=there)
    period.claim(small, 900, "一级")
    period.claim(large, 30_000, "三级")
    run = period.tried(ZYYL__deductible="0", ZYYL__bands__2__rate="40")
    assert (run.totals["gainers"], run.totals["losers"]) == (1, 1)
    unions = {row.name: row for row in queries.by_union(run)}
    assert unions["红星测试厂工会"].by_fen == 15_000
    assert (unions["红星测试厂工会"].more, unions["红星测试厂工会"].less) == (1, 0)
    assert unions["蓝天测试校工会"].less == 1
    grades = {row.name: row.by_fen for row in queries.by_grade(run)}
    assert grades["一级"] == 15_000
    assert grades["三级"] < 0
    assert rules.UNASKED in grades, "what comes unasked belongs to no one hospital"
    benefits = {row.name: row for row in queries.by_benefit(run)}
    assert set(benefits) == {"住院医疗补助", "大病补助"}
    for rows in (queries.by_union(run), queries.by_grade(run), queries.by_benefit(run)):
        assert sum(row.was_fen for row in rows) == run.totals["was"]
        assert sum(row.now_fen for row in rows) == run.totals["now"]


def test_claims_without_a_hospital_are_replayed_and_stand_under_their_kind(period: Period) -> None:
    period.claim(period.person(), 0, kind="injury", event_on=dt.date(2026, 6, 1), injury_grade=8)
    period.claim(period.person(), 0, kind="death", event_on=dt.date(2026, 6, 2))
    run = period.tried(GSZC__grades__7__pays="3500", ZGWG__amount="9000")
    assert differences(run) == []
    assert (run.totals["was"], run.totals["now"]) == (1_300_000, 1_250_000)
    grades = {row.name: row.by_fen for row in queries.by_grade(run)}
    assert grades == {"工伤致残慰问金": 50_000, "职工亡故慰问金": -100_000}


def test_a_lower_threshold_gives_unasked_to_more_people(period: Period) -> None:
    person = period.person()
    period.claim(person, 10_000)  # 3,300 awarded, 6,700 net: below 10,000
    run = period.tried(DBBZ__starts_at="5000")
    assert run.totals["now"] - run.totals["was"] == 150_000


def test_a_waiting_period_that_is_longer_stops_claims(period: Period) -> None:
    person = period.world.employee()
    period.world.cover(person, PLAN, is_first_time=True)
    period.claim(person, 4_000)
    run = period.tried(waiting__days="300")
    assert (run.totals["now"], run.totals["stopped"]) == (0, 1)
    assert "1 份申请将得不到补助" in "".join(queries.summary(run))


def test_the_loss_ratio_counts_everybody_who_joined(period: Period) -> None:
    person, _ = period.person(), period.person()
    period.claim(person, 4_000)  # 1,050 of 2 × 100 yuan
    run = period.tried(fee="150")
    said = "".join(queries.summary(run))
    assert "赔付率（补助支出 ÷ 参保费）由 525.0% 变为 350.0%" in said
    assert "参保费由 200.00 元变为 300.00 元，增加 100.00 元（50.0%）" in said


def test_a_trial_changes_no_plan_and_no_claim(period: Period) -> None:
    claim = period.claim(period.person(), 4_000)
    before = (plans.plan(PLAN).digest(), claim.award_fen, claim.version)
    period.tried(ZYYL__deductible="0", fee="1")
    claim = fresh(claim)
    assert (plans.plan(PLAN).digest(), claim.award_fen, claim.version) == before
    assert plans.plan(PLAN).by_code["ZYYL"].deductible_fen == 50_000


@pytest.mark.parametrize(
    ("typed", "field"), [({"ZYYL__deductible": "x"}, "ZYYL.deductible"), ({"fee": ""}, "fee")]
)
def test_what_is_no_figure_is_refused_at_its_field(period: Period, typed: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        period.start(**typed)
    assert list(wrong.value.errors) == [field]
    assert database.session.query(WhatIf).count() == 0


def test_claims_decided_after_it_was_asked_for_are_not_in_it(period: Period) -> None:
    person = period.person()
    period.claim(person, 4_000)
    run = period.start()
    late = period.claim(person, 4_000)
    with transaction():
        late.decided_at = clock.now()
    finish(run)
    assert run.totals["claims"] == run.claims_total == 1


# --- cut off, repeated, side by side -----------------------------------------------------------------------


@pytest.fixture
def small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "LOT", 2)


def crowd(period: Period, count: int = 7) -> None:
    union = period.world.union()
    for n in range(count):
        period.claim(period.person(union=union), 1_000 + 3_000 * n)


def sums_of(run: WhatIf) -> dict[str, Any]:
    database.session.expire_all()
    return {**run.totals, "people_rows": people(run, True), "done": run.claims_done}


def test_a_trial_that_was_cut_off_goes_on_where_it_was(period: Period, small_lots: None) -> None:
    crowd(period)
    whole, cut = period.tried(**LOWER), period.start(**LOWER)
    for _ in range(2):
        with transaction():
            assert service.lot(cut.id)
    assert 0 < cut.claims_done < cut.claims_total
    with pytest.raises(RuntimeError), transaction():
        service.lot(cut.id)
        raise RuntimeError("the worker dies")
    finish(cut)
    assert sums_of(cut) == sums_of(whole)
    assert cut.finished_at
    with transaction():
        assert not service.lot(cut.id), "a finished trial is left in peace"


def test_two_workers_at_once_count_nobody_twice(period: Period, small_lots: None, app: Flask) -> None:
    crowd(period)
    whole, shared = period.tried(**LOWER), period.start(**LOWER)
    run_id = shared.id

    def work() -> None:
        with app.app_context():
            for _ in range(20):
                with transaction():
                    service.lot(run_id)
            database.session.remove()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    finish(shared)
    assert sums_of(shared) == sums_of(whole)


def test_the_job_finishes_what_waits_and_the_sweep_finds_what_nobody_heard(
    period: Period, small_lots: None
) -> None:
    crowd(period)
    first, second = period.start(), period.start(**LOWER)
    ids = first.id, second.id
    jobs.work()
    jobs.work()
    assert all(database.session.get_one(WhatIf, one).finished_at for one in ids)
    assert service.due() is None


def test_what_stumbles_three_times_is_given_up_in_words(
    period: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    period.claim(period.person(), 4_000)
    run_id = period.start().id

    def broken(*_: Any) -> None:
        raise ValueError("示例")

    monkeypatch.setattr(working, "_count_in", broken)
    for tries in (1, 2, 3):
        jobs.work()
        run = database.session.get_one(WhatIf, run_id)
        assert (run.tries, bool(run.failed_at)) == (tries, tries == 3)
    assert service.due() is None


def test_a_lot_asks_the_database_the_same_few_times(period: Period, statements: Any) -> None:
    counts = []
    for size in (3, 9):
        crowd(period, size)
        run = period.start(**LOWER)
        with statements() as seen, transaction():
            service.lot(run.id)
        counts.append(len(seen))
    assert counts[0] == counts[1], counts


def test_a_trial_is_forgotten_with_the_people_in_it(period: Period) -> None:
    period.claim(period.person(), 4_000)
    run = period.tried(**LOWER)
    (rule,) = service.RULES
    with transaction():
        rule.erase([run.id])
    for table in (WhatIf, WhatIfPerson, WhatIfDifference):
        assert database.session.query(table).count() == 0
