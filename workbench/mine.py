"""我的办件: what did somebody hand in and decide, whatever it was, how does it stand, what is to do?

A feature joins with one line in `DOORS`. The list is read by who did it (`ix_transition_actor`): one line a
case, with what was done last; how the case stands is then asked of its feature, once a kind.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import and_, exists, select, tuple_
from sqlalchemy.orm import aliased

from changes.queries.handled import DOOR as CHANGES
from claims.queries.handled import DOOR as CLAIMS
from core import keyset
from core.access import Actor
from core.handled import Case, Door
from core.history import Transition
from employee.service.handled import DEATHS, REBINDS
from enrolment.queries.handled import DOOR as ENROLMENTS
from membership.queries.handled import DOOR as TRANSFERS
from payout.service.handled import DOOR as PAYOUTS
from roster.service.handled import DOOR as IMPORTS
from staff.service.handled import DOOR as APPEALS

DOORS: tuple[Door, ...] = (
    CLAIMS, CHANGES, REBINDS, TRANSFERS, IMPORTS, ENROLMENTS, PAYOUTS, APPEALS, DEATHS,
)  # fmt: skip
KINDS = {door.workflow: door for door in DOORS}
PAGE = 20
# Handled, but no longer in one's unions or rights: that it was handled is all that is said.
ELSEWHERE = Case("—", "", "不在您现在的权限范围内", "", "")
_LATER: Any = aliased(Transition)


class Mine(NamedTuple):
    """One line: when, which kind, what I did, and the case as it is now."""

    at: dt.datetime
    kind: str
    did: str
    case: Case


def page(actor: Actor, *, before: str = "", after: str = "", size: int = PAGE) -> keyset.Turn:
    """One page of it, the newest first. Rows are `Mine`s."""
    later = and_(
        _LATER.object_id == Transition.object_id,
        _LATER.actor_id == actor.id,
        tuple_(_LATER.at, _LATER.id) > tuple_(Transition.at, Transition.id),
    )
    query: Any = select(
        Transition.id, Transition.at, Transition.workflow, Transition.object_id, Transition.action,
        Transition.from_state, Transition.to_state,
    ).where(
        Transition.actor_id == actor.id, Transition.workflow.in_(KINDS), ~exists(select(1).where(later))
    )  # fmt: skip
    keys = (Transition.at, Transition.id)
    found = keyset.turn(query, keys, size, before=before, after=after, newest=True)
    return found._replace(rows=_shown(found.rows, actor))


def _shown(rows: Iterable[Any], actor: Actor) -> list[Mine]:
    rows = list(rows)
    known: dict[uuid.UUID, Case] = {}
    for workflow in dict.fromkeys(row.workflow for row in rows):
        ids = [row.object_id for row in rows if row.workflow == workflow]
        known |= KINDS[workflow].look(ids, actor)
    return [_line(row, known.get(row.object_id, ELSEWHERE)) for row in rows]


def _line(row: Any, case: Case) -> Mine:
    door = KINDS[row.workflow]
    return Mine(row.at, door.kind, door.did(row.action, row.from_state, row.to_state), case)
