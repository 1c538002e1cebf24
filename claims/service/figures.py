"""What is a claim worth? The estimate, the reviewer's figure and the decision are the same evaluation."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, cast, func, literal, select, true, union_all
from sqlalchemy.dialects.postgresql import JSONB

from claims.models import Claim
from claims.rules import AUTOMATIC, DEATH, DECIDED, EDITABLE, HOSPITAL, INJURY
from claims.service import cuts
from core import clock, context
from core.db import db
from plans import queries as coverages
from plans import service as plans
from plans.service import Award, ClaimFacts, Cover, Material, Memory, Note, Plan

ACCOUNT = ("own_account", "other_account")  # when a paper about the payee is asked for
# What the day is called that decides which period a claim belongs to, and how one asks for it.
DAY_WORDS = {HOSPITAL: "入院日期", INJURY: "受伤日期", DEATH: "亡故日期"}
OUTSIDE = "{day}不在保障期内，请核对日期"
_USED = ("paid_fen", "days", "deductible_fen", "base_fen", "events")


@dataclass(frozen=True)
class Reckoning:
    """An award with what it was computed from."""

    facts: ClaimFacts
    plan: Plan | None
    cover: Cover | None
    coverage_id: uuid.UUID | None
    award: Award
    memory: Memory  # what the person's other claims have used


def facts_of(claim: Claim) -> ClaimFacts:
    """The claim as the award engine sees it; the deadline counts by the first submission."""
    submitted_on = clock.local_date(claim.submitted_at) if claim.submitted_at else clock.today()
    return ClaimFacts(
        kind=claim.kind,
        submitted_on=submitted_on,
        admitted_on=claim.admitted_on,
        discharged_on=claim.discharged_on,
        event_on=claim.event_on,
        injury_grade=claim.injury_grade,
        total_fen=claim.total_fen or 0,
        pooled_fen=claim.pooled_fen or 0,
        self_paid_fen=claim.self_paid_fen or 0,
        own_expense_fen=claim.own_expense_fen or 0,
        bed_excess_fen=claim.bed_excess_fen or 0,
        hospital_grade=claim.hospital_grade or "",
        is_settled_by_insurance=claim.is_settled,
        is_out_of_area=claim.is_out_of_area,
    )


def plan_of(claim: Claim) -> Plan | None:
    """The plan whose period the claim belongs to, in the version it used when it has used one."""
    plan = plans.plan_for(plans.all_plans(), facts_of(claim))
    if claim.plan_code and claim.plan_version and (plan is None or plan.code == claim.plan_code):
        return plans.plan_as_used(claim.plan_code, claim.plan_version)
    return plan


def papers_of(claim: Claim) -> tuple[Material, ...]:
    """Which photos the claim needs, by the plan's list; the newest plan's while there is no date yet."""
    plan = plan_of(claim) or plans.all_plans()[0]
    is_automatic = claim.kind == AUTOMATIC
    papers = plans.materials(
        plan,
        HOSPITAL if is_automatic else claim.kind,
        is_own_account=claim.is_own_account,
        is_by_agent=is_by_agent(claim),
    )
    # Nobody files it: all there is to show is whose account the money goes to.
    return tuple(paper for paper in papers if not is_automatic or paper.when in ACCOUNT)


def asked_of(claim: Claim) -> frozenset[str]:
    """Which yes-or-no facts this claim's plan turns on (settled by insurance, treated elsewhere)."""
    return plans.questions(plan_of(claim) or plans.all_plans()[0], claim.kind)


def is_by_agent(claim: Claim) -> bool:
    """Did somebody else than the insured person file it (XM-112)?"""
    return claim.is_by_agent


def memory_of(
    employee_id: uuid.UUID,
    plan_code: str,
    *,
    but: uuid.UUID | None = None,
    before: dt.datetime | None = None,
) -> Memory:
    """What the person's decided claims have used of a plan, summed by the database in one statement."""
    decided = select(Claim.award["usage"].label("usage")).where(
        Claim.employee_id == employee_id, Claim.plan_code == plan_code, Claim.state.in_(DECIDED)
    )
    if but is not None:
        decided = decided.where(Claim.id != but)
    if before is not None:
        decided = decided.where(Claim.decided_at < before)
    usages = decided.subquery()
    each = func.jsonb_each(usages.c.usage["used"]).table_valued("key", "value").render_derived()
    value = cast(each.c.value, JSONB)
    sums = [func.sum(cast(value[name].astext, BigInteger)) for name in _USED]
    total = func.sum(cast(usages.c.usage["total_fen"].astext, BigInteger))
    per_benefit = select(each.c.key, *sums).select_from(usages.join(each, true())).group_by(each.c.key)
    whole = select(literal(""), total, *[literal(0, BigInteger) for _ in _USED[1:]]).select_from(usages)
    used: dict[str, dict[str, int]] = {}
    total_fen = 0
    rows: Any = db.session.execute(union_all(per_benefit, whole))
    for row in rows:
        key, numbers = str(row[0]), list(row[1:])
        if key:
            used[key] = {name: int(number or 0) for name, number in zip(_USED, numbers, strict=True)}
        else:
            total_fen = int(numbers[0] or 0)
    return Memory.from_dict({"used": used, "total_fen": total_fen})


def reckon(claim: Claim) -> Reckoning:
    """What the claim is worth: computed, with the lines that reviewers lowered."""
    found = computed(claim)
    if found.plan is None or claim.state in EDITABLE:
        return found
    limits = {cut.benefit: cut.amount_fen for cut in cuts.of_claim(claim.id)}
    return replace(found, award=cuts.lowered(found.award, found.plan, found.memory, limits))


def computed(claim: Claim) -> Reckoning:
    """Evaluate the claim with the person's cover and earlier claims."""
    facts, plan = facts_of(claim), plan_of(claim)
    if plan is None:
        words = OUTSIDE if claim.admitted_on or claim.event_on else "请选择{day}"
        words = words.format(day=DAY_WORDS[claim.kind])
        nothing = Award((), 0, (Note("outside_period", words, True),), Memory(), Memory())
        return Reckoning(facts, None, None, None, nothing, Memory())
    line = coverages.coverage_in(claim.employee_id, plan.code)
    cover = line.cover if line else None
    memory = memory_of(claim.employee_id, plan.code, but=claim.id, before=claim.decided_at)
    award = plans.evaluate(plan, facts, memory, cover)
    return Reckoning(facts, plan, cover, line.id if line else None, award, memory)


def estimate(claim: Claim) -> Award:
    """What the claim would be awarded now, with its worked lines."""
    return reckon(claim).award


def adopt(claim: Claim) -> dict[str, Any]:
    """The columns a submitted or decided claim keeps of its figure; its plan's version is frozen."""
    found = reckon(claim)
    if found.plan is None:
        return {"award": found.award.to_dict()}
    plans.freeze(found.plan)
    return {
        "award": found.award.to_dict(),
        "coverage_id": found.coverage_id,
        "plan_code": found.plan.code,
        "plan_version": found.plan.version,
    }


def approval_mark(claim: Claim, award_fen: int | None = None) -> bytes:
    """What an approval covers: this claim, this sum, this payee (M5, M7). Kept in `approval_bi`."""
    sum_fen = claim.award_fen if award_fen is None else award_fen
    bank = f"{claim.payee_bank}{claim.payee_branch}"
    said = "|".join((str(claim.id), str(sum_fen), claim.payee_name or "", bank, claim.payee_card or ""))
    return context.keyring().blind("claim.approval", said)
