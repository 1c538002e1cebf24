"""What becomes of a person's applications when they take their consent back? `rules.ON_WITHDRAWAL` says."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

from sqlalchemy import select

from claims.models import Claim, ClaimDocument
from claims.rules import ON_WITHDRAWAL, WORKFLOW
from claims.service.filing import discard, erase_unused
from claims.service.moving import hold, tell_filer
from core import clock
from core.access import Actor
from core.db import db
from core.history import perform

# Content that goes: sealed texts and sums; number, kind, dates of the states and who decided stay.
EMPTY: dict[str, Any] = {
    "hospital": None,
    "hospital_grade": "",
    "diagnosis": None,
    "admitted_on": None,
    "discharged_on": None,
    "total_fen": None,
    "pooled_fen": None,
    "self_paid_fen": None,
    "own_expense_fen": None,
    "bed_excess_fen": None,
    "receipt": None,
    "receipt_check_code": None,
    "event_on": None,
    "recognised_on": None,
    "injury_grade": None,
    "cause": None,
    "payee_name": None,
    "payee_bank": "",
    "payee_branch": "",
    "payee_card": None,
    "payee_relation": "",
    "payee_id_number": None,
    "contact_phone": None,
    "why_other": None,
    "as_typed": None,
    "id_expires_on": None,
    "id_is_permanent": False,
    "award": None,
    "award_fen": None,
    "approval_bi": None,
}


class Effect(NamedTuple):
    """What happened, or would happen, to one application."""

    number: str
    state: str
    effect: str


def foreseen(employee_id: uuid.UUID) -> list[Effect]:
    """What taking the consent back would do now."""
    rows = db.session.execute(
        select(Claim.number, Claim.state).where(Claim.employee_id == employee_id).order_by(Claim.id.desc())
    )
    return [Effect(number, state, ON_WITHDRAWAL[state]) for number, state in rows]


def withdraw_all(employee_id: uuid.UUID, by: Actor) -> list[Effect]:
    """Do it, each application as it stands once it is locked."""
    done = []
    query = select(Claim).where(Claim.employee_id == employee_id).order_by(Claim.id)
    for claim in list(db.session.scalars(query)):
        hold(claim)
        effect = ON_WITHDRAWAL[claim.state]
        done.append(Effect(claim.number, claim.state, effect))
        _apply(claim, effect, by.owning())
    return done


def _apply(claim: Claim, effect: str, owner: Actor) -> None:
    if effect == "delete":
        discard(claim, owner)
    if effect in ("stop", "waive"):
        perform(WORKFLOW, claim, effect, owner)
        if claim.filed_by_kind == "staff":
            tell_filer(claim, "filed_withdrawn", f"claim:{claim.id}:{effect}")
    if effect in ("stop", "waive", "erase"):
        _erase(claim)


def _erase(claim: Claim) -> None:
    """The bytes go after the commit; a picture that another application still shows stays."""
    documents = list(db.session.scalars(select(ClaimDocument).where(ClaimDocument.claim_id == claim.id)))
    for document in documents:
        document.removed_at = document.removed_at or clock.now()
    db.session.flush()
    erase_unused(documents)
    for name, value in EMPTY.items():
        setattr(claim, name, value)
    claim.photos_erased_at = claim.contents_erased_at = clock.now()
    db.session.flush()
