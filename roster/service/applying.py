"""How does a confirmed import reach the roster? In lots, each of them whole, none of them twice.

Rows whose name or number is new wait for the identity check. Who matches is merged; who does not is named
with the reason; who could not be asked is asked again later, however long that takes.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import and_, func, or_, select, update

from core import clock
from core.db import db, transaction
from core.history import perform
from employee.service import bulk, identity
from roster.models import RosterImport, RosterImportRow
from roster.rules import states
from roster.service import keeping, results

LOT = 5000
ASKED_AT_ONCE = 200
# How long to wait before asking again: seconds by how often nobody answered.
BACK_OFF = (5, 15, 60, 300, 900, 3600)
_ROW: Any = RosterImportRow.__table__


def apply_some(work: RosterImport) -> bool:
    """One step of a confirmed import; False when there is nothing to do for now."""
    if _merge_lot(work):
        return True
    if _answer_from_memory(work) or _ask_some(work):
        return True
    with transaction():
        if _open_rows(work):
            keeping.let_go(work, _next_ask(work))
            return False
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


def _answer_from_memory(work: RosterImport) -> bool:
    """Take over answers that are still fresh."""
    with transaction():
        keys = list(db.session.scalars(_due(work, _ROW.c.identity_bi).limit(LOT)))
        known = identity.remembered(keys)
        _take_answers(work, known)
        return bool(known)


def _ask_some(work: RosterImport) -> bool:
    """Ask about some rows, outside any transaction; silence is asked again later."""
    if not identity.is_open():
        return False
    wanted = ("identity_bi", "id_type", "employee_id", "id_number_ct", "name_ct")
    rows = db.session.execute(_due(work, *(_ROW.c[name] for name in wanted)).limit(ASKED_AT_ONCE)).all()
    asks = [identity.Ask(bytes(key), kind, *bulk.opened_pair(*rest)) for key, kind, *rest in rows]
    db.session.rollback()
    if not asks:
        return False
    answers = identity.ask(asks)
    with transaction():
        identity.remember(answers)
        _take_answers(work, {key: verdict for key, verdict in answers.items() if verdict})
        _wait(work, [key for key, verdict in answers.items() if verdict is None])
        keeping.go_on(work)
    return True


def _due(work: RosterImport, *columns: Any) -> Any:
    waits = and_(_writes(work), _ROW.c.identity == states.WAITING, _ROW.c.ask_at <= clock.now())
    return select(*columns).where(waits).order_by(_ROW.c.ask_at, _ROW.c.row_number)


def _take_answers(work: RosterImport, answers: dict[bytes, str]) -> None:
    for verdict in (states.MATCH, states.MISMATCH, states.UNKNOWN):
        keys = [key for key, found in answers.items() if found == verdict]
        if keys:
            db.session.execute(
                update(_ROW).where(_writes(work), _ROW.c.identity_bi.in_(keys)).values(identity=verdict)
            )


def _wait(work: RosterImport, keys: list[bytes]) -> None:
    """Nobody answered about these: later, and each time a little later."""
    for tries, seconds in enumerate(BACK_OFF):
        is_turn = _ROW.c.tries == tries if tries < len(BACK_OFF) - 1 else _ROW.c.tries >= tries
        later = clock.now() + dt.timedelta(seconds=seconds)
        db.session.execute(
            update(_ROW)
            .where(_writes(work), _ROW.c.identity_bi.in_(keys), is_turn, _ROW.c.ask_at <= clock.now())
            .values(tries=_ROW.c.tries + 1, ask_at=later)
        )


def _open_rows(work: RosterImport) -> int:
    waits = and_(_writes(work), or_(_ROW.c.identity == states.WAITING))
    return db.session.scalar(select(func.count()).where(waits)) or 0


def _next_ask(work: RosterImport) -> dt.datetime:
    """When to look again: the first row's turn, or in ten minutes when the check has closed for the day."""
    if not identity.is_open():
        return clock.now() + dt.timedelta(minutes=10)
    return (
        db.session.scalar(
            select(func.min(_ROW.c.ask_at)).where(_writes(work), _ROW.c.identity == states.WAITING)
        )
        or clock.now()
    )


def confirm(work: RosterImport, by: Any, seen: int, moves: list[int]) -> None:
    """The operator agrees with the preview; `moves` are the rows of people to ask another union for."""
    perform(states.WORKFLOW, work, "apply", by, seen=seen, lease_until=None, ask_at=None)
    if moves:
        is_moved = and_(_ROW.c.import_id == work.id, _ROW.c.verdict == states.MOVED)
        db.session.execute(update(_ROW).where(is_moved, _ROW.c.row_number.in_(moves)).values(wants_move=True))


def cancel(work: RosterImport, by: Any, seen: int) -> None:
    """Nothing was written; nothing will be."""
    perform(states.WORKFLOW, work, "cancel", by, seen=seen, lease_until=None)
