"""基层审核: what waits for a union's own review, by kind, and what has it decided? (XM-91, XM-92)"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select

from claims.models import Claim
from claims.queries import work
from claims.queries.narrowing import Filters, narrowed
from claims.queries.own import kind_words, state_words
from claims.queries.record import label_of
from claims.rules import PASSES, RETURNS
from core import context, keyset
from core.access import Actor
from core.db import db
from core.fields import mask_name
from core.history import Transition
from core.roles import OPERATOR
from employee import service as employees

LEVEL = "union_review"
DECISIONS = (PASSES[LEVEL], RETURNS[LEVEL])
_HANDED_IN = "职工在微信提交；工伤致残、职工亡故慰问金由单位经办人代为办理"
_WHO = {
    LEVEL: "单位工会经办人或主席，核对职工信息和材料",
    "first_review": "初审人员，核对费用和保障期",
    "second_review": "复审人员，确定补助金额（与初审不是同一个人）",
    "approved": "财务人员制单、复核，交给银行",
    "paid": "用短信、站内信和微信通知；打款失败的，改正收款账户后重新打款",
}


@dataclass(frozen=True)
class Decided:
    """One row of 已审核: what the union said and how far the claim is now."""

    number: str
    name: str
    union: str
    said: str
    by: str
    at: dt.datetime
    label: str


class Stage(NamedTuple):
    """One step of the way of a claim (XM-90)."""

    label: str
    who: str


def is_there() -> bool:
    """Has this scheme a review by the person's own union?"""
    return LEVEL in context.scheme().review.levels


def kinds() -> list[tuple[str, str]]:
    """The kinds of benefit of this scheme, as its users call them."""
    return [(kind, kind_words(kind)) for kind in context.scheme().kinds]


def way() -> list[Stage]:
    """职工申请住院、工伤致残、亡故补助（慰问）网上办理流程: the scheme's own levels, in order (XM-90)."""
    states = (*context.scheme().review.levels, "approved", "paid")
    return [Stage("提交申请", _HANDED_IN), *(Stage(state_words(state), _WHO[state]) for state in states)]


def counts(actor: Actor) -> dict[str, int]:
    """How many wait in the actor's unions, per kind. One statement, none where there is no such level."""
    if LEVEL not in work.levels_of(actor):
        return {}
    query = select(Claim.kind, func.count()).where(Claim.state == LEVEL, _mine(actor)).group_by(Claim.kind)
    return {kind: int(count) for kind, count in db.session.execute(query)}


def waiting(actor: Actor, kind: str, filters: Filters, *, before: str = "", after: str = "") -> keyset.Turn:
    """待审核, the longest waiting first. Rows are `work.Line`s."""
    seen = and_(_mine(actor), Claim.kind == kind, Claim.state == LEVEL)
    return work.waiting(actor, filters, before=before, after=after, seen=seen)


def decided(actor: Actor, kind: str, filters: Filters, *, before: str = "", after: str = "") -> keyset.Turn:
    """已审核, the newest application first. Rows are `Decided`."""
    last = (
        select(Transition.id)
        .where(Transition.object_id == Claim.id, Transition.action.in_(DECISIONS))
        .order_by(Transition.at.desc(), Transition.id.desc())
        .limit(1)
        .correlate(Claim)
        .scalar_subquery()
    )
    columns: tuple[Any, ...] = (
        Claim.id, Claim.number, Claim.employee_id, Claim.state,
        Transition.action, Transition.from_state, Transition.to_state, Transition.actor_label, Transition.at,
    )  # fmt: skip
    query: Select[Any] = select(*columns).join(Transition, Transition.id == last)
    # Taken back, or handed in again: it waits once more and is in the other list.
    query = query.where(_mine(actor), Claim.kind == kind, Claim.state != LEVEL)
    query = narrowed(query, actor, filters)
    found = keyset.turn(query, (Claim.id,), work.PAGE, before=before, after=after, newest=True)
    return found._replace(rows=_shown(found.rows))


def _mine(actor: Actor) -> ColumnElement[bool]:
    """Claims of the unions where the actor decides at this level, theirs and all below."""
    return and_(work.scope(actor), work.reach(actor, OPERATOR))


def _shown(rows: Any) -> list[Decided]:
    people = employees.cards([row.employee_id for row in rows])
    return [_decided(row, people) for row in rows]


def _decided(row: Any, people: dict[uuid.UUID, employees.EmployeeCard]) -> Decided:
    person = people[row.employee_id]
    said = label_of(row.action, row.from_state, row.to_state, is_staff=False)
    return Decided(
        row.number,
        mask_name(person.name),
        person.union_name,
        said,
        row.actor_label,
        row.at,
        state_words(row.state),
    )
