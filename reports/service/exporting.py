"""How does a table leave? Asked for with a reason, gathered by a worker in sealed pieces, fetched once.

The rights are weighed three times: when it is asked for, when it is gathered, when it is fetched. Whoever has
lost them since gets nothing, and what was gathered is erased.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import select

from core import audit, bell, clock, context
from core.access import Actor
from core.db import after_commit, db
from core.errors import Conflict, Missing, Refused
from core.files.orphans import ids_of
from core.history import begin, perform
from core.limits import Limit, take
from reports import rules
from reports.models import ReportExport
from reports.queries import listing, narrowing
from reports.queries.narrowing import Given
from reports.queries.scope import scope_of, still_holds
from reports.service import pieces

JOB = "reports.gather"
MOST_PARTS = 16  # of a table that was stopped while it was put together
PER_HOUR = Limit("report_export", 20, 3600, "导出的次数太多，请 {wait}后再试。")


def ask(kind: str, given: Given, reason: str, is_whole: bool, by: Actor) -> ReportExport:
    """Have a table gathered. Raises `Refused` (no reason, nothing or too much in it), `TooMany`."""
    assert by.id  # noqa: S101 - staff
    if not reason.strip():
        raise Refused(rules.NO_REASON, "reason")
    if is_whole and not still_holds(scope_of(by, kind), scope_of(by, kind, is_whole=True)):
        raise Refused(rules.NO_WHOLE, "whole")
    scope = scope_of(by, kind)
    must_fit(listing.count_up_to(listing.rows_of(kind, by, scope, given), limit()))
    take(PER_HOUR, by.key)
    row = ReportExport(
        kind=kind,
        staff_id=by.id,
        staff_label=by.label,
        given=given,
        scope=scope,
        scope_words=narrowing.in_words(kind, given)[:400],
        reason=reason.strip()[: rules.LONGEST_REASON],
        is_whole=is_whole,
        state="asked",
        version=0,
    )
    db.session.add(row)
    db.session.flush()
    begin(rules.EXPORT, row, by)
    audit.record("report.ask", "report", row.id, by, report=kind, whole=is_whole)
    after_commit(lambda: bell.ring(JOB))
    return row


def limit() -> int:
    return context.settings().export_rows


def must_fit(count: int) -> None:
    """Raises `Refused` for nothing, and for more than a table may hold (A11)."""
    if not count:
        raise Refused(rules.NOTHING_TO_EXPORT)
    if count > limit():
        raise Refused(rules.TOO_MANY_ROWS.format(most=rules.rows_words(limit())))


def own(export_id: uuid.UUID, by: Actor) -> ReportExport:
    """Raises `Missing`: somebody else's looks like none."""
    row = db.session.get(ReportExport, export_id)
    if row is None or row.staff_id != by.id:
        raise Missing
    return row


def may_have(row: ReportExport, by: Actor | None) -> bool:
    """Do the rights of this moment reach everything that this table was asked for?"""
    if by is None or not still_holds(row.scope, scope_of(by, row.kind)):
        return False
    return not row.is_whole or still_holds(row.scope, scope_of(by, row.kind, is_whole=True))


def fetch(export_id: uuid.UUID, by: Actor) -> tuple[ReportExport, bytes] | None:
    """The table, once; None (and it is gone) when the rights ended. Raises `Missing`, `Conflict`."""
    row = own(export_id, by)
    if row.state != "ready" or row.erased_at or not row.expires_at or row.expires_at < clock.now():
        raise Conflict(rules.OVER)
    if not may_have(row, by):
        stop(row, rules.LOST_RIGHT)
        return None
    content = pieces.whole(row.id, row.parts)
    perform(rules.EXPORT, row, "fetch", by.owning())
    audit.record(
        "report.download", "report", row.id, by, report=row.kind, rows=row.row_count, whole=row.is_whole
    )
    return row, content


def stop(row: ReportExport, why: str) -> None:
    """It will not leave; what was gathered goes with the next sweep, at once when it can."""
    perform(rules.EXPORT, row, "stop", pieces.SYSTEM, problem=why[:120], lease_until=None)
    row.erased_at = clock.now()
    row_id, count, parts = row.id, row.pieces, max(row.parts, MOST_PARTS)
    after_commit(lambda: pieces.erase(row_id, count, parts))


def sweep() -> int:
    """What was fetched or is too old goes from the store."""
    now = clock.now()
    due = select(ReportExport).where(
        ReportExport.erased_at.is_(None),
        (ReportExport.state == "fetched")
        | ((ReportExport.state == "ready") & (ReportExport.expires_at < now)),
    )
    locked = due.limit(200).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    rows = list(db.session.scalars(locked))
    for row in rows:
        if row.state == "ready":
            perform(rules.EXPORT, row, "expire", pieces.SYSTEM)
        row.erased_at = now
        pieces.erase(row.id, row.pieces, row.parts)
    db.session.flush()
    return len(rows)


def exports_of(owners: set[str]) -> set[str]:
    """Which of these are tables that still lie in the store?"""
    live = select(ReportExport.id).where(ReportExport.erased_at.is_(None))
    return ids_of(owners, lambda ids: live.where(ReportExport.id.in_(ids)))


def until() -> dt.datetime:
    return clock.now() + dt.timedelta(hours=rules.KEEP_HOURS)


def listed(by: Actor, most: int = 20) -> list[dict[str, Any]]:
    """The asker's own last exports."""
    query = select(ReportExport).where(ReportExport.staff_id == by.id).order_by(ReportExport.id.desc())
    return [
        {
            "id": row.id,
            "title": rules.TITLES[row.kind],
            "scope": row.scope_words,
            "reason": row.reason,
            "label": rules.EXPORT.label(row.state),
            "state": row.state,
            "asked_at": row.asked_at,
            "rows": row.row_count,
            "whole": row.is_whole,
            "problem": row.problem,
            "until": row.expires_at,
        }
        for row in db.session.scalars(query.limit(most))
    ]
