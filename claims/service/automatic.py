"""免申即享 (XM-116): what does a payment entitle a person to without asking, and who is told?

Called in the settlement's own transaction: the second claim is there when the first is paid, or neither.
The plan's pure engine says how much; what earlier payments gave is in `automatic_grant`, so that a higher
tier pays the difference and a repeat gives nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select

from claims.models import AutomaticGrant, Claim, ClaimDocument
from claims.rules import AUTOMATIC, WORKFLOW
from claims.service import figures
from claims.service.moving import move
from core import clock, context
from core.access import SYSTEM
from core.db import db, one_at_a_time
from core.history import begin
from core.money import shown_yuan
from core.numbers import numbered
from plans import service as plans
from plans.service import Award, Memory, Plan

COUNTED = "{number} 计入 {amount}"
# The account that the money just arrived in, with the photos that prove it.
_ACCOUNT = (
    "is_own_account", "payee_name", "payee_bank", "payee_branch", "payee_card", "payee_relation",
    "contact_phone", "why_other", "payee_id_number",
)  # fmt: skip

Paid = list[tuple[str, Memory]]


def hold_people(claim_ids: Sequence[uuid.UUID]) -> None:
    """Wait for other settlements and decisions about the same people, always in the same order."""
    people = db.session.scalars(select(Claim.employee_id).where(Claim.id.in_(claim_ids)).distinct())
    one_at_a_time(*people)


def grant_after(trigger: Claim) -> Claim | None:
    """The claim that a payment just made gives rise to, already approved; None when nothing is due.

    The caller has the person to itself (`hold_people`).
    """
    plan = _plan_of(trigger)
    if plan is None:
        return None
    paid = _paid(trigger.employee_id, plan.code)
    award = _traced(plan, plans.automatic(plan, _memory(trigger.employee_id, plan, paid)), paid)
    if not award.total_fen:
        return None
    claim = _begun(trigger, plan)
    _remember(claim, trigger, plan, award, paid)
    _copy_account_photos(trigger, claim)
    benefits = "、".join(line.label for line in award.lines if line.amount_fen)
    move(
        claim,
        "grant",
        SYSTEM,
        values={"amount": shown_yuan(award.total_fen), "benefits": benefits},
        meta={"trigger": trigger.number},
        award=award.to_dict(),
        award_fen=award.total_fen,
        decided_at=clock.now(),
        approval_bi=figures.approval_mark(claim, award.total_fen),
    )
    return claim


def given_by(trigger_id: uuid.UUID) -> str:
    """The number of the automatic claim that a payment gave rise to; "" for none."""
    query = select(Claim.number).join(AutomaticGrant, AutomaticGrant.claim_id == Claim.id)
    return db.session.scalar(query.where(AutomaticGrant.trigger_id == trigger_id).limit(1)) or ""


def trigger_of(claim: Claim) -> str:
    """The number of the paid claim that gave rise to an automatic one; "" for a claim that was filed."""
    if not claim.is_automatic:
        return ""
    query = select(Claim.number).join(AutomaticGrant, AutomaticGrant.trigger_id == Claim.id)
    return db.session.scalar(query.where(AutomaticGrant.claim_id == claim.id).limit(1)) or ""


def _plan_of(trigger: Claim) -> Plan | None:
    """The plan of a paid claim, when it has benefits that nobody asks for; an automatic claim gives none."""
    if trigger.is_automatic or not trigger.plan_code or not trigger.plan_version:
        return None
    plan = plans.plan_as_used(trigger.plan_code, trigger.plan_version)
    return plan if any(benefit.is_automatic for benefit in plan.benefits) else None


def _paid(employee_id: uuid.UUID, plan_code: str) -> Paid:
    """The person's paid claims of the period, in the order of their payment, with what each has used."""
    query = (
        select(Claim.number, Claim.award)
        .where(
            Claim.employee_id == employee_id,
            Claim.plan_code == plan_code,
            Claim.state == "paid",
            Claim.kind != AUTOMATIC,
        )
        .order_by(Claim.paid_at, Claim.id)
    )
    rows = db.session.execute(query)
    return [(number, Memory.from_dict(award["usage"])) for number, award in rows if award]


def _memory(employee_id: uuid.UUID, plan: Plan, paid: Paid) -> Memory:
    """Bases count once they are paid; what was given counts at once, and so does the plan's own cap."""
    bases = Memory.sum(usage for _, usage in paid)
    query = select(AutomaticGrant.benefit, func.sum(AutomaticGrant.amount_fen)).where(
        AutomaticGrant.employee_id == employee_id, AutomaticGrant.plan_code == plan.code
    )
    given = {benefit: int(fen) for benefit, fen in db.session.execute(query.group_by(AutomaticGrant.benefit))}
    used = {
        benefit.code: bases.of(benefit.code)._replace(paid_fen=given.get(benefit.code, 0))
        for benefit in plan.benefits
        if benefit.is_automatic
    }
    return Memory(used, figures.memory_of(employee_id, plan.code).total_fen)


def _traced(plan: Plan, award: Award, paid: Paid) -> Award:
    """The award with the claims that counted, one step each, before the steps of the engine."""
    lines = []
    for line in award.lines:
        bases = [(number, usage.of(line.benefit).base_fen) for number, usage in paid]
        counted = [COUNTED.format(number=number, amount=shown_yuan(fen)) for number, fen in bases if fen]
        lines.append(line._replace(steps=(*counted, *line.steps)))
    return award._replace(lines=tuple(lines))


def _begun(trigger: Claim, plan: Plan) -> Claim:
    is_helped = trigger.filed_by_kind == "staff"
    claim = Claim(
        number=numbered(context.scheme().prefixes["claim"]),
        kind=AUTOMATIC,
        employee_id=trigger.employee_id,
        union_id=trigger.union_id,
        coverage_id=trigger.coverage_id,
        plan_code=plan.code,
        plan_version=plan.version,
        # Who filed what was paid puts a bounced account right here too, and is told.
        filed_by_kind=trigger.filed_by_kind if is_helped else SYSTEM.kind,
        filed_by_id=trigger.filed_by_id if is_helped else trigger.employee_id,
        state="draft",
        version=0,
        **{name: getattr(trigger, name) for name in _ACCOUNT},
    )
    db.session.add(claim)
    db.session.flush()
    begin(WORKFLOW, claim, SYSTEM)
    return claim


def _remember(claim: Claim, trigger: Claim, plan: Plan, award: Award, paid: Paid) -> None:
    bases = Memory.sum(usage for _, usage in paid)
    db.session.add_all(
        AutomaticGrant(
            claim_id=claim.id,
            trigger_id=trigger.id,
            employee_id=trigger.employee_id,
            plan_code=plan.code,
            benefit=line.benefit,
            base_fen=bases.of(line.benefit).base_fen,
            amount_fen=line.amount_fen,
        )
        for line in award.lines
        if line.amount_fen
    )
    db.session.flush()


def _copy_account_photos(trigger: Claim, claim: Claim) -> None:
    """The same pictures, shown by two claims: erasing one leaves them to the other."""
    wanted = {paper.code for paper in figures.papers_of(claim)}
    query = select(ClaimDocument).where(
        ClaimDocument.claim_id == trigger.id,
        ClaimDocument.kind.in_(wanted),
        ClaimDocument.removed_at.is_(None),
    )
    db.session.add_all(
        ClaimDocument(claim_id=claim.id, file_id=row.file_id, kind=row.kind, position=row.position)
        for row in db.session.scalars(query)
    )
    db.session.flush()
