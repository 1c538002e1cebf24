"""What does a plan give a person, and how much of it is left? A plan's figures as plain sentences."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from plans.rules.facts import HOSPITAL, Cover, Memory, shown
from plans.rules.plan import Benefit, Plan
from plans.rules.shapes import shown_rate

FUTURE, WAITING, NOW, OVER = "future", "waiting", "now", "over"
STANDINGS = {FUTURE: "还没开始", WAITING: "等待期", NOW: "保障中", OVER: "已结束"}


class Standing(NamedTuple):
    """Where a person stands in a period: a key of `STANDINGS`, and a sentence when it needs one."""

    key: str
    text: str = ""

    @property
    def label(self) -> str:
        return STANDINGS[self.key]


class Ceiling(NamedTuple):
    """A limit of the plan or of one benefit, and what is left of it; both in words with their unit."""

    label: str
    limit: str
    left: str


class Right(NamedTuple):
    """One benefit as a person reads it."""

    code: str
    name: str
    kinds: frozenset[str]
    sentences: tuple[str, ...]
    table: tuple[tuple[str, str], ...]  # bands, tiers or grades, a line each
    ceilings: tuple[Ceiling, ...]
    had: str  # what was paid or approved in this period, "" for nothing


def standing(plan: Plan | None, cover: Cover, today: date) -> Standing:
    """Is the person covered today? The waiting period concerns those who joined for the first time."""
    if today > cover.ends_on:
        return Standing(OVER)
    if today < cover.starts_on:
        return Standing(FUTURE, f"保障从 {cover.starts_on} 开始")
    if plan is None or not cover.is_first_time or not plan.waiting_kinds:
        return Standing(NOW)
    first_on = cover.starts_on + timedelta(days=plan.waiting_days)
    if today >= first_on:
        return Standing(NOW)
    names = "、".join(plan.kinds[kind] for kind in sorted(plan.waiting_kinds))
    what = "入院" if plan.waiting_kinds == {HOSPITAL} else "发生"
    return Standing(WAITING, f"首次参保有 {plan.waiting_days} 天等待期，{first_on} 起{what}的才能申请{names}")


def rights(plan: Plan, memory: Memory) -> tuple[Right, ...]:
    """Every benefit in the plan's order, with what `memory` left of its ceilings."""
    return tuple(
        Right(
            benefit.code,
            benefit.name,
            benefit.kinds,
            tuple(_sentences(benefit)),
            tuple(_table(benefit)),
            tuple(_ceilings(benefit, memory)),
            shown(memory.of(benefit.code).paid_fen) if memory.of(benefit.code).paid_fen else "",
        )
        for benefit in plan.benefits
    )


def together(plan: Plan, memory: Memory) -> tuple[Ceiling, ...]:
    """The plan's ceilings over all its benefits."""
    found = []
    if plan.cap_claim_fen is not None:
        found.append(Ceiling("每次各项合计最多", _yuan(plan.cap_claim_fen), ""))
    if plan.cap_period_fen is not None:
        left = max(0, plan.cap_period_fen - memory.total_fen)
        found.append(Ceiling("本期各项合计最多", _yuan(plan.cap_period_fen), _yuan(left)))
    return tuple(found)


def deadline(plan: Plan) -> str:
    """Until when one may ask, as a sentence; "" when there is no end."""
    by_event = f"出院（或事情发生）后 {plan.deadline_days} 天内申请" if plan.deadline_days is not None else ""
    by_date = f"最晚 {plan.deadline_on} 提交申请，过期不能再申请" if plan.deadline_on else ""
    return "；".join(part for part in (by_event, by_date) if part)


def exclusions(plan: Plan) -> tuple[str, ...]:
    """Which benefits cannot be had together."""
    return tuple(
        f"{'、'.join(plan.by_code[code].name for code in group.benefits)}不能同时享受"
        f"{'（同一期内）' if group.per == 'period' else ''}"
        for group in plan.exclusives
    )


def _sentences(benefit: Benefit) -> Iterator[str]:
    if benefit.is_automatic:
        yield "免申即享：达到条件后自动补助，不用申请"
    if benefit.needs_settlement:
        yield "只补助经基本医疗保险结算的住院"
    if benefit.hospital_grades is not None:
        yield f"只补助在{_listed(benefit.hospital_grades)}医院的住院"
    if benefit.out_of_area is not None:
        yield f"只补助{'异地' if benefit.out_of_area else '本地'}就医的住院"
    yield from _OF_SHAPE[benefit.shape](benefit)
    if benefit.deductible_fen:
        how = "每期只扣一次" if benefit.deductible_per == "period" else "每次都扣"
        yield f"先扣起付 {_yuan(benefit.deductible_fen)}，{how}"
    for grade, ppm in (benefit.grade_ppm or {}).items():
        yield f"在{grade}医院住院的，按算出金额的 {shown_rate(ppm)} 补助"
    if benefit.out_of_area_ppm is not None:
        yield f"异地就医的，按算出金额的 {shown_rate(benefit.out_of_area_ppm)} 补助"


def _base(benefit: Benefit) -> str:
    said = ""
    for sign, label, *_ in benefit.base:
        said += f"{('减去' if sign < 0 else '加上') if said else ''}{label}"
    return f"{'本期累计的' if benefit.is_cumulative else ''}{said}"


def _percent(benefit: Benefit) -> Iterator[str]:
    yield f"按{_base(benefit)}的 {shown_rate(benefit.rate_ppm)} 补助"


def _curve(benefit: Benefit) -> Iterator[str]:
    how = "分段按比例补助" if benefit.shape == "bands" else "分档补助固定金额"
    yield f"按{_base(benefit)}{how}"
    if benefit.tiers and benefit.pays_difference:
        yield "累计到更高一档时补差额"


def _per_day(benefit: Benefit) -> Iterator[str]:
    since = f"从第 {benefit.free_days + 1} 天起" if benefit.free_days else ""
    yield f"住院{since}每天补助 {_yuan(benefit.per_day_fen)}"


def _fixed(benefit: Benefit) -> Iterator[str]:
    yield f"每次补助 {_yuan(benefit.amount_fen)}"


def _grades(benefit: Benefit) -> Iterator[str]:
    yield "按伤残等级补助"
    if benefit.pays_difference:
        yield "等级提高后补差额"


def _top_up(benefit: Benefit) -> Iterator[str]:
    yield f"本期各项补助合计不足 {_yuan(benefit.minimum_fen)}的，补足到 {_yuan(benefit.minimum_fen)}"


_OF_SHAPE = {
    "percent": _percent,
    "bands": _curve,
    "tiers": _curve,
    "per_day": _per_day,
    "fixed": _fixed,
    "grades": _grades,
    "top_up": _top_up,
}


def _table(benefit: Benefit) -> Iterator[tuple[str, str]]:
    for from_fen, up_to_fen, rate_ppm in benefit.bands:
        reach = f"超过 {_whole(from_fen)} 元" if up_to_fen is None else f"{_span(from_fen, up_to_fen)}的部分"
        yield reach + ("的部分" if up_to_fen is None else ""), shown_rate(rate_ppm)
    if benefit.tiers:
        lower = benefit.tiers.starts_at_fen
        for upper, pays in zip((*benefit.tiers.uppers_fen, None), benefit.tiers.pays_fen, strict=False):
            yield (f"超过 {_whole(lower)} 元" if upper is None else _span(lower, upper)), _yuan(pays)
            lower = upper or lower
    for grade, pays in enumerate(benefit.grades_fen, 1):
        yield f"伤残 {grade} 级", _yuan(pays)


def _ceilings(benefit: Benefit, memory: Memory) -> Iterator[Ceiling]:
    used = memory.of(benefit.code)
    if benefit.cap_claim_fen is not None:
        yield Ceiling("每次最多补助", _yuan(benefit.cap_claim_fen), "")
    if benefit.cap_period_fen is not None:
        left = max(0, benefit.cap_period_fen - used.paid_fen)
        yield Ceiling("本期最多补助", _yuan(benefit.cap_period_fen), _yuan(left))
    if benefit.max_days is not None:
        left = max(0, benefit.max_days - used.days)
        yield Ceiling("本期最多计", f"{benefit.max_days} 天", f"{left} 天")
    if benefit.max_events is not None:
        left = max(0, benefit.max_events - used.events)
        # 职工亡故慰问金 … 还剩 1 次 is no way to speak to the living.
        is_worth_saying = benefit.max_events > 1 or used.events
        yield Ceiling("本期最多", f"{benefit.max_events} 次", f"{left} 次" if is_worth_saying else "")
    if benefit.deductible_fen and benefit.deductible_per == "period":
        left = max(0, benefit.deductible_fen - used.deductible_fen)
        yield Ceiling("本期起付", _yuan(benefit.deductible_fen), f"{_yuan(left)}没扣" if left else "已经扣完")


def _yuan(fen: int) -> str:
    return f"{_whole(fen)} 元"


def _whole(fen: int) -> str:
    """Figures of a plan are mostly whole: 5,000 reads better than 5,000.00."""
    return shown(fen).removesuffix(".00")


def _span(lower: int, upper: int) -> str:
    return f"{_whole(lower)} 至 {_whole(upper)} 元"


def _listed(words: Iterable[str]) -> str:
    return "、".join(sorted(words))
