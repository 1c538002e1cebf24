"""How are people told, gently and once? A person a look, a stay for ever, and nobody who does not want it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, func, not_, select, update

from claims.queries.stays import claimed
from core import bell, clock
from core.access import SYSTEM, Actor
from core.db import after_commit, db
from core.errors import Refused
from core.history import perform
from employee import queries as employees
from finder import rules
from finder.models import FinderRun, FinderStay
from finder.service import leasing
from finder.service.uploading import JOB
from notify import mass

CHUNK = 500
_S = FinderStay


def due(run: FinderRun) -> Select[Any]:
    """The people of a look who are to be told: not told, not applied since, in time, and willing to hear."""
    rules_ = and_(
        _S.run_id == run.id,
        _S.told_at.is_(None),
        _S.apply_until >= clock.today(),
        not_(claimed(_S.employee_id, _S.admitted_on, _S.discharged_on)),
        employees.hears_hints(_S.employee_id),
    )
    return select(_S.employee_id).where(rules_).distinct()


def count_due(run: FinderRun) -> int:
    return int(db.session.scalar(select(func.count()).select_from(due(run).subquery())) or 0)


def tell(run: FinderRun, by: Actor, seen: int) -> None:
    """Have them told. Raises `Conflict` (somebody was first), `Refused` (nobody to tell)."""
    if run.state == "found" and not count_due(run):
        raise Refused(rules.NOBODY)
    perform(rules.RUN, run, "tell", by, seen=seen, lease_until=None, tries=0)
    after_commit(lambda: bell.ring(JOB))


def close(run: FinderRun, by: Actor, seen: int) -> None:
    """Nobody is told; what was found stays in the unions' lists."""
    perform(rules.RUN, run, "close", by, seen=seen, lease_until=None)


def tell_some(run: FinderRun) -> bool:
    """The next people of a look, in one transaction with the mark that they were told."""
    people = due(run).subquery()
    query = select(people.c.employee_id).order_by(people.c.employee_id).limit(CHUNK)
    ids = list(db.session.scalars(query))
    if not ids:
        perform(rules.RUN, run, "finish", SYSTEM, lease_until=None)
        return False
    mass.send_many(
        "benefit_hint",
        select(_S.employee_id).where(_S.employee_id.in_(ids), _S.run_id == run.id).distinct(),
        about=("finder", run.id, ""),
        dedupe=f"finder:{run.id}",
        most=CHUNK + 1,
    )
    told = update(_S).where(_S.run_id == run.id, _S.told_at.is_(None), _S.employee_id.in_(ids))
    db.session.execute(told.values(told_at=clock.now()))
    leasing.go_on(run, told=run.told + len(ids), tries=0)
    return True
