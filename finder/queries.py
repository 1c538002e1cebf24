"""Which stays were found for a union's people, and for oneself? Masked lists, within the asker's unions."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, not_, or_, select

from claims.queries.stays import claimed
from core import clock, keyset
from core.access import Actor
from core.db import db
from core.errors import Missing
from core.fields import mask_id, mask_name
from employee import queries as employees
from finder.models import FinderFault, FinderRun, FinderStay
from finder.rules import READERS, STATES
from plans import service as plans
from union import queries as unions
from union.queries import Reach

PAGE = 50
RUNS = 30
_S = FinderStay


class Line(NamedTuple):
    """One stay in the union's list."""

    employee_id: uuid.UUID
    name: str
    id_number: str
    union: str
    admitted_on: dt.date
    discharged_on: dt.date
    apply_until: dt.date
    state: str
    told_at: dt.datetime | None


def reach_of(actor: Actor, *, under: uuid.UUID | None = None, part: str = "") -> Reach | None:
    """The unions whose list `actor` may read. Raises `Missing`."""
    if not actor.has(*READERS):
        return None
    return unions.reach(actor.unions_of(*READERS), under=under, part=part)


def listed(reach: Reach | None, state: str = "", *, before: str = "", after: str = "") -> keyset.Turn:
    """What was found, the newest first. Rows are `Line`s."""
    query: Any = select(
        _S.id, _S.employee_id, _S.union_id, _S.admitted_on, _S.discharged_on, _S.apply_until, _S.told_at,
        _state().label("state"),
    ).where(_within(reach))  # fmt: skip
    if state in STATES:
        query = query.where(_is(state))
    spread = reach.spread(_S.union_id) if reach and reach.is_mergeable else None
    found = keyset.turn(query, (_S.id,), PAGE, before=before, after=after, newest=True, spread=spread)
    return found._replace(rows=_lines(found.rows))


def own(employee_id: uuid.UUID) -> list[Any]:
    """A person's stays that nobody applied for and that are still in time."""
    query = select(
        _S.admitted_on, _S.discharged_on, _S.apply_until, _S.plan_code, _S.told_at
    ).where(
        _S.employee_id == employee_id,
        _S.apply_until >= clock.today(),
        not_(claimed(_S.employee_id, _S.admitted_on, _S.discharged_on)),
    )  # fmt: skip
    names = {plan.code: plan.name for plan in plans.all_plans()}
    rows = db.session.execute(query.order_by(_S.admitted_on.desc()))
    return [{**row._asdict(), "plan": names.get(row.plan_code, row.plan_code)} for row in rows]


def runs() -> list[FinderRun]:
    """The last looks, the newest first."""
    return list(db.session.scalars(select(FinderRun).order_by(FinderRun.id.desc()).limit(RUNS)))


def find_run(run_id: uuid.UUID) -> FinderRun:
    """Raises `Missing`."""
    row = db.session.get(FinderRun, run_id)
    if row is None:
        raise Missing
    return row


def faults_of(run: FinderRun, *, before: str = "", after: str = "") -> keyset.Turn:
    """The rows of a table that could not be read."""
    query: Any = select(FinderFault.row_number, FinderFault.words).where(FinderFault.run_id == run.id)
    return keyset.turn(query, (FinderFault.row_number,), PAGE, before=before, after=after)


def _within(reach: Reach | None) -> ColumnElement[bool]:
    return or_(false(), reach.holds(_S.union_id)) if reach else false()


def _has_claim() -> ColumnElement[bool]:
    return claimed(_S.employee_id, _S.admitted_on, _S.discharged_on)


def _state() -> Any:
    """claimed before told before muted: the first that is true."""
    return case(
        (_has_claim(), "claimed"),
        (_S.told_at.is_not(None), "told"),
        (not_(employees.hears_hints(_S.employee_id)), "muted"),
        else_="new",
    )


def _is(state: str) -> ColumnElement[bool]:
    told, hears = _S.told_at.is_not(None), employees.hears_hints(_S.employee_id)
    if state == "claimed":
        return _has_claim()
    found = {"told": told, "muted": and_(not_(told), not_(hears)), "new": and_(not_(told), hears)}[state]
    return and_(not_(_has_claim()), found)


def _lines(rows: Any) -> list[Line]:
    people = employees.named(row.employee_id for row in rows)
    names = unions.names_of(row.union_id for row in rows)
    return [
        Line(
            row.employee_id,
            mask_name(people[row.employee_id].name),
            mask_id(people[row.employee_id].id_number),
            names.get(row.union_id, ""),
            row.admitted_on,
            row.discharged_on,
            row.apply_until,
            STATES[row.state],
            row.told_at,
        )
        for row in rows
    ]
