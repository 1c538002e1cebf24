"""What may this reviewer read of the claims that look like theirs? What is the same, what is not, masked."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from claims.models import Claim
from claims.queries import work
from claims.queries.own import state_words
from core import clock
from core.access import Actor
from core.db import db
from core.fields import mask_card, mask_name
from core.money import shown_yuan
from employee import service as employees


class Fact(NamedTuple):
    """One line of a comparison, as both claims say it."""

    label: str
    mine: str
    other: str
    is_same: bool


@dataclass(frozen=True)
class Other:
    """One claim beside the one under review: `same` and `different` tell, `rest` only says which it is."""

    number: str
    state: str
    same: list[Fact]
    different: list[Fact]
    rest: list[Fact]


class _Side(NamedTuple):
    claim: Claim
    person: employees.EmployeeCard
    sees_name: bool


# What speaks for or against one bill handed in twice: label, what is compared, what is shown of it.
_TELLING: tuple[tuple[str, Callable[[_Side], object], Callable[[_Side], str]], ...] = (
    ("姓名", lambda side: side.claim.employee_id, lambda side: _name(side)),
    ("就诊医院", lambda side: side.claim.hospital, lambda side: side.claim.hospital or "—"),
    ("入院 / 出院", lambda side: _stay(side.claim), lambda side: _stay(side.claim)),
    ("票据号码", lambda side: side.claim.receipt, lambda side: side.claim.receipt or "—"),
    ("医疗总费用", lambda side: side.claim.total_fen, lambda side: _yuan(side.claim.total_fen)),
    ("收款卡", lambda side: side.claim.payee_card, lambda side: mask_card(side.claim.payee_card) or "—"),
)


def others(claim: Claim, claim_ids: list[uuid.UUID], actor: Actor, sees_name: bool) -> dict[uuid.UUID, Other]:
    """The claims among these that `actor` may see, beside `claim`; the rest is somewhere else."""
    if not claim_ids:
        return {}
    query = select(Claim).where(Claim.id.in_(claim_ids), work.scope(actor))
    rows = list(db.session.scalars(query))
    people = employees.cards(list({claim.employee_id, *(row.employee_id for row in rows)}))
    mine = _Side(claim, people[claim.employee_id], sees_name)
    return {row.id: _beside(mine, _Side(row, people[row.employee_id], False)) for row in rows}


def _beside(mine: _Side, other: _Side) -> Other:
    facts = [
        Fact(label, shown(mine), shown(other), compared(mine) == compared(other))
        for label, compared, shown in _TELLING
        if not (shown(mine) == shown(other) == "—")
    ]
    return Other(
        other.claim.number,
        state_words(other.claim.state),
        [fact for fact in facts if fact.is_same],
        [fact for fact in facts if not fact.is_same],
        [
            Fact("单位", mine.person.union_name, other.person.union_name, False),
            Fact("提交", _when(mine.claim), _when(other.claim), False),
        ],
    )


def _name(side: _Side) -> str:
    return side.person.name if side.sees_name else mask_name(side.person.name)


def _stay(claim: Claim) -> str:
    if claim.admitted_on is None and claim.discharged_on is None:
        return "—"
    return f"{claim.admitted_on or '—'} 至 {claim.discharged_on or '—'}"


def _yuan(fen: int | None) -> str:
    return "—" if fen is None else f"{shown_yuan(fen)} 元"


def _when(claim: Claim) -> str:
    return clock.shown(claim.submitted_at) if claim.submitted_at else "—"
