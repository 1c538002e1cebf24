"""Which claims may this member of staff see, which wait for them, and how long?

`scope` is the one place that says who sees what: a claim out of scope does not exist for the asker.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, true, tuple_

from claims.models import Claim, ClaimPace, ReviewHold
from claims.queries import pace
from claims.queries.narrowing import Filters, late_before, narrowed
from claims.queries.own import kind_words, state_words
from claims.rules import DECIDED, LABELS, LEVEL_ROLES, REVIEWS
from core import clock, context, keyset
from core.access import Actor
from core.db import db
from core.errors import Missing
from core.fields import mask_name
from core.history import Transition
from core.roles import (
    ADMINISTRATOR,
    AUDITOR,
    CHAIR,
    FINANCE_CHECKER,
    FINANCE_MAKER,
    FIRST_REVIEWER,
    OPERATOR,
    SECOND_REVIEWER,
)
from employee import service as employees
from staff import service as staff
from union import queries as unions

REVIEWERS = (OPERATOR, FIRST_REVIEWER, SECOND_REVIEWER)
READERS = (*REVIEWERS, CHAIR, ADMINISTRATOR, AUDITOR)
FINANCE = (FINANCE_MAKER, FINANCE_CHECKER)
PAGE = 20
LAST_STEPS = 100  # of one person, in which their last decisions surely are


@dataclass(frozen=True)
class Line:
    """One row of a list. The name is masked unless the asker has the claim in hand."""

    id: uuid.UUID
    number: str
    kind: str
    name: str
    union: str
    state: str
    label: str
    submitted_at: dt.datetime | None
    waited: str
    is_late: bool
    holder: str
    award_fen: int | None


@dataclass(frozen=True)
class Count:
    """How many claims are in one state, how many of them late, how many in the asker's hands.

    `pace` says in words how long such claims took lately; empty when too few have ended.
    """

    all: int = 0
    late: int = 0
    mine: int = 0
    pace: str = ""


def scope(actor: Actor) -> ColumnElement[bool]:
    """The claims `actor` may see: by role, by union subtree, and never their own case (A1, M10)."""
    if actor.id is None or actor.kind != "staff":
        return false()
    mine = reach(actor, *READERS)
    if actor.has(*FINANCE):
        mine = or_(mine, and_(Claim.state.in_(DECIDED), reach(actor, *FINANCE)))
    own = Claim.employee_id.in_(employees.same_person(*staff.identity(actor.id)))
    return and_(Claim.state != "draft", mine, ~own)


def reach(actor: Actor, *names: str) -> ColumnElement[bool]:
    """The claims of the unions where `actor` holds one of these roles."""
    if not actor.has(*names):
        return false()
    places = actor.unions_of(*names)
    return true() if places is None else Claim.union_id.in_(unions.below_any(places))


def acting_for(claim: Claim, actor: Actor) -> Actor:
    """`actor` with the roles that hold in the claim's union: a grant elsewhere is worth nothing here."""
    return actor.within(unions.chain_of(claim.union_id)) if actor.is_spread else actor


def levels_of(actor: Actor) -> tuple[str, ...]:
    """The states of this scheme in which `actor` may decide."""
    return tuple(
        level
        for level in REVIEWS
        if level in context.scheme().review.levels and actor.has(LEVEL_ROLES[level])
    )


def all_levels() -> tuple[str, ...]:
    """The scheme's levels of review, in order."""
    return context.scheme().review.levels


def any_state(code: str) -> str:
    """The state in words; the code itself for another feature's."""
    return state_words(code) if code in LABELS else code


def find(number: str, actor: Actor, seen: ColumnElement[bool] | None = None) -> Claim:
    """The claim with this number, if `actor` may see it. Raises `Missing`: absent and hidden look alike."""
    row = db.session.scalar(
        select(Claim).where(Claim.number == number, scope(actor) if seen is None else seen)
    )
    if row is None:
        raise Missing
    return row


def counts(actor: Actor, seen: ColumnElement[bool] | None = None) -> dict[str, Count]:
    """Per open state: all, late, in my hands. One statement."""
    now = clock.now()
    mine = and_(ReviewHold.staff_id == actor.id, ReviewHold.until >= now)
    query = (
        select(
            Claim.state,
            func.count(),
            func.count().filter(Claim.submitted_at < late_before(now)),
            func.count().filter(mine),
            pace.of_state(ClaimPace.median_days),
            pace.of_state(ClaimPace.most_days),
        )
        .outerjoin(ReviewHold, ReviewHold.claim_id == Claim.id)
        .where(Claim.state.in_((*REVIEWS, "approved", "pay_failed")))
        .where(scope(actor) if seen is None else seen)
        .group_by(Claim.state)
    )
    return {
        state: Count(all_, late, held, pace.words(half, most))
        for state, all_, late, held, half, most in db.session.execute(query)
    }


def waiting(
    actor: Actor,
    filters: Filters,
    *,
    before: str = "",
    after: str = "",
    seen: ColumnElement[bool] | None = None,
) -> keyset.Turn:
    """The work list: claims under review, the longest waiting first. Rows are `Line`s."""
    keys = (Claim.submitted_at, Claim.id)
    query = narrowed(_lines(actor, seen), actor, filters).where(Claim.submitted_at.is_not(None))
    found = keyset.turn(query, keys, PAGE, before=before, after=after)
    return found._replace(rows=_shown(found.rows, actor))


def register(
    actor: Actor,
    filters: Filters,
    *,
    before: str = "",
    after: str = "",
    seen: ColumnElement[bool] | None = None,
) -> keyset.Turn:
    """Every claim in scope, the newest first. Rows are `Line`s."""
    query = narrowed(_lines(actor, seen), actor, filters)
    found = keyset.turn(query, (Claim.id,), PAGE, before=before, after=after, newest=True)
    return found._replace(rows=_shown(found.rows, actor))


def recently_done(actor: Actor) -> list[Line]:
    """The last five claims `actor` decided about, for an empty desk; the last steps tell which."""
    steps = (
        select(Transition.object_id, Transition.at)
        .where(Transition.actor_id == actor.id)
        .order_by(Transition.at.desc(), Transition.id.desc())
        .limit(LAST_STEPS)
        .subquery()
    )
    mine = or_(Claim.first_reviewer_id == actor.id, Claim.second_reviewer_id == actor.id)
    query = _lines(actor, None).where(mine, Claim.id.in_(select(steps.c.object_id)))
    return _shown(db.session.execute(query.order_by(Claim.state_at.desc()).limit(5)).all(), actor)


class Place(NamedTuple):
    """Where a claim stands in the asker's queue, and the numbers of its neighbours ("" at the ends)."""

    first: int
    total: int
    before: str
    after: str


def place(claim: Claim, actor: Actor) -> Place:
    """第 3 件，共 12 件, and which come before and after. One statement."""
    mine = decidable(actor)
    earlier = or_(
        Claim.submitted_at < claim.submitted_at,
        and_(Claim.submitted_at == claim.submitted_at, Claim.id <= claim.id),
    )
    order = (Claim.submitted_at, Claim.id)
    here = tuple_(
        *[literal(value, key.type) for key, value in zip(order, (claim.submitted_at, claim.id), strict=True)]
    )
    before = select(Claim.number).where(mine, tuple_(*order) < here).order_by(*[key.desc() for key in order])
    after = select(Claim.number).where(mine, tuple_(*order) > here).order_by(*order)
    query = select(
        func.count().filter(earlier),
        func.count(),
        before.limit(1).correlate(None).scalar_subquery(),
        after.limit(1).correlate(None).scalar_subquery(),
    )
    row = db.session.execute(query.select_from(Claim).where(mine)).one()
    return Place(int(row[0]), int(row[1]), row[2] or "", row[3] or "")


def decidable(actor: Actor) -> ColumnElement[bool]:
    """Claims that wait for somebody like `actor`, without those they filed or passed at first review."""
    not_first = or_(
        Claim.state != "second_review",
        Claim.first_reviewer_id.is_(None),
        Claim.first_reviewer_id != actor.id,
    )
    own_filing = and_(Claim.filed_by_kind == "staff", Claim.filed_by_id == actor.id)
    levels = [and_(Claim.state == level, reach(actor, LEVEL_ROLES[level])) for level in levels_of(actor)]
    return and_(scope(actor), or_(false(), *levels), not_first, ~own_filing)


def people_like(text: str, actor: Actor) -> list[uuid.UUID]:
    """Who has this certificate number or phone and a claim in scope (by blind index)."""
    same = employees.same_person(text.upper(), text)
    query = select(Claim.employee_id).where(scope(actor), Claim.employee_id.in_(same)).distinct().limit(5)
    return list(db.session.scalars(query))


def ids(texts: list[str]) -> tuple[uuid.UUID, ...]:
    """Opaque ids out of an address; what is none of ours matches nobody."""
    return tuple(_id(text) for text in texts)


def numbers_of(object_ids: list[str]) -> dict[str, str]:
    """The claim numbers of several ids, for lists that know only ids; nobody opens drafts. One statement."""
    wanted = {_id(text) for text in object_ids}
    query = select(Claim.id, Claim.number).where(Claim.id.in_(wanted), Claim.state != "draft")
    return {str(row.id): row.number for row in db.session.execute(query)} if wanted else {}


def id_of(number: str) -> uuid.UUID | None:
    """The id behind a claim number, scope aside: for the audit list's filter."""
    return db.session.scalar(select(Claim.id).where(Claim.number == number))


def _lines(actor: Actor, seen: ColumnElement[bool] | None) -> Select[Any]:
    columns: list[Any] = [
        Claim.id, Claim.number, Claim.kind, Claim.employee_id, Claim.state, Claim.state_at,
        Claim.submitted_at, Claim.award_fen, ReviewHold.staff_id, ReviewHold.staff_label,
    ]  # fmt: skip
    is_live = and_(ReviewHold.claim_id == Claim.id, ReviewHold.until >= clock.now())
    return select(*columns).outerjoin(ReviewHold, is_live).where(scope(actor) if seen is None else seen)


def _shown(rows: Any, actor: Actor) -> list[Line]:
    people = employees.cards([row.employee_id for row in rows])
    now = clock.now()
    late = late_before(now)
    return [_line(row, people[row.employee_id], actor, now, late) for row in rows]


def _line(
    row: Any, person: employees.EmployeeCard, actor: Actor, now: dt.datetime, late: dt.datetime
) -> Line:
    is_open = row.state in REVIEWS and row.submitted_at is not None
    return Line(
        id=row.id,
        number=row.number,
        kind=kind_words(row.kind),
        name=person.name if row.staff_id == actor.id else mask_name(person.name),
        union=person.union_name,
        state=row.state,
        label=state_words(row.state),
        submitted_at=row.submitted_at,
        waited=clock.age(row.submitted_at, now) if is_open else "",
        is_late=is_open and row.submitted_at < late,
        holder="您" if row.staff_id == actor.id else row.staff_label or "",
        award_fen=row.award_fen,
    )


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
