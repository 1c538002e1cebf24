"""What may this reviewer read of the claims that look like theirs? Key facts, masked, within their scope."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from claims.models import Claim
from claims.queries import work
from claims.queries.own import state_words
from core import clock
from core.access import Actor
from core.db import db
from core.fields import mask_card, mask_name
from employee import service as employees


@dataclass(frozen=True)
class Other:
    """One claim of a pair. `facts` are (label, words) rows."""

    number: str
    facts: list[tuple[str, str]]


def others(claim_ids: list[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Other]:
    """The claims among these that `actor` may see; the rest is somewhere else."""
    if not claim_ids:
        return {}
    query = select(Claim).where(Claim.id.in_(claim_ids), work.scope(actor))
    rows = list(db.session.scalars(query))
    people = employees.cards([row.employee_id for row in rows])
    return {row.id: Other(row.number, _facts(row, people[row.employee_id])) for row in rows}


def own_facts(claim: Claim, sees_name: bool) -> Other:
    """The same facts of the claim under review."""
    person = employees.card(claim.employee_id)
    return Other(claim.number, _facts(claim, person, sees_name))


def _facts(claim: Claim, person: employees.EmployeeCard, sees_name: bool = False) -> list[tuple[str, str]]:
    stay = f"{claim.admitted_on or '—'} 至 {claim.discharged_on or '—'}"
    return [
        ("姓名", person.name if sees_name else mask_name(person.name)),
        ("单位", person.union_name),
        ("状态", state_words(claim.state)),
        ("提交", clock.shown(claim.submitted_at) if claim.submitted_at else "—"),
        ("就诊医院", claim.hospital or "—"),
        ("入院 / 出院", stay),
        ("票据号码", claim.receipt or "—"),
        ("收款卡", mask_card(claim.payee_card) or "—"),
    ]
