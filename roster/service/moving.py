"""Which people did an import ask for that are on another union's roster? The 会籍变更 is made of them."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sqlalchemy import and_, select, update

from core.db import db
from employee import service as employees
from roster.models import RosterImport, RosterImportRow
from roster.rules import states

CONFIRMED = (states.APPLYING, states.DONE)


class WantedMove(NamedTuple):
    """One person, whose they are, and who wants them."""

    row_id: uuid.UUID
    employee_id: uuid.UUID
    from_union_id: uuid.UUID
    to_union_id: uuid.UUID
    asked_by_id: uuid.UUID
    asked_by_label: str


def wanted_moves(most: int) -> list[WantedMove]:
    """Rows of confirmed imports whose people were ticked to come over and not asked for yet."""
    is_wanted = and_(
        RosterImportRow.wants_move,
        RosterImportRow.verdict == states.MOVED,
        RosterImportRow.is_applied.is_(False),
        RosterImportRow.employee_id.is_not(None),
        RosterImport.state.in_(CONFIRMED),
    )
    rows = db.session.execute(
        select(
            RosterImportRow.id, RosterImportRow.employee_id, RosterImport.union_id,
            RosterImport.uploaded_by_id, RosterImport.uploaded_by_label,
        )
        .join(RosterImport, RosterImport.id == RosterImportRow.import_id)
        .where(is_wanted)
        .order_by(RosterImportRow.import_id, RosterImportRow.row_number)
        .limit(most)
        .with_for_update(of=RosterImportRow, skip_locked=True)
    ).all()  # fmt: skip
    cards = employees.cards([row[1] for row in rows if row[1]])
    homes = {key: card.union_id for key, card in cards.items()}
    return [
        WantedMove(row[0], row[1], homes.get(row[1], row[2]), row[2], row[3], row[4])
        for row in rows
        if row[1]
    ]


def move_asked(row_id: uuid.UUID) -> None:
    """The request is made; the row needs nothing more."""
    db.session.execute(update(RosterImportRow).where(RosterImportRow.id == row_id).values(is_applied=True))
