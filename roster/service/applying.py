"""How does a confirmed import reach the roster? In lots, each of them whole, none of them twice.

Rows whose name or number is new wait for the identity check. Who matches is merged; who does not is named
with the reason; who could not be asked is asked again later, however long that takes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, case, func, select, update

from core import clock
from core.bell import ring
from core.db import after_commit, db, transaction
from core.history import perform
from employee.service import bulk, identity
from roster.models import RosterImport, RosterImportRow
from roster.rules import states
from roster.service import keeping, results

JOB = "roster.work"
LOT = 5000
ASKED_AT_ONCE = 500
# How long to wait before asking again: seconds by how often nobody answered.
BACK_OFF = (5, 15, 60, 300, 600)
CLOSED_FOR = dt.timedelta(minutes=5)
_ROW: Any = RosterImportRow.__table__


def apply_some(work: RosterImport) -> bool:
    """One step of a confirmed import; False when there is nothing to do for now."""
    if _merge_lot(work):
        return True
    is_answered = _ask_some(work)
    if is_answered is not None:
        return is_answered
    with transaction():
        later = _next_ask(work)
        if later:
            keeping.let_go(work, later)
        else:
            results.finish(work)
    return False


def _writes(work: RosterImport) -> Any:
    return and_(
        _ROW.c.import_id == work.id,
        _ROW.c.verdict.in_((states.NEW, states.CHANGED)),
        _ROW.c.is_applied.is_(False),
    )


def _merge_lot(work: RosterImport) -> bool:
    """Write up to a lot of rows that nobody need be asked about."""
    ready = and_(_writes(work), _ROW.c.identity.in_((states.NOT_NEEDED, states.MATCH)))
    with transaction():
        numbers = list(
            db.session.scalars(select(_ROW.c.row_number).where(ready).order_by(_ROW.c.row_number).limit(LOT))
        )
        if not numbers:
            return False
        lot = and_(ready, _ROW.c.row_number.between(numbers[0], numbers[-1]))
        is_new = _ROW.c.verdict == states.NEW
        written = bulk.take_in(_ROW, work.union_id, and_(lot, is_new))
        written |= bulk.take_over(_ROW, work.union_id, and_(lot, ~is_new))
        _mark(lot, written, len(numbers))
        keeping.go_on(work, applied_count=RosterImport.applied_count + len(written))
    return True


def _mark(lot: Any, written: set[Any], expected: int) -> None:
    """Say of each row of the lot that it is written, or that somebody else was there first."""
    if len(written) < expected:
        late = and_(lot, _ROW.c.employee_id.not_in(written))
        db.session.execute(update(_ROW).where(late).values(verdict=states.LATE, is_applied=True))
    db.session.execute(update(_ROW).where(lot).values(is_applied=True))


def _ask_some(work: RosterImport) -> bool | None:
    """Ask about some rows, outside any transaction. None: there is nobody to ask about, or nobody to ask;
    False: nobody answered, and the import was given back until later."""
    wanted = ("id", "identity_bi", "id_type", "employee_id", "id_number_ct", "name_ct")
    rows = db.session.execute(_due(work, *(_ROW.c[name] for name in wanted)).limit(ASKED_AT_ONCE)).all()
    known: dict[bytes, str | None] = dict(identity.remembered(bytes(row.identity_bi) for row in rows))
    asks = [
        identity.Ask(bytes(key), kind, *bulk.opened_pair(*rest))
        for _, key, kind, *rest in rows
        if bytes(key) not in known
    ]
    db.session.rollback()
    answers = identity.ask(asks) if asks and identity.is_open() else {}
    if not known and not answers:
        return None
    with transaction():
        identity.remember(answers)
        is_answered = _take_up([(row.id, bytes(row.identity_bi)) for row in rows], known | answers)
        keeping.go_on(work, tries=0 if is_answered else RosterImport.tries + 1)
        if not is_answered:
            keeping.let_go(work, clock.now() + _pause(work.tries))
    return is_answered


def _take_up(asked: list[tuple[Any, bytes]], answers: Mapping[bytes, str | None]) -> bool:
    """Write the answers; who was asked in vain waits, each time a little longer. Was there any answer?"""
    said: dict[str | None, list[Any]] = {}
    for row_id, key in asked:
        if key in answers:
            said.setdefault(answers[key], []).append(row_id)
    silent = said.pop(None, [])
    for verdict, row_ids in said.items():
        db.session.execute(update(_ROW).where(_ROW.c.id.in_(row_ids)).values(identity=verdict))
    if silent:
        turns = {tries: clock.now() + _pause(tries) for tries in range(len(BACK_OFF))}
        later = case(turns, value=_ROW.c.tries, else_=turns[len(BACK_OFF) - 1])
        values = {"ask_at": later, "tries": _ROW.c.tries + 1}
        db.session.execute(update(_ROW).where(_ROW.c.id.in_(silent)).values(**values))
    return bool(said)


def _pause(tries: int) -> dt.timedelta:
    return dt.timedelta(seconds=BACK_OFF[min(tries, len(BACK_OFF) - 1)])


def _due(work: RosterImport, *columns: Any) -> Any:
    waits = and_(_waits(work), _ROW.c.ask_at <= clock.now())
    return select(*columns).where(waits).order_by(_ROW.c.ask_at, _ROW.c.row_number)


def _waits(work: RosterImport) -> Any:
    return and_(_writes(work), _ROW.c.identity == states.WAITING)


def _next_ask(work: RosterImport) -> dt.datetime | None:
    """When to look again: the first row's turn, in minutes while the check is closed; None: nobody waits."""
    first = db.session.scalar(select(func.min(_ROW.c.ask_at)).where(_waits(work)))
    return first if first is None or identity.is_open() else clock.now() + CLOSED_FOR


def confirm(work: RosterImport, by: Any, seen: int, moves: list[int]) -> None:
    """The operator agrees with the preview; `moves` are the rows of people to ask another union for."""
    perform(states.WORKFLOW, work, "apply", by, seen=seen, lease_until=None, ask_at=None, tries=0)
    if moves:
        is_moved = and_(_ROW.c.import_id == work.id, _ROW.c.verdict == states.MOVED)
        db.session.execute(update(_ROW).where(is_moved, _ROW.c.row_number.in_(moves)).values(wants_move=True))
    after_commit(lambda: ring(JOB))


def cancel(work: RosterImport, by: Any, seen: int) -> None:
    """Nothing was written; nothing will be."""
    perform(states.WORKFLOW, work, "cancel", by, seen=seen, lease_until=None)
