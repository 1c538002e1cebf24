"""May these figures be tried? Read as typed, made into a plan once to see that they make one, then queued."""

from __future__ import annotations

from collections.abc import Mapping

from claims.queries import ledger
from core import audit, clock
from core.access import Actor
from core.bell import ring
from core.db import after_commit, db
from core.errors import Invalid
from core.limits import Limit, take
from plans import queries as coverages
from plans import service as plans
from plans.service import Plan, TuningError
from whatif.models import WhatIf
from whatif.rules import PURPOSE_LONGEST, nothing

JOB = "whatif.work"
TRIALS = Limit("what_if", 100, 24 * 3600, "今天发起的测算太多了（100 次），请明天再试。")


def start(plan: Plan, typed: Mapping[str, str], purpose: str, by: Actor) -> WhatIf:
    """Queue a trial. Raises `Invalid` with the figures that are no figures, or make no plan together."""
    changes = changes_of(plan, typed)
    take(TRIALS, by.key)
    assert by.id  # noqa: S101 - staff always have an id
    now = clock.now()
    run = WhatIf(
        plan_code=plan.code,
        plan_version=plan.version,
        changes=changes,
        purpose=" ".join(purpose.split())[:PURPOSE_LONGEST],
        by_id=by.id,
        by_label=by.label,
        covered=coverages.count_covered(plan.code),
        claims_total=ledger.count(plan.code, now),
        claims_done=0,
        totals=nothing(),
        tries=0,
        created_at=now,
        touched_at=now,
    )
    db.session.add(run)
    db.session.flush()
    audit.record("what_if.start", "what_if", run.id, by, plan=plan.code, fields=tuple(changes)[:40])
    after_commit(lambda: ring(JOB))
    return run


def changes_of(plan: Plan, typed: Mapping[str, str]) -> dict[str, str]:
    """Figure → the other value. Raises `Invalid`."""
    try:
        changes = plans.changed(plan, typed)
        plans.tuned(plan, changes)
    except TuningError as wrong:
        raise Invalid(wrong.problems) from None
    return changes
