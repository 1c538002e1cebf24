"""How much does one benefit give for one claim, and by which steps? One function per shape."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from plans.rules.facts import ClaimFacts, Memory, Used, shown
from plans.rules.plan import PPM, Benefit, Tiers

NO_TIERS = Tiers(0, (), (0,))
Steps = list[str] | None  # None: only the figure is wanted, not the words


class Worked(NamedTuple):
    amount_fen: int
    steps: list[str]
    used: Used


def rounded(exact: int, scale: int) -> int:
    """ROUND_HALF_UP, once, at the end of a benefit's line; amounts are never negative."""
    return (2 * exact + scale) // (2 * scale)


def shown_exact(exact: int, scale: int) -> str:
    """An unrounded sum with as many decimals as it has, never fewer than two."""
    if exact % scale == 0:
        return shown(exact // scale)
    whole, rest = divmod(exact, scale * 100)
    decimals = str(rest).zfill(len(str(scale * 100)) - 1).rstrip("0")
    return f"{whole:,}.{decimals.ljust(2, '0')}"


def shown_rate(ppm: int) -> str:
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{str(rest).zfill(4).rstrip('0')}%" if rest else f"{whole}%"


def counted_base(
    benefit: Benefit, facts: ClaimFacts, used: Used, paid: Mapping[str, int], steps: Steps
) -> Used:
    """The claim's base after deductions and deductible: what it adds to the benefit's memory."""
    base, said = 0, ""
    for sign, label, fact, other in benefit.base:
        value = getattr(facts, fact) if fact else paid.get(other, 0)
        base += sign * value
        if steps is not None:
            said += f"{(' − ' if sign < 0 else ' ＋ ') if said else ''}{label} {shown(value)}"
    if steps is not None:
        total = f" = {shown(base)}" if len(benefit.base) > 1 else ""
        steps.append(f"{said}{total}，按 0.00 计" if base < 0 else said + total)
    base = max(0, base)
    if not benefit.deductible_fen:
        return Used(base_fen=base)
    left = benefit.deductible_fen
    if benefit.deductible_per == "period":
        left = max(0, left - used.deductible_fen)
    taken = min(base, left)
    if steps is not None and not left:
        steps.append(f"本期起付 {shown(benefit.deductible_fen)} 此前已扣，不再扣")
    elif steps is not None:
        steps.append(f"{shown(base)} − 起付 {shown(taken)} = {shown(base - taken)}")
    return Used(base_fen=base - taken, deductible_fen=taken)


def along_curve(benefit: Benefit, facts: ClaimFacts, memory: Memory, paid: Mapping[str, int]) -> Worked:
    """Percent, bands and tiers: a curve over this claim's base, or over the period's when it accumulates.

    Accumulating pays the curve's rise since the last claim, so that the order of claims cannot matter.
    """
    steps: list[str] = []
    used = memory.of(benefit.code)
    counted = counted_base(benefit, facts, used, paid, steps)
    before = used.base_fen if benefit.is_cumulative else 0
    after = before + counted.base_fen
    if before:
        steps.append(f"本期累计 {shown(before)} ＋ {shown(counted.base_fen)} = {shown(after)}")
    exact, scale = factored(benefit, facts, CURVES[benefit.shape](benefit, after, steps), steps)
    amount = rounded(exact, scale)
    if amount * scale != exact:
        steps[-1] += f"，四舍五入为 {shown(amount)}"
    if before:
        earlier = rounded(CURVES[benefit.shape](benefit, before, None), PPM)
        amount = since(benefit, amount, earlier, steps)
    return Worked(amount, steps, counted)


def since(benefit: Benefit, amount: int, earlier: int, steps: list[str]) -> int:
    """What is still due when the same curve has already given `earlier`."""
    if benefit.shape == "tiers" and not benefit.pays_difference:
        if earlier:
            steps.append("本期已补助过一次，不再补差额")
        return 0 if earlier else amount
    steps.append(f"{shown(amount)} − 此前已计 {shown(earlier)} = {shown(amount - earlier)}")
    return amount - earlier


def factored(benefit: Benefit, facts: ClaimFacts, exact: int, steps: list[str]) -> tuple[int, int]:
    """The sum after the factors for hospital grade and care elsewhere, unrounded, with its scale."""
    scale = PPM
    factors: list[tuple[int, str]] = []
    if benefit.grade_ppm and facts.hospital_grade in benefit.grade_ppm:
        factors.append((benefit.grade_ppm[facts.hospital_grade], f"{facts.hospital_grade}医院"))
    if benefit.out_of_area_ppm is not None and facts.is_out_of_area:
        factors.append((benefit.out_of_area_ppm, "异地就医"))
    for ppm, why in factors:
        said = f"{shown_exact(exact, scale)} × {shown_rate(ppm)}（{why}）"
        exact, scale = exact * ppm, scale * PPM
        steps.append(f"{said} = {shown_exact(exact, scale)}")
    return exact, scale


def percent_curve(benefit: Benefit, base: int, steps: Steps) -> int:
    exact = base * benefit.rate_ppm
    if steps is not None:
        steps.append(f"{shown(base)} × {shown_rate(benefit.rate_ppm)} = {shown_exact(exact, PPM)}")
    return exact


def bands_curve(benefit: Benefit, base: int, steps: Steps) -> int:
    exact, slices = 0, 0
    for from_fen, up_to_fen, rate_ppm in benefit.bands:
        part = (base if up_to_fen is None else min(base, up_to_fen)) - from_fen
        if part <= 0:
            break
        exact += part * rate_ppm
        slices += 1
        if steps is not None:
            upper = "以上" if up_to_fen is None else f"至 {shown(up_to_fen)} "
            words = f"{shown(from_fen)} {upper}的部分：{shown(part)} × {shown_rate(rate_ppm)}"
            steps.append(f"{words} = {shown_exact(part * rate_ppm, PPM)}")
    if steps is not None and slices != 1:
        steps.append(f"各段合计 {shown_exact(exact, PPM)}")
    return exact


def tiers_curve(benefit: Benefit, base: int, steps: Steps) -> int:
    starts_at, uppers, pays = benefit.tiers or NO_TIERS
    if base < starts_at:
        if steps is not None:
            steps.append(f"未达到 {shown(starts_at)}，补助 0.00")
        return 0
    tier = bisect_left(uppers, base)
    if steps is not None:
        lower = uppers[tier - 1] if tier else starts_at
        upper = f"至 {shown(uppers[tier])} 档" if tier < len(uppers) else "以上档"
        steps.append(f"{shown(base)} 属于 {shown(lower)} {upper}，补助 {shown(pays[tier])}")
    return pays[tier] * PPM


CURVES: dict[str, Callable[[Benefit, int, Steps], int]] = {
    "percent": percent_curve,
    "bands": bands_curve,
    "tiers": tiers_curve,
}


def stay_days(admitted_on: date | None, discharged_on: date | None, same_day_days: int = 0) -> int:
    """Nights in hospital by the calendar; what in and out on one day counts for is the plan's choice."""
    if admitted_on is None or discharged_on is None:
        return 0
    return (discharged_on - admitted_on).days or same_day_days


def per_day(benefit: Benefit, facts: ClaimFacts, memory: Memory, paid: Mapping[str, int]) -> Worked:
    stayed = stay_days(facts.admitted_on, facts.discharged_on, benefit.same_day_days)
    days = max(0, stayed - benefit.free_days)
    steps = [f"住院 {stayed} 天"]
    if benefit.free_days:
        steps = [f"住院 {stayed} 天 − 免计 {benefit.free_days} 天 = {days} 天"]
        if stayed < benefit.free_days:
            steps = [f"住院 {stayed} 天，不超过免计的 {benefit.free_days} 天，计 0 天"]
    if benefit.max_days is not None:
        earlier = memory.of(benefit.code).days
        left = max(0, benefit.max_days - earlier)
        if days > left:
            days = left
            steps.append(f"本期最多 {benefit.max_days} 天，此前已计 {earlier} 天，本次计 {days} 天")
    amount = days * benefit.per_day_fen
    steps.append(f"{days} 天 × {shown(benefit.per_day_fen)} = {shown(amount)}")
    return Worked(amount, steps, Used(days=days))


def fixed(benefit: Benefit, facts: ClaimFacts, memory: Memory, paid: Mapping[str, int]) -> Worked:
    earlier = memory.of(benefit.code).events
    if benefit.max_events is not None and earlier >= benefit.max_events:
        return Worked(0, [f"本期最多 {benefit.max_events} 次，此前已补助 {earlier} 次"], Used())
    return Worked(benefit.amount_fen, [f"每次 {shown(benefit.amount_fen)}"], Used(events=1))


def by_grade(benefit: Benefit, facts: ClaimFacts, memory: Memory, paid: Mapping[str, int]) -> Worked:
    grade = facts.injury_grade
    if grade is None or not 1 <= grade <= len(benefit.grades_fen):
        return Worked(0, ["没有伤残等级"], Used())
    amount = benefit.grades_fen[grade - 1]
    steps = [f"伤残 {grade} 级，补助 {shown(amount)}"]
    earlier = memory.of(benefit.code).paid_fen
    if benefit.pays_difference and earlier:
        due = max(0, amount - earlier)
        steps.append(f"{shown(amount)} − 此前已补助 {shown(earlier)} = {shown(due)}")
        amount = due
    return Worked(amount, steps, Used(events=1))


def top_up(benefit: Benefit, facts: ClaimFacts, memory: Memory, paid: Mapping[str, int]) -> Worked:
    had = memory.of(benefit.code).paid_fen
    had += sum(memory.of(code).paid_fen + paid.get(code, 0) for code in benefit.counts)
    due = max(0, benefit.minimum_fen - had)
    if not due:
        return Worked(0, [f"本期已补助 {shown(had)}，不少于 {shown(benefit.minimum_fen)}，不用补足"], Used())
    steps = [f"至少 {shown(benefit.minimum_fen)} − 已补助 {shown(had)} = {shown(due)}"]
    return Worked(due, steps, Used(events=1))


SHAPES: dict[str, Callable[[Benefit, ClaimFacts, Memory, Mapping[str, int]], Worked]] = {
    "percent": along_curve,
    "bands": along_curve,
    "tiers": along_curve,
    "per_day": per_day,
    "fixed": fixed,
    "grades": by_grade,
    "top_up": top_up,
}
