"""How is a trial worked through? Some people at a time, each lot in a transaction of its own.

The lot's transaction holds the trial's row: a second worker passes it by, and one that dies leaves the trial
where its last whole lot ended. Nothing of a lot stays in memory once it is written.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import NamedTuple

from sqlalchemy import insert, select, update

from claims.queries import ledger
from claims.queries.ledger import Entry
from core import clock
from core.db import db, uuid7
from plans import queries as coverages
from plans import service as plans
from plans.service import Cover, Plan, Replayed
from whatif import rules
from whatif.models import WhatIf, WhatIfDifference, WhatIfPerson
from whatif.rules import AUTOMATIC_DIFFERS, MOST_TRIES, Line, Person

LOT = 200  # people
UNHEARD = dt.timedelta(seconds=15)
_OPEN = (WhatIf.finished_at.is_(None), WhatIf.failed_at.is_(None))


class Found(NamedTuple):
    """One person replayed twice; what differs from the ledger is (number, ledger, replayed, why)."""

    person: Person
    differences: list[tuple[str, int, int, str]]


def due() -> uuid.UUID | None:
    """The trial that has waited longest."""
    return db.session.scalar(select(WhatIf.id).where(*_OPEN).order_by(WhatIf.created_at).limit(1))


def is_unheard() -> bool:
    """Is there a trial that nobody has worked on for a while?"""
    query = select(WhatIf.id).where(*_OPEN, WhatIf.touched_at < clock.now() - UNHEARD).limit(1)
    return db.session.scalar(query) is not None


def lot(run_id: uuid.UUID) -> bool:
    """Count the next people in; False when nothing is left, or somebody else is at it."""
    query = select(WhatIf).where(WhatIf.id == run_id, *_OPEN).with_for_update(skip_locked=True)
    run = db.session.scalars(query.execution_options(populate_existing=True)).first()
    if run is None:
        return False
    people = ledger.people(run.plan_code, run.created_at, run.last_person, LOT)
    if people:
        _count_in(run, people)
        run.last_person = people[-1]
    else:
        run.finished_at = clock.now()
    run.touched_at = clock.now()
    db.session.flush()
    return bool(people)


def stumbled(run_id: uuid.UUID) -> None:
    """A lot went wrong: tried again twice, then given up in words."""
    table = WhatIf.__table__
    mine = update(table).where(table.c.id == run_id)
    db.session.execute(mine.values(tries=table.c.tries + 1, touched_at=clock.now()))
    db.session.execute(mine.where(table.c.tries >= MOST_TRIES).values(failed_at=clock.now()))


def _count_in(run: WhatIf, people: list[uuid.UUID]) -> None:
    tried = plans.tuned(plans.plan_as_used(run.plan_code, run.plan_version), run.changes)
    entries = ledger.entries(run.plan_code, run.created_at, people)
    given = ledger.given(run.plan_code, run.created_at, people)
    covers = coverages.covers_in(run.plan_code, people)
    totals = deepcopy(run.totals)
    touched: list[dict[str, object]] = []
    differences: list[dict[str, object]] = []
    for employee_id in people:
        mine = entries[employee_id]
        found = _replayed(run.plan_code, tried, mine, covers.get(employee_id), given.get(employee_id, 0))
        rules.add(totals, found.person, len(found.differences))
        touched += _touched(run.id, employee_id, mine, found.person)
        names = ("number", "ledger_fen", "replayed_fen", "why")
        differences += [
            {"id": uuid7(), "run_id": run.id, **dict(zip(names, one, strict=True))}
            for one in found.differences
        ]
    for table, rows in ((WhatIfPerson, touched), (WhatIfDifference, differences)):
        if rows:
            db.session.execute(insert(table), rows)
    run.totals = totals
    run.claims_done += sum(len(mine) for mine in entries.values())


def _touched(
    run_id: uuid.UUID, employee_id: uuid.UUID, mine: list[Entry], person: Person
) -> Iterator[dict[str, object]]:
    by = person.now_fen - person.was_fen
    if by:
        yield {
            "run_id": run_id,
            "employee_id": employee_id,
            "union_id": mine[-1].union_id,
            "is_gain": by > 0,
            "by_fen": abs(by),
            "was_fen": person.was_fen,
            "now_fen": person.now_fen,
            "claims": len(mine),
        }


def _replayed(plan_code: str, tried: Plan, mine: list[Entry], cover: Cover | None, given_fen: int) -> Found:
    if any(entry.is_erased for entry in mine):
        return Found(_as_paid(mine, given_fen), [])
    cases = [entry.case for entry in mine]
    was = plans.replay(lambda version: plans.plan_as_used(plan_code, version), cases, cover)
    now = plans.replay(lambda _: tried, cases, cover)
    before = {outcome.key: outcome for outcome in was.outcomes}
    after = {outcome.key: outcome for outcome in now.outcomes}
    lines, differences = [], []
    for entry in mine:
        old, new = before[entry.claim_id], after[entry.claim_id]
        lines.append(
            Line(
                entry.grade,
                entry.award_fen,
                old.total_fen,
                new.total_fen,
                bool(old.total_fen) and not new.total_fen,
                bool(entry.case.limits),
                False,
                _by_benefit(old.lines, new.lines),
            )
        )
        why = rules.why_differs(entry.award_fen, old.total_fen, old.why, bool(entry.case.limits))
        if why:
            differences.append((entry.number, entry.award_fen, old.total_fen, why[:120]))
    if given_fen != was.automatic_fen:
        differences.append(("", given_fen, was.automatic_fen, AUTOMATIC_DIFFERS))
    return Found(_person(mine, lines, given_fen, was, now), differences)


def _person(mine: list[Entry], lines: list[Line], given_fen: int, was: Replayed, now: Replayed) -> Person:
    unasked = _by_benefit(was.automatic_lines, now.automatic_lines)
    sums = (given_fen, was.automatic_fen, now.automatic_fen)
    return Person(str(mine[-1].union_id), tuple(lines), *sums, unasked)


def _as_paid(mine: list[Entry], given_fen: int) -> Person:
    """What was erased by its term cannot be computed anew: it stays as it was."""
    lines = tuple(
        Line(entry.grade, entry.award_fen, entry.award_fen, entry.award_fen, False, False, True, {})
        for entry in mine
    )
    return Person(str(mine[-1].union_id), lines, given_fen, given_fen, given_fen, {})


def _by_benefit(was: tuple[plans.Line, ...], now: tuple[plans.Line, ...]) -> Mapping[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for line in was:
        before, after = found.get(line.benefit, (0, 0))
        found[line.benefit] = (before + line.amount_fen, after)
    for line in now:
        before, after = found.get(line.benefit, (0, 0))
        found[line.benefit] = (before, after + line.amount_fen)
    return found
