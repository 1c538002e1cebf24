"""What was decided in a period, claim by claim, as the award engine saw it? For replaying it; no names."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select

from claims.models import AutomaticGrant, AwardCut, Claim
from claims.queries.own import kind_words
from claims.rules import AUTOMATIC, DECIDED, HOSPITAL
from claims.service.figures import facts_of
from core.db import db
from plans.service import Case


class Entry(NamedTuple):
    """One decided claim with its sum; `is_erased`: what it was computed from is gone by its term.

    `grade` is the hospital's; of a claim without a hospital it says what kind of benefit it is.
    """

    claim_id: uuid.UUID
    number: str
    employee_id: uuid.UUID
    union_id: uuid.UUID
    grade: str
    award_fen: int
    is_erased: bool
    case: Case


def count(plan_code: str, until: dt.datetime) -> int:
    """How many claims of the period were decided by then."""
    query = select(func.count()).select_from(Claim).where(*_decided(plan_code, until))
    return int(db.session.scalar(query) or 0)


def people(plan_code: str, until: dt.datetime, after: uuid.UUID | None, most: int) -> list[uuid.UUID]:
    """Whose claims they are, by id, from behind `after` on."""
    query = select(Claim.employee_id).where(*_decided(plan_code, until)).distinct()
    if after is not None:
        query = query.where(Claim.employee_id > after)
    return list(db.session.scalars(query.order_by(Claim.employee_id).limit(most)))


def entries(plan_code: str, until: dt.datetime, who: list[uuid.UUID]) -> dict[uuid.UUID, list[Entry]]:
    """The decided claims of some people, each person's in the order of the decisions. Two statements."""
    query = select(Claim).where(*_decided(plan_code, until), Claim.employee_id.in_(who))
    rows = list(db.session.scalars(query.order_by(Claim.employee_id, Claim.decided_at, Claim.id)))
    limits = _limits([row.id for row in rows])
    found: dict[uuid.UUID, list[Entry]] = {}
    for row in rows:
        found.setdefault(row.employee_id, []).append(_entry(row, limits.get(row.id, {}), until))
    return found


def given(plan_code: str, until: dt.datetime, who: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """What each of some people was given without asking, in fen."""
    query = select(AutomaticGrant.employee_id, func.sum(AutomaticGrant.amount_fen)).where(
        AutomaticGrant.plan_code == plan_code,
        AutomaticGrant.employee_id.in_(who),
        AutomaticGrant.at <= until,
    )
    rows = db.session.execute(query.group_by(AutomaticGrant.employee_id))
    return {employee_id: int(fen) for employee_id, fen in rows}


def _decided(plan_code: str, until: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Claim.plan_code == plan_code,
        Claim.state.in_(DECIDED),
        Claim.kind != AUTOMATIC,
        Claim.decided_at <= until,
    )


def _limits(claim_ids: list[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    query = select(AwardCut.claim_id, AwardCut.benefit, AwardCut.amount_fen)
    found: dict[uuid.UUID, dict[str, int]] = {}
    for claim_id, benefit, fen in db.session.execute(query.where(AwardCut.claim_id.in_(claim_ids))):
        found.setdefault(claim_id, {})[benefit] = fen
    return found


def _entry(claim: Claim, limits: dict[str, int], until: dt.datetime) -> Entry:
    decided_at: Any = claim.decided_at
    paid_at = claim.paid_at if claim.paid_at and claim.paid_at <= until else None
    case = Case(claim.id, facts_of(claim), decided_at, paid_at, limits, claim.plan_version or "")
    return Entry(
        claim.id,
        claim.number,
        claim.employee_id,
        claim.union_id,
        (claim.hospital_grade or "") if claim.kind == HOSPITAL else kind_words(claim.kind),
        claim.award_fen or 0,
        claim.contents_erased_at is not None,
        case,
    )
