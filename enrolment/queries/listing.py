"""Which enrolments may this member of staff see, and which wait for them?

`scope` is the one place that says who sees what: an enrolment out of scope does not exist for the asker.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, and_, false, func, or_, select, true

from core import clock, context, keyset
from core.access import Actor
from core.db import db
from core.errors import Missing
from core.roles import ADMINISTRATOR, AUDITOR
from enrolment.models import Enrolment
from enrolment.rules import (
    AWAITING_VOUCHER,
    CONFIRMING,
    DELETED,
    DONE,
    DRAFT,
    FINANCE,
    KEEPERS,
    LABELS,
    LEVEL_ROLES,
    READERS,
    REVIEWERS,
    REVIEWS,
    STEPS,
    step_of,
)
from plans import service as plans
from union import queries as unions

PAGE = 20
PAID_STATES = (AWAITING_VOUCHER, CONFIRMING, DONE)
# What the one whose turn it is does next, by state; "" when nothing is left to do (XM-68).
TO_DO = {
    DRAFT: "填写并提交",
    AWAITING_VOUCHER: "缴费并上传缴费凭证",
    CONFIRMING: "等待财务确认",
    DONE: "",
}


class Line(NamedTuple):
    """One row of the list."""

    id: uuid.UUID
    number: str
    union: str
    plan: str
    people: int
    state: str
    label: str
    step: str
    to_do: str
    submitted_at: dt.datetime | None
    waited: str
    is_supplement: bool


def state_words(state: str) -> str:
    """The state as this scheme's users read it: 待初审 or 待初核."""
    return context.scheme().review.labels[state] if state in REVIEWS else LABELS[state]


def rail_labels() -> list[str]:
    """The six steps in this scheme's words (XM-52)."""
    return [state_words(state) if state in REVIEWS else label for state, label in STEPS]


def scope(actor: Actor) -> ColumnElement[bool]:
    """The enrolments `actor` may see: by role, by union subtree, and by how far they have come (A1)."""
    if actor.id is None or actor.kind != "staff":
        return false()
    everything = reach(actor, *KEEPERS, ADMINISTRATOR, AUDITOR)
    handed_in = and_(reach(actor, *REVIEWERS), Enrolment.submitted_at.is_not(None))
    approved = and_(reach(actor, *FINANCE), Enrolment.state.in_(PAID_STATES))
    return and_(Enrolment.state != DELETED, or_(everything, handed_in, approved))


def reach(actor: Actor, *names: str) -> ColumnElement[bool]:
    """The enrolments of the unions where `actor` holds one of these roles."""
    if not actor.has(*names):
        return false()
    places = actor.unions_of(*names)
    return true() if places is None else Enrolment.union_id.in_(unions.below_any(places))


def find(number: str, actor: Actor, seen: ColumnElement[bool] | None = None) -> Enrolment:
    """The enrolment with this number, if `actor` may see it. Raises `Missing`: absent and hidden alike."""
    row = db.session.scalar(
        select(Enrolment).where(Enrolment.number == number, scope(actor) if seen is None else seen)
    )
    if row is None:
        raise Missing
    return row


def levels_of(actor: Actor) -> tuple[str, ...]:
    """The states in which `actor` may decide."""
    return tuple(level for level in REVIEWS if actor.has(LEVEL_ROLES[level]))


def counts(actor: Actor, seen: ColumnElement[bool] | None = None) -> dict[str, int]:
    """How many enrolments are in each open state, of those `actor` sees. One statement."""
    if not actor.has(*READERS):
        return {}
    query = select(Enrolment.state, func.count()).where(
        Enrolment.state.in_((DRAFT, *REVIEWS, AWAITING_VOUCHER, CONFIRMING))
    )
    query = query.where(scope(actor) if seen is None else seen)
    return {row[0]: row[1] for row in db.session.execute(query.group_by(Enrolment.state))}


def waiting_states(actor: Actor) -> tuple[str, ...]:
    """The states whose numbers the home and the navigation show to `actor`."""
    sees_all = actor.has(ADMINISTRATOR, AUDITOR)
    levels = levels_of(actor) or (REVIEWS if sees_all else ())
    keeps = (DRAFT, AWAITING_VOUCHER) if actor.has(*KEEPERS) else (AWAITING_VOUCHER,) if sees_all else ()
    return (*levels, *keeps)


def waiting_at(state: str, actor: Actor) -> ScalarSelect[int]:
    """How many enrolments of the actor's are in `state`, to put among another query's columns."""
    query = select(func.count()).select_from(Enrolment).where(Enrolment.state == state, scope(actor))
    return query.scalar_subquery()


def own_work(actor: Actor, found: Mapping[str, int]) -> int:
    """How much of `found` waits for the actor: to decide, to finish, or to pay."""
    states = [*levels_of(actor)]
    if actor.has(*KEEPERS):
        states += [DRAFT, AWAITING_VOUCHER]
    return sum(found.get(state, 0) for state in states)


def tiles_of(actor: Actor, found: Mapping[str, int]) -> list[tuple[str, int, str]]:
    """(label, number, address) of what waits: 参保待初审, 参保待复审, and 参保待缴费 for those who pay."""
    labels = {AWAITING_VOUCHER: "参保待缴费"}
    return [
        (
            labels.get(state, f"参保{state_words(state)}"),
            found.get(state, 0),
            f"/admin/enrolments?state={state}",
        )
        for state in waiting_states(actor)
        if state != DRAFT
    ]


def listed(
    seen: ColumnElement[bool],
    state: str = "",
    *,
    plan_code: str = "",
    union: str = "",
    before: str = "",
    after: str = "",
) -> keyset.Turn:
    """Enrolments in one state (what waits longest first), or all (the newest first). Rows are `Line`s."""
    query = _columns().where(seen)
    if state:
        query = query.where(Enrolment.state == state)
    if plan_code:
        query = query.where(Enrolment.plan_code == plan_code)
    if union:
        query = query.where(Enrolment.union_id.in_(unions.named(union)))
    newest = state not in REVIEWS
    found = keyset.turn(query, (Enrolment.id,), PAGE, before=before, after=after, newest=newest)
    return found._replace(rows=_lines(found.rows))


def next_for(actor: Actor) -> Enrolment | None:
    """The enrolment that waits longest for somebody like `actor`."""
    levels = [and_(Enrolment.state == level, reach(actor, LEVEL_ROLES[level])) for level in levels_of(actor)]
    not_mine = and_(
        Enrolment.filed_by_id != actor.id,
        or_(Enrolment.submitted_by_id.is_(None), Enrolment.submitted_by_id != actor.id),
        or_(Enrolment.first_reviewer_id.is_(None), Enrolment.first_reviewer_id != actor.id),
    )
    query = select(Enrolment).where(scope(actor), or_(false(), *levels), not_mine)
    return db.session.scalars(query.order_by(Enrolment.submitted_at, Enrolment.id).limit(1)).first()


def supplements_of(enrolment: Enrolment, seen: ColumnElement[bool]) -> list[Line]:
    """The enrolments that added people to this one later, as far as the asker sees them."""
    query = _columns().where(Enrolment.supplement_of_id == enrolment.id, seen)
    return _lines(db.session.execute(query.order_by(Enrolment.id)).all())


def number_of(enrolment_id: uuid.UUID | None) -> str:
    """The number of another enrolment; empty for none."""
    found = db.session.scalar(select(Enrolment.number).where(Enrolment.id == enrolment_id))
    return found or ""


def numbers_of(object_ids: list[str]) -> dict[str, str]:
    """The numbers of several ids, for lists that know only ids. One statement."""
    wanted = [uuid.UUID(text) for text in object_ids if len(text) == 36]
    query = select(Enrolment.id, Enrolment.number).where(Enrolment.id.in_(wanted))
    return {str(row.id): row.number for row in db.session.execute(query)} if wanted else {}


def plan_choices() -> list[tuple[str, str]]:
    """(code, name) of the profile's plans, for filters."""
    return [(plan.code, plan.name) for plan in plans.all_plans()]


def _columns() -> Any:
    return select(
        Enrolment.id,
        Enrolment.number,
        Enrolment.union_name,
        Enrolment.plan_code,
        Enrolment.participant_count,
        Enrolment.state,
        Enrolment.submitted_at,
        Enrolment.supplement_of_id,
    )


def _lines(rows: Any) -> list[Line]:
    names = dict(plan_choices())
    return [
        Line(
            row.id,
            row.number,
            row.union_name,
            names.get(row.plan_code, row.plan_code),
            row.participant_count,
            row.state,
            state_words(row.state),
            f"第 {step_of(row.state)} 步，共 {len(STEPS)} 步",
            to_do(row.state, row.submitted_at is not None),
            row.submitted_at,
            clock.age(row.submitted_at) if row.state in REVIEWS and row.submitted_at else "",
            row.supplement_of_id is not None,
        )
        for row in rows
    ]


def to_do(state: str, was_handed_in: bool) -> str:
    """What is to be done now, in words, for the operator in charge."""
    if state == DRAFT and was_handed_in:
        return "按退回原因修改后重新提交"
    if state in REVIEWS:
        return f"等待{state_words(state).removeprefix('待')}"
    return TO_DO.get(state, "")
