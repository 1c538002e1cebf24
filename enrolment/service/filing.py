"""What does an operator do with an enrolment? Begin, read the union's record anew, hand in, give up."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select

from core import audit, clock, context
from core.access import Actor
from core.db import db, one_at_a_time
from core.errors import Conflict, Invalid, Missing, NotAllowed, Refused
from core.history import begin, who_was_first
from core.numbers import next_in
from enrolment.models import Enrolment, Participant
from enrolment.rules import DONE, DRAFT, KEEPERS, OPEN, WORKFLOW, number_of
from enrolment.rules.words import (
    ALREADY_MINE,
    DONE_ALREADY,
    NO_PLAN,
    OPEN_ALREADY,
    PLAN_CHANGED,
)
from enrolment.service import checks
from enrolment.service.materials import forget_all
from enrolment.service.moving import hold, move, open_draft
from plans import service as plans
from union import queries as unions
from union import service as union_service
from union.queries import Union


def start(union: Union, plan_code: str, by: Actor) -> Enrolment:
    """A draft for a union in an open period. Raises `Refused` with the dates, or with the one there is."""
    plan = _plan(plan_code)
    one_at_a_time(union.id)  # two who begin at once: the second reads about the first
    if there := _latest(union, plan_code, OPEN):
        raise Refused(OPEN_ALREADY.format(union=union.name, plan=plan.name, number=there.number), "plan")
    if _latest(union, plan_code, (DONE,)):
        raise Refused(DONE_ALREADY.format(union=union.name, plan=plan.name), "plan")
    return _draft(union, plan, by, None)


def supplement(first: Enrolment, by: Actor) -> Enrolment:
    """补充参保: people who came later, under the same period, with a number of its own."""
    union = unions.find(first.union_id, by, *KEEPERS)
    if first.state != DONE:
        raise Conflict(who_was_first(first))
    plan = _plan(first.plan_code, is_supplement=True)
    one_at_a_time(union.id)
    if there := _latest(union, first.plan_code, OPEN):
        raise Refused(OPEN_ALREADY.format(union=union.name, plan=plan.name, number=there.number))
    return _draft(union, plan, by, first)


def refresh(enrolment: Enrolment, by: Actor) -> bool:
    """更新: the union's record as it is now, and the plan's newest version. Did anything differ?"""
    open_draft(enrolment, by)
    before = _snapshot(enrolment)
    _read_record(enrolment)
    plan = plans.plan_or_none(enrolment.plan_code)
    if plan is not None:
        _freeze(plan)
        enrolment.plan_version = plan.version
    db.session.flush()
    return _snapshot(enrolment) != before


def edit_record(enrolment: Enrolment, values: Mapping[str, str], by: Actor, seen: int) -> tuple[str, ...]:
    """Put the union's record right from here (XM-58), with the record's own rules and rights, and read it."""
    by = open_draft(enrolment, by)
    union = unions.find(enrolment.union_id, by, *KEEPERS)
    changed = union_service.edit(union, values, by, seen)
    db.session.flush()
    _read_record(enrolment)
    return changed


def take_over(enrolment: Enrolment, by: Actor) -> None:
    """由我经办: another operator of the union goes on with it and is told from now on."""
    by = open_draft(enrolment, by)
    if enrolment.filed_by_id == by.id or by.id is None:
        raise Refused(ALREADY_MINE)
    enrolment.filed_by_id, enrolment.filed_by_label = by.id, by.label
    audit.record("enrolment.take_over", "enrolment", enrolment.id, by)


def submit(enrolment: Enrolment, by: Actor, seen: int) -> None:
    """提交 for review. Raises `Invalid` with everything that is not in order yet, part by part."""
    hold(enrolment)
    if enrolment.state != DRAFT or seen != enrolment.version:
        raise Conflict(who_was_first(enrolment))
    by = open_draft(enrolment, by)
    if found := checks.against(enrolment):
        raise Invalid(found)
    move(enrolment, "submit", by, seen=seen, submitted_at=clock.now(), submitted_by_id=by.id)


def give_up(enrolment: Enrolment, by: Actor, seen: int, action: str, note: str = "") -> None:
    """删除 what nobody has seen, or 取消 (it stays listed): its people may be enrolled elsewhere again."""
    hold(enrolment)
    if enrolment.state != DRAFT or seen != enrolment.version:
        raise Conflict(who_was_first(enrolment))
    by = open_draft(enrolment, by)
    if action == "delete" and enrolment.submitted_at is not None:
        raise NotAllowed("提交过的申请不能删除，请用“取消”。")
    db.session.execute(delete(Participant).where(Participant.enrolment_id == enrolment.id))
    forget_all(enrolment)
    move(enrolment, action, by, seen=seen, note=note, participant_count=0)


def _plan(code: str, *, is_supplement: bool = False) -> plans.Plan:
    """The plan, open today and still what it was when it was first used. Raises `Refused`."""
    plan = plans.plan_or_none(code)
    if plan is None:
        raise Refused(NO_PLAN, "plan")
    if words := plans.opening(plan, clock.today(), is_supplement=is_supplement):
        raise Refused(words, "plan")
    _freeze(plan)
    return plan


def _freeze(plan: plans.Plan) -> None:
    try:
        plans.freeze(plan)
    except plans.PlanError:
        raise Refused(PLAN_CHANGED.format(plan=plan.name), "plan") from None


def _latest(union: Union, plan_code: str, states: tuple[str, ...]) -> Enrolment | None:
    query = select(Enrolment).where(
        Enrolment.union_id == union.id, Enrolment.plan_code == plan_code, Enrolment.state.in_(states)
    )
    return db.session.scalars(query.order_by(Enrolment.id.desc()).limit(1)).first()


def _draft(union: Union, plan: plans.Plan, by: Actor, first: Enrolment | None) -> Enrolment:
    if by.id is None:
        raise Missing
    month = f"{clock.today():%Y%m}"
    prefix = context.scheme().prefixes["enrolment"]
    row = Enrolment(
        number=number_of(prefix, month, next_in("enrolment", month)),
        union_id=union.id,
        union_name=union.name,
        plan_code=plan.code,
        plan_version=plan.version,
        supplement_of_id=first.id if first else None,
        filed_by_id=by.id,
        filed_by_label=by.label,
        state=DRAFT,
        version=0,
        participant_count=0,
    )
    _read_record(row)
    db.session.add(row)
    db.session.flush()
    begin(WORKFLOW, row, by)
    return row


def _read_record(enrolment: Enrolment) -> None:
    """Copy the union's record as it stands."""
    union = db.session.get(Union, enrolment.union_id, populate_existing=True)
    if union is None:
        raise Missing
    enrolment.union_name = union.name
    line = [name for _, name in unions.line_of(union.path)]
    enrolment.chain = " → ".join(line)
    # A union that names none belongs to the one right above it.
    enrolment.industry = union.industry or (line[-2] if len(line) > 1 else "")
    enrolment.nature = union.nature
    enrolment.headcount = union.headcount
    for name in ("chair_name", "contact_name", "contact_phone"):
        setattr(enrolment, name, getattr(union, name))
    enrolment.union_version = union.version


def _snapshot(enrolment: Enrolment) -> tuple[object, ...]:
    names = ("union_name", "chain", "industry", "nature", "headcount", "chair_name", "contact_name",
             "contact_phone", "plan_version")  # fmt: skip
    return tuple(getattr(enrolment, name) for name in names)
