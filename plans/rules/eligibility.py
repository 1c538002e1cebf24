"""May this claim be made under this plan, and if not, what do we tell the person?"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from plans.rules.facts import HOSPITAL, INJURY, ClaimFacts, Cover, Note
from plans.rules.plan import PPM, Benefit, Material, Plan
from plans.rules.shapes import shown_rate

DATE_LABELS = {"hospital": "入院日期", "injury": "受伤日期", "death": "亡故日期"}


def check(plan: Plan, facts: ClaimFacts, cover: Cover | None) -> tuple[Note, ...]:
    """Everything that stands against the claim, in the words the person reads; empty when nothing does."""
    if facts.kind not in plan.kinds:
        return (Note("no_such_kind", "本期保障计划没有这项补助", True),)
    notes = _paper_notes(plan, facts)
    counts_on = counting_date(plan, facts)
    if counts_on is not None:
        notes += _cover_notes(plan, facts, counts_on, cover)
        notes += _deadline_notes(plan, facts)
    return tuple(notes)


def counting_date(plan: Plan, facts: ClaimFacts) -> date | None:
    """The date that decides which period a claim belongs to."""
    if facts.kind != HOSPITAL:
        return facts.event_on
    return facts.discharged_on if plan.stay_counts_by == "discharge" else facts.admitted_on


def plan_for(plans: Iterable[Plan], facts: ClaimFacts) -> Plan | None:
    """Of several periods, the one a claim belongs to; a stay across two is one period's, never split."""
    for plan in plans:
        counts_on = counting_date(plan, facts)
        if counts_on is not None and plan.starts_on <= counts_on <= plan.ends_on:
            return plan
    return None


def cover_starts_on(plan: Plan, confirmed_on: date) -> date:
    """Cover begins at 00:00 of the day after materials and fee are confirmed, never before the period."""
    return max(plan.starts_on, confirmed_on + timedelta(days=1))


def materials(
    plan: Plan, kind: str, *, is_own_account: bool = True, is_by_agent: bool = False
) -> tuple[Material, ...]:
    """The papers one claim needs (XM-100 … XM-114)."""
    situation = {
        "always",
        "own_account" if is_own_account else "other_account",
        "by_agent" if is_by_agent else "by_self",
    }
    return tuple(m for m in plan.materials if kind in m.kinds and m.when in situation)


def participation(plan: Plan, nature: str, people: int, joining: int) -> Note | None:
    """参保比例 below the plan's threshold: a warning, or a block when the plan says so."""
    found = threshold(plan, nature, people)
    if found is None or joining >= found.needed:
        return None
    have = f"{joining * 100 / people:.2f}".rstrip("0").rstrip(".")
    return Note("participation", f"参保比例 {have}% 低于本期要求的 {found.shown}", found.blocks)


class Threshold(NamedTuple):
    """How many of a union's people must join, and whether fewer are refused."""

    shown: str  # 80%
    needed: int
    blocks: bool


def threshold(plan: Plan, nature: str, people: int) -> Threshold | None:
    """The first rule for unions of this nature and size; `needed` is exact to the last person."""
    for rule in plan.participation:
        if rule.natures and nature not in rule.natures:
            continue
        if people < rule.min_people or (rule.max_people is not None and people > rule.max_people):
            continue
        return Threshold(shown_rate(rule.ratio_ppm), -(-rule.ratio_ppm * people // PPM), rule.blocks)
    return None


def questions(plan: Plan, kind: str) -> frozenset[str]:
    """Which facts the plan's benefits turn on beyond dates and sums; nobody is asked about others."""
    found = set()
    for benefit in (*plan.asked.get(kind, ()), *plan.automatic.get(kind, ())):
        if benefit.needs_settlement:
            found.add("is_settled_by_insurance")
        if benefit.out_of_area is not None or benefit.out_of_area_ppm is not None:
            found.add("is_out_of_area")
    return frozenset(found)


def exclusion(benefit: Benefit, facts: ClaimFacts) -> Note | None:
    """Why one benefit does not apply to a claim that is otherwise in order."""
    if facts.kind != HOSPITAL:
        return None
    if benefit.needs_settlement and not facts.is_settled_by_insurance:
        return Note("not_settled", f"这次住院没有经基本医疗保险结算，不在{benefit.name}的范围内")
    if benefit.hospital_grades is not None and facts.hospital_grade not in benefit.hospital_grades:
        grades = "、".join(sorted(benefit.hospital_grades))
        return Note("hospital_grade", f"{benefit.name}只补助在{grades}医院的住院")
    if benefit.out_of_area is not None and facts.is_out_of_area is not benefit.out_of_area:
        where = "异地" if benefit.out_of_area else "本地"
        return Note("area", f"{benefit.name}只补助{where}就医的住院")
    return None


def _paper_notes(plan: Plan, facts: ClaimFacts) -> list[Note]:
    notes = _stay_notes(facts) if facts.kind == HOSPITAL else _event_notes(facts)
    paid_fen = facts.pooled_fen, facts.self_paid_fen, facts.own_expense_fen
    if min(facts.total_fen, facts.bed_excess_fen, *paid_fen) < 0:
        notes.append(Note("negative", "金额不能小于 0", True))
    elif facts.bed_excess_fen > facts.self_paid_fen + facts.own_expense_fen:
        notes.append(Note("bed_excess", "超标床位费大于个人自付与个人自费之和，请核对"))
    if facts.total_fen and facts.total_fen < sum(paid_fen):
        notes.append(Note("arithmetic", "统筹支付、个人自付、个人自费之和大于医疗总费用，请核对"))
    return notes


def _stay_notes(facts: ClaimFacts) -> list[Note]:
    notes = []
    if facts.admitted_on is None:
        notes.append(Note("no_admission", "请选择入院日期", True))
    if facts.discharged_on is None:
        notes.append(Note("no_discharge", "请选择出院日期", True))
        return notes
    if facts.admitted_on and facts.discharged_on < facts.admitted_on:
        notes.append(Note("date_order", f"出院日期不能早于入院日期（{facts.admitted_on}）", True))
    if facts.discharged_on > facts.submitted_on:
        notes.append(Note("future", "出院日期不能晚于今天", True))
    return notes


def _event_notes(facts: ClaimFacts) -> list[Note]:
    notes, label = [], DATE_LABELS[facts.kind]
    if facts.event_on is None:
        notes.append(Note("no_event", f"请选择{label}", True))
    elif facts.event_on > facts.submitted_on:
        notes.append(Note("future", f"{label}不能晚于今天", True))
    if facts.kind == INJURY and facts.injury_grade not in range(1, 11):
        notes.append(Note("no_grade", "请选择伤残等级", True))
    return notes


def _cover_notes(plan: Plan, facts: ClaimFacts, counts_on: date, cover: Cover | None) -> list[Note]:
    label = DATE_LABELS[facts.kind]
    if facts.kind == HOSPITAL and plan.stay_counts_by == "discharge":
        label = "出院日期"
    if not plan.starts_on <= counts_on <= plan.ends_on:
        return [Note("outside_period", f"{label}不在本期保障期内（{plan.period}）", True)]
    if cover is None:
        return [Note("not_covered", f"您在 {counts_on} 没有参保记录，不能申请本项补助", True)]
    if not cover.starts_on <= counts_on <= cover.ends_on:
        text = f"{label}不在您的保障期内（{cover.starts_on} 至 {cover.ends_on}）"
        return [Note("outside_cover", text, True)]
    if cover.is_first_time and facts.kind in plan.waiting_kinds:
        first_on = cover.starts_on + timedelta(days=plan.waiting_days)
        waits_for = facts.admitted_on if facts.kind == HOSPITAL else facts.event_on
        if waits_for is not None and waits_for < first_on:
            what = "入院" if facts.kind == HOSPITAL else "发生"
            text = f"首次参保有 {plan.waiting_days} 天等待期，{first_on} 起{what}的才能申请"
            return [Note("waiting", text, True)]
    return []


def _deadline_notes(plan: Plan, facts: ClaimFacts) -> list[Note]:
    last_on = plan.deadline_on
    ended_on = facts.discharged_on if facts.kind == HOSPITAL else facts.event_on
    if plan.deadline_days is not None and ended_on is not None:
        after_event = ended_on + timedelta(days=plan.deadline_days)
        last_on = min(last_on, after_event) if last_on else after_event
    if last_on is not None and facts.submitted_on > last_on:
        return [Note("deadline", f"申请截止日是 {last_on}，已经过了，不能再申请", True)]
    return []
