"""What did a person agree to, for which purpose, and when did they take it back?"""

from __future__ import annotations

import hashlib
import uuid

from sqlalchemy import select

from core import audit, clock, context
from core.access import Actor
from core.db import db
from employee.models import Consent
from employee.rules import consent


def give_consent(employee_id: uuid.UUID, purposes: list[str], by: Actor) -> None:
    """Keep one row per purpose with the text's version and hash; what is given already is left."""
    brand = context.scheme().brand
    missing = set(purposes) - _given(employee_id)
    for key in sorted(missing):
        text = consent(key).text.format(operator=brand.operator)
        db.session.add(
            Consent(
                employee_id=employee_id,
                purpose=key,
                text_version=brand.consent_version,
                text_hash=hashlib.sha256(text.encode()).hexdigest(),
            )
        )
        audit.record("consent.given", "employee", employee_id, by, purpose=key)


def has_consents(employee_id: uuid.UUID, purposes: list[str]) -> bool:
    """Is every purpose agreed to, in the present version of the text?"""
    return set(purposes) <= _given(employee_id)


def withdraw_consent(employee_id: uuid.UUID, purpose: str, by: Actor) -> None:
    """Stop the processing for `purpose` from now on."""
    for row in db.session.scalars(
        select(Consent).where(
            Consent.employee_id == employee_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
        )
    ):
        row.withdrawn_at = clock.now()
    audit.record("consent.withdrawn", "employee", employee_id, by, purpose=purpose)


def _given(employee_id: uuid.UUID) -> set[str]:
    version = context.scheme().brand.consent_version
    query = select(Consent.purpose).where(
        Consent.employee_id == employee_id, Consent.withdrawn_at.is_(None), Consent.text_version == version
    )
    return set(db.session.scalars(query))
