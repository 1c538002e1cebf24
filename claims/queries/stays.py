"""For which stays has a person applied already, or begun to? A draft counts too."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from claims.models import Claim
from claims.rules import HOSPITAL
from core.db import db

Span = tuple[dt.date, dt.date]


def stays_of(people: list[uuid.UUID]) -> dict[uuid.UUID, list[Span]]:
    """The hospital stays of these people's applications, in one statement."""
    query = select(Claim.employee_id, Claim.admitted_on, Claim.discharged_on).where(
        Claim.employee_id.in_(people), Claim.kind == HOSPITAL, Claim.admitted_on.is_not(None)
    )
    found: dict[uuid.UUID, list[Span]] = {}
    for person, first, last in db.session.execute(query):
        if first is not None:
            found.setdefault(person, []).append((first, last or first))
    return found


def is_same(stay: Span, other: Span) -> bool:
    """The same stay, or one that overlaps it; out of one bed and into another on one day are two."""
    return stay == other or (stay[0] < other[1] and stay[1] > other[0])


def claimed(employee_id: Any, admitted_on: Any, discharged_on: Any) -> ColumnElement[bool]:
    """Has the person a column names applied for this stay? A condition to put into another query."""
    same = and_(Claim.admitted_on == admitted_on, Claim.discharged_on == discharged_on)
    crossing = and_(Claim.admitted_on < discharged_on, Claim.discharged_on > admitted_on)
    rows = select(Claim.id).where(
        Claim.employee_id == employee_id, Claim.kind == HOSPITAL, or_(same, crossing)
    )
    return rows.exists()
