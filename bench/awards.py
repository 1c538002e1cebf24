"""B11: how many claims does the award engine work out in a second of one core?

Beside it stands the same plan written out by hand, which is faster and good for one plan only.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence

from bench.figures import Goal, Line
from bench.stage import ROOT, Size, Stage
from plans.rules import ClaimFacts, Cover, Memory, Plan, evaluate, load_plan

PLAN = ROOT / "config" / "plans" / "guangxi-2026.toml"
COVER = Cover(dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def run(_stage: Stage | None, size: Size) -> list[Line]:
    plan = load_plan(PLAN)
    claims = made_up(200)
    ours, other = [], []
    for _ in range(size.rounds):
        ours.append(_rate(lambda facts: evaluate(plan, facts, Memory(), COVER), claims, size.evaluations))
        other.append(_rate(by_hand, claims, size.evaluations * 10))
    return [
        Line("B11", "award engine, one hospital claim", "evaluations/s of CPU", ours, other, "by hand",
             Goal(least=20_000, is_absolute=True, unit="/s"))
    ]  # fmt: skip


def made_up(count: int) -> list[ClaimFacts]:
    """Stays of 1 to 60 days with sums from small to beyond the caps, all of them payable."""
    found = []
    for n in range(1, count + 1):
        came = dt.date(2026, 1, 2) + dt.timedelta(days=n % 180)
        went = came + dt.timedelta(days=1 + n % 60)
        found.append(
            ClaimFacts(
                "hospital", went + dt.timedelta(days=20), admitted_on=came, discharged_on=went,
                self_paid_fen=31_700 * (n + 1), total_fen=150_000 * (n + 1), pooled_fen=90_000 * (n + 1),
                own_expense_fen=7_000 * (n + 1), bed_excess_fen=100 * n,
            )
        )  # fmt: skip
    return found


def is_payable(plan: Plan, facts: ClaimFacts) -> bool:
    return evaluate(plan, facts, Memory(), COVER).total_fen > 0


def by_hand(facts: ClaimFacts) -> tuple[int, list[str]]:
    """One percentage with a cap and the words for it: what a first version would hold."""
    assert facts.admitted_on and facts.discharged_on
    days = (facts.discharged_on - facts.admitted_on).days
    if days < 1 or not COVER.starts_on <= facts.admitted_on <= COVER.ends_on:
        return 0, []
    counted = max(0, facts.self_paid_fen - facts.bed_excess_fen)
    amount = min(counted * 20 // 100, 2_000_000)
    return amount, [f"{counted / 100:,.2f} × 20% = {amount / 100:,.2f}", f"住院 {days} 天"]


def _rate(work: Callable[[ClaimFacts], object], claims: Sequence[ClaimFacts], count: int) -> float:
    started = time.process_time()
    for n in range(count):
        work(claims[n % len(claims)])
    return count / (time.process_time() - started)
