"""Where in which photo is something wrong? Rectangles of a return: read, kept, and shown to the person."""

from __future__ import annotations

import math
import uuid
from typing import NamedTuple

from sqlalchemy import select

from claims.models import Claim, ClaimDocument, ReturnMark
from claims.rules import PLACES
from core.db import db
from core.errors import Refused
from core.history import Transition

MOST = 6
NO_PLACE = "请选择照片上的位置，或在照片上重新圈一次"
LONGEST = 120


class Spot(NamedTuple):
    """A rectangle in a photo: fractions of the upright picture, and words."""

    document_id: uuid.UUID
    kind: str
    x: float
    y: float
    width: float
    height: float
    note: str


def read(claim: Claim, documents: list[str], places: list[str], notes: list[str]) -> list[Spot]:
    """What the form's rows say; empty rows are left out, a photo of another claim is refused."""
    mine = {str(row.id): row for row in _photos(claim)}
    found: list[Spot] = []
    for document, place, note in zip(documents, places, notes, strict=False):
        if not document:
            continue
        if document not in mine or len(found) == MOST:
            raise Refused(NO_PLACE, "mark_document")
        row = mine[document]
        found.append(Spot(row.id, row.kind, *area(place), note.strip()[:LONGEST]))
    return found


def area(place: str) -> tuple[float, float, float, float]:
    """x, y, width, height: a region's name, or four fractions as the drawing wrote them."""
    if place in PLACES:
        return PLACES[place].area
    try:
        x, y, width, height = (round(float(part), 4) for part in place.split(","))
        if not all(map(math.isfinite, (x, y, width, height))):
            raise ValueError
    except (ValueError, OverflowError):
        raise Refused(NO_PLACE, "mark_document") from None
    x, y = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
    width, height = min(width, 1 - x), min(height, 1 - y)
    if not (width >= 0.005 and height >= 0.005):
        raise Refused(NO_PLACE, "mark_document")
    return x, y, round(width, 4), round(height, 4)


def keep(step: Transition, spots: list[Spot]) -> None:
    """Write the rectangles of one return."""
    db.session.flush()
    for spot in spots:
        row = ReturnMark(
            step_id=step.id,
            document_id=spot.document_id,
            x=spot.x,
            y=spot.y,
            width=spot.width,
            height=spot.height,
        )
        row.note = spot.note or None
        db.session.add(row)


def of_return(step: Transition | None) -> list[Spot]:
    """The rectangles of a return whose photos are still there, in the order they were drawn."""
    if step is None:
        return []
    query = (
        select(ReturnMark, ClaimDocument.kind)
        .join(ClaimDocument, ClaimDocument.id == ReturnMark.document_id)
        .where(ReturnMark.step_id == step.id, ClaimDocument.removed_at.is_(None))
        .order_by(ReturnMark.id)
    )
    return [
        Spot(m.document_id, kind, m.x, m.y, m.width, m.height, m.note or "")
        for m, kind in db.session.execute(query)
    ]


def _photos(claim: Claim) -> list[ClaimDocument]:
    query = select(ClaimDocument).where(
        ClaimDocument.claim_id == claim.id, ClaimDocument.removed_at.is_(None)
    )
    return list(db.session.scalars(query))
