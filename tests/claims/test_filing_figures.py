"""Is the estimate the decision, is the memory what the database sums, does a used plan stay as it was?"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from typing import Any

import pytest

from claims.models import Claim
from claims.service import figures
from core import clock
from core.db import db as database
from core.db import transaction
from plans import queries as coverages
from plans import service as plans
from plans.models import PlanVersion
from plans.service import ClaimFacts, Cover, Memory, PlanError, evaluate
from tests.claims.paper import STAY, says


def decided(
    person: Any, n: int, self_paid_fen: int, state: str = "paid", plan_code: str = "GX-2026"
) -> Claim:
    """An earlier claim with the award that was decided on it."""
    plan = plans.plan(plan_code)
    on = dt.date(2026, 1, 2) + dt.timedelta(days=10 * n)
    left = on + dt.timedelta(days=3)
    facts = ClaimFacts("hospital", left, admitted_on=on, discharged_on=left, self_paid_fen=self_paid_fen)
    memory = figures.memory_of(person.id, plan_code)
    award = evaluate(plan, facts, memory, Cover(plan.starts_on, plan.ends_on))
    with transaction():
        claim = Claim(
            number=f"BZ-{uuid.uuid4().hex[:12]}",
            kind="hospital",
            employee_id=person.id,
            union_id=person.union_id,
            filed_by_kind="employee",
            filed_by_id=person.id,
            state=state,
            version=0,
            admitted_on=on,
            discharged_on=left,
            self_paid_fen=self_paid_fen,
            award=award.to_dict(),
            award_fen=award.total_fen,
            plan_code=plan_code,
            plan_version=plan.version,
            submitted_at=clock.now(),
            decided_at=clock.now(),
        )
        database.session.add(claim)
    return claim


def test_the_database_sums_what_the_engine_would(worker: Any) -> None:
    claims = [decided(worker.person, n, fen) for n, fen in enumerate((320_630, 1_000_000, 5_000_000), 1)]
    summed = figures.memory_of(worker.person.id, "GX-2026")
    by_hand = Memory.sum(Memory.from_dict(claim.award["usage"]) for claim in claims if claim.award)
    assert summed.to_dict() == by_hand.to_dict()
    assert summed.total_fen > 1_000_000
    assert summed.total_fen == sum(claim.award_fen or 0 for claim in claims)
    but_last = figures.memory_of(worker.person.id, "GX-2026", but=claims[-1].id)
    assert but_last.total_fen == sum(claim.award_fen or 0 for claim in claims[:-1])


@pytest.mark.parametrize("state", ["draft", "first_review", "returned", "refused", "withdrawn"])
def test_what_is_not_decided_is_not_remembered(worker: Any, state: str) -> None:
    decided(worker.person, 1, 5_000_000, state=state)
    assert figures.memory_of(worker.person.id, "GX-2026").to_dict() == Memory().to_dict()


def test_other_people_and_other_plans_are_not_remembered(new_worker: Any) -> None:
    worker, other = new_worker(), new_worker()
    decided(other.person, 1, 5_000_000)
    assert figures.memory_of(worker.person.id, "GX-2026").total_fen == 0
    assert figures.memory_of(other.person.id, "GX-2025").total_fen == 0


def test_the_estimate_before_filing_equals_the_figure_kept_and_the_decision(worker: Any) -> None:
    decided(worker.person, 1, 1_000_000)
    at = worker.fill()
    before = figures.estimate(worker.claim(at))
    shown = says(worker.get(f"{at}/check"))
    for line in before.lines:
        assert all(step in shown for step in line.steps)
    worker.submit(at)
    claim = worker.claim(at)
    assert claim.award == before.to_dict()
    assert figures.estimate(claim).to_dict() == before.to_dict()
    with transaction():
        kept = figures.adopt(worker.claim(at))
    assert kept["award"] == before.to_dict()


def test_the_estimate_takes_the_deductible_once_a_period(worker: Any) -> None:
    alone = figures.estimate(worker.claim(worker.fill()))
    decided(worker.person, 1, 1_000_000)
    after = figures.estimate(worker.claim(worker.fill()))
    assert after.total_fen > alone.total_fen, "bands go on from where the year stands"


def test_submitting_freezes_the_plan(worker: Any, db: Any) -> None:
    at = worker.submit()
    row = db.session.query(PlanVersion).one()
    claim = worker.claim(at)
    assert (row.code, row.version) == (claim.plan_code, claim.plan_version) == ("GX-2026", "1")
    assert row.digest == plans.plan("GX-2026").digest()
    with transaction():
        plans.freeze(plans.plan("GX-2026"))
    assert db.session.query(PlanVersion).count() == 1


def test_a_used_version_with_other_figures_is_refused(worker: Any) -> None:
    plan = plans.plan("GX-2026")
    changed = dataclasses.replace(
        plan, content={**plan.content, "cap_period": {"value": "1.00", "source": "x"}}
    )
    with transaction():
        plans.freeze(plan)
    with pytest.raises(PlanError, match="raise it"), transaction():
        plans.freeze(changed)


def test_an_old_version_is_read_as_it_was_frozen(db: Any) -> None:
    plan = plans.plan("GX-2026")
    old = dataclasses.replace(plan, version="0", content={**plan.content, "version": "0"})
    with transaction():
        plans.freeze(old)
    assert plans.plan_as_used("GX-2026", "0").digest() == old.digest()
    assert plans.plan_as_used("GX-2026", "1") is plan
    with pytest.raises(PlanError):
        plans.plan_as_used("GX-2026", "9")
    with pytest.raises(PlanError):
        plans.plan("XX-1")


def test_cover_is_found_by_day_and_by_period(new_worker: Any) -> None:
    worker = new_worker()
    line = coverages.coverage_on(worker.person.id, dt.date(2026, 6, 1))
    assert line is not None
    assert (line.plan_code, line.is_current, line.cover.is_first_time) == ("GX-2026", True, False)
    assert coverages.coverage_on(worker.person.id, dt.date(2025, 6, 1)) is None
    assert coverages.coverage_in(worker.person.id, "GX-2025") is None
    assert [row.plan_name for row in coverages.coverages_of(worker.person.id)] == [
        "广西职工医疗互助保障活动（2026年度）"
    ]


def test_a_first_timer_waits(new_worker: Any) -> None:
    worker = new_worker(is_covered=False)
    worker.world.cover(worker.person, is_first_time=True, starts_on=dt.date(2026, 9, 20))
    at = worker.fill(upto=1)
    answer = worker.send(f"{at}/2", {**STAY, **worker.photos(2)})
    assert answer.status_code == 422
    assert "首次参保有 30 天等待期，2026-10-20 起入院的才能申请" in says(answer)
