"""Laws that hold for any claims: order, caps, estimate = decision, more never pays less; XM-116."""

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.rules import Award, ClaimFacts, Cover, Memory, Plan, automatic, evaluate, load_plan
from tests.plans.samples import (
    BANDS,
    BEIJING,
    COVER,
    DAYS,
    DEATH,
    PERCENT,
    SANMING,
    ZHANGZHOU,
    death,
    paid_in_turn,
    plan_with,
    stay,
    sums,
    yuan,
)

CAP = 'cap_period = { value = "3000.00", source = "示例" }'


@cache
def plan_named(name: str) -> Plan:
    if name in ("guangxi-2025", "guangxi-2026", "xiamen-2026"):
        return load_plan(f"config/plans/{name}.toml")
    tables, top = {
        "percent": (PERCENT, ""),
        "percent, plan cap": (PERCENT + DAYS, CAP),
        "deductible per period": (ZHANGZHOU, ""),
        "per day": (BEIJING + DAYS, CAP),
        "tiers": (SANMING, ""),
        "bands": (BANDS + SANMING, ""),
    }[name]
    return plan_with(tables, top)


CUMULATIVE = ["percent", "percent, plan cap", "deductible per period", "per day", "tiers", "bands"]
SHIPPED = ["guangxi-2025", "guangxi-2026", "xiamen-2026"]


def a_stay(year: int, self_paid: int, bed: int, days: int, offset: int) -> ClaimFacts:
    admitted_on = date(year, 1, 1) + timedelta(days=offset)
    out_on = admitted_on + timedelta(days=days)
    return ClaimFacts(
        "hospital",
        out_on,
        admitted_on,
        out_on,
        self_paid_fen=self_paid,
        bed_excess_fen=bed,
        hospital_grade="三级",
    )


def stays_of(year: int, **size: int) -> st.SearchStrategy[list[ClaimFacts]]:
    one = st.builds(
        a_stay,
        st.just(year),
        st.integers(0, 12_000_000),
        st.integers(0, 100_000),
        st.integers(0, 70),
        st.integers(0, 360),
    )
    return st.lists(one, **size)


def whole_year(plan: Plan) -> Cover:
    return Cover(plan.starts_on, plan.ends_on)


@pytest.mark.parametrize("name", CUMULATIVE + SHIPPED)
@given(data=st.data())
def test_the_order_of_claims_does_not_change_their_sum(name: str, data: st.DataObject) -> None:
    plan = plan_named(name)
    claims = data.draw(stays_of(plan.starts_on.year, min_size=2, max_size=5))
    other = data.draw(st.permutations(claims))
    first, second = (paid_in_turn(plan, order, whole_year(plan)) for order in (claims, other))
    assert sum(sums(first)) == sum(sums(second))


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
def test_caps_are_never_exceeded(name: str, data: st.DataObject) -> None:
    plan = plan_named(name)
    claims = data.draw(stays_of(plan.starts_on.year, min_size=1, max_size=12))
    awards = paid_in_turn(plan, claims, whole_year(plan))
    after = awards[-1].memory_after
    assert after.total_fen == sum(sums(awards)) <= plan.cap_period_fen
    for benefit in plan.benefits:
        assert benefit.cap_period_fen is None or after.of(benefit.code).paid_fen <= benefit.cap_period_fen
        assert benefit.max_days is None or after.of(benefit.code).days <= benefit.max_days
    for facts, award in zip(claims, awards, strict=True):
        assert all(line.amount_fen >= 0 for line in award.lines)
        assert sum(line.amount_fen for line in award.lines) == award.total_fen
        assert facts.kind == "hospital"


@pytest.mark.parametrize("name", CUMULATIVE + SHIPPED)
@given(data=st.data(), more=st.integers(0, 5_000_000))
def test_more_expense_never_pays_less(name: str, data: st.DataObject, more: int) -> None:
    plan = plan_named(name)
    *earlier, last = data.draw(stays_of(plan.starts_on.year, min_size=1, max_size=4))
    memory = Memory.sum(award.usage for award in paid_in_turn(plan, earlier, whole_year(plan)))
    dearer = ClaimFacts(
        "hospital",
        last.submitted_on,
        last.admitted_on,
        last.discharged_on,
        self_paid_fen=last.self_paid_fen + more,
        bed_excess_fen=last.bed_excess_fen,
        hospital_grade=last.hospital_grade,
    )
    cover = whole_year(plan)
    cheap, dear = evaluate(plan, last, memory, cover), evaluate(plan, dearer, memory, cover)
    assert dear.total_fen >= cheap.total_fen
    assert sums([automatic(plan, dear.memory_after)]) >= sums([automatic(plan, cheap.memory_after)])


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
def test_the_estimate_is_the_decision(name: str, data: st.DataObject) -> None:
    """The same inputs give the same award, also from a plan and a memory that were stored in between."""
    plan = plan_named(name)
    *earlier, last = data.draw(stays_of(plan.starts_on.year, min_size=1, max_size=4))
    awards = paid_in_turn(plan, earlier, whole_year(plan))
    memory = awards[-1].memory_after if awards else Memory()
    estimate = evaluate(plan, last, memory, whole_year(plan))
    stored = Memory.from_dict(memory.to_dict())
    assert stored == memory
    assert evaluate(load_plan(plan.canonical()), last, stored, whole_year(plan)) == estimate


@given(stays_of(2026, min_size=1, max_size=6))
def test_memory_is_the_sum_of_what_the_awards_used(claims: list[ClaimFacts]) -> None:
    plan = plan_named("xiamen-2026")
    awards = paid_in_turn(plan, claims, whole_year(plan))
    assert Memory.sum(award.usage for award in awards) == awards[-1].memory_after


SUM = r"([\d,]+\.\d+)"


@pytest.mark.parametrize("name", CUMULATIVE + SHIPPED)
@given(data=st.data())
def test_every_worked_step_is_true(name: str, data: st.DataObject) -> None:
    """Whoever works a step again with pencil and paper gets the same; the last step leads to the amount."""
    plan = plan_named(name)
    claims = data.draw(stays_of(plan.starts_on.year, min_size=1, max_size=4))
    for award in paid_in_turn(plan, claims, whole_year(plan)):
        for line in award.lines:
            for step in line.steps:
                check_step(step)
            assert any(shown in line.steps[-1] for shown in [f"{line.amount_fen / 100:,.2f}"])


def check_step(step: str) -> None:
    """Reads “a − b = c”, “a ＋ b = c”, “a × b% = c” and “a 天 × b = c” with decimals."""
    left, equals, right = step.partition(" = ")
    if not equals or "天 −" in step:
        return
    result = Decimal(re.match(r"-?[\d,]+(?:\.\d+)?", right)[0].replace(",", ""))
    left = left.rpartition("：")[2]
    numbers = [Decimal(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*(?:\.\d+)?", left)]
    if "×" in left:
        assert numbers[0] * numbers[1] / (100 if "%" in left else 1) == result, step
    elif "−" in left:
        assert numbers[0] - sum(numbers[1:]) == result, step
    elif "＋" in left:
        assert sum(numbers) == result, step


def test_a_refused_claim_uses_nothing() -> None:
    memory = evaluate(plan_named("percent"), stay(1000), cover=COVER).memory_after
    award = evaluate(plan_named("percent"), stay(1000, admitted_on=date(2025, 1, 1)), memory, COVER)
    assert award == Award((), 0, award.notes, Memory(), memory)
    assert award.is_refused


def test_an_award_can_be_stored_as_it_was_shown() -> None:
    award = evaluate(plan_named("percent"), stay(1000), cover=COVER)
    assert award.to_dict() == {
        "lines": [
            {
                "benefit": "ZYJB",
                "label": "住院基本补助",
                "steps": ["个人自付 1,000.00 − 超标床位费 0.00 = 1,000.00", "1,000.00 × 20% = 200.00"],
                "amount_fen": 20000,
            }
        ],
        "total_fen": 20000,
        "notes": [],
        "usage": {
            "total_fen": 20000,
            "used": {
                "ZYJB": {"paid_fen": 20000, "days": 0, "deductible_fen": 0, "base_fen": 100000, "events": 0}
            },
        },
    }


AUTOMATIC = SANMING.replace('base = "self_paid"', 'base = "self_paid - award.ZYJB"') + (
    "is_automatic = true\nis_in_plan_cap = false\n"
)


def test_xm_116_crossing_a_threshold_owes_an_automatic_benefit_once() -> None:
    """XM-116 免申即享: 自付 12,500 − 2,500 = 10,000 net → 1,500; the next tier pays the difference."""
    plan = plan_with(PERCENT + AUTOMATIC)
    below = evaluate(plan, stay("12499.99"), cover=COVER)
    assert [line.benefit for line in below.lines] == ["ZYJB"]
    assert automatic(plan, below.memory_after).lines == ()
    on = evaluate(plan, stay(12500), cover=COVER)
    owed = automatic(plan, on.memory_after)
    assert (owed.total_fen, owed.lines[0].label) == (yuan(1500), "大病补助")
    assert automatic(plan, owed.memory_after).lines == ()
    later = evaluate(plan, stay("12500.02"), owed.memory_after, COVER)
    more = automatic(plan, later.memory_after)
    assert more.total_fen == yuan(1500)
    assert more.lines[0].steps == (
        "本期累计 20,000.02",
        "20,000.02 属于 20,000.00 至 30,000.00 档，补助 3,000.00",
        "此前已补助 1,500.00，本次补差额 1,500.00",
    )


def test_xm_116_another_unions_money_stays_outside_the_plans_cap() -> None:
    plan = plan_with(PERCENT + AUTOMATIC, 'cap_period = { value = "2500.00", source = "示例" }')
    award = evaluate(plan, stay(12500), cover=COVER)
    owed = automatic(plan, award.memory_after)
    assert owed.total_fen == yuan(1500)
    assert owed.memory_after.total_fen == yuan(2500)


@pytest.mark.parametrize("order", list(permutations([8000, 9000, 30000])))
def test_xm_116_the_order_of_claims_does_not_change_what_is_owed(order: tuple[int, ...]) -> None:
    plan = plan_named("xiamen-2026")
    memory, owed = Memory(), 0
    for self_paid in order:
        memory = evaluate(plan, stay(self_paid), memory, whole_year(plan)).memory_after
        award = automatic(plan, memory)
        memory, owed = award.memory_after, owed + award.total_fen
    assert owed == yuan(6000)  # net 47,000 × 0.8 = 37,600


def test_plans_of_two_periods_keep_their_own_figures() -> None:
    """Versions per 期: the same stay a year earlier is worked by the older plan."""
    amounts = []
    for name in ("guangxi-2025", "guangxi-2026"):
        plan = plan_named(name)
        facts = stay(6240, admitted_on=date(plan.starts_on.year, 3, 1), bed_excess_fen=300)
        amounts.append(evaluate(plan, facts, cover=whole_year(plan)).total_fen)
    assert amounts == [yuan(1299), yuan(1676)]


def test_death_after_death_is_impossible_to_pay_twice() -> None:
    plan = plan_with(DEATH)
    assert sums(paid_in_turn(plan, [death(), death(), death()])) == [yuan(10000), 0, 0]
