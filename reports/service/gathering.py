"""How are the rows of a table gathered? Piece by piece under a lease.

A worker that dies loses the piece it was at; its successor goes on from there.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, update

from core import clock
from core.clock import shown
from core.db import db, transaction
from core.errors import Missing, Refused
from core.history import perform
from core.sheets import stream_xlsx
from employee import service as employees
from reports import rules
from reports.models import ReportExport
from reports.queries import listing
from reports.service import exporting, pieces
from staff import service as staff

PIECE = 2000
LEASE = dt.timedelta(seconds=120)
# A table that ends its worker every time must not do so for ever.
MOST_TRIES = 8
UNHEARD = dt.timedelta(seconds=60)  # nobody answered the bell for so long
CARE = "内含个人信息，只用于上面写明的用途，请妥善保管，不要转发，用完删除。"
_TABLE: Any = ReportExport.__table__


class LeaseLost(Exception):
    """Another worker took over; what this one was about to write is void."""


def claim_due() -> ReportExport | None:
    """The table whose turn it is, leased to the caller."""
    row = db.session.scalars(
        select(ReportExport)
        .where(_is_due())
        .order_by(ReportExport.asked_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()
    if row is not None:
        row.tries += 1
        row.lease_until = clock.now() + LEASE
        db.session.flush()
    return row


def is_due() -> bool:
    return bool(db.session.scalar(select(exists().where(_is_due()))))


def is_overdue() -> bool:
    """Has something been due for so long that no worker can be listening?"""
    since = func.coalesce(ReportExport.lease_until, ReportExport.asked_at)
    return bool(db.session.scalar(select(exists().where(_is_due(), since < clock.now() - UNHEARD))))


def _is_due() -> Any:
    is_free = or_(ReportExport.lease_until.is_(None), ReportExport.lease_until <= clock.now())
    return and_(ReportExport.state == "asked", is_free)


def gather_some(row: ReportExport) -> bool:
    """One piece, or the end; False when nothing is left to do."""
    by = staff.actor_at_work(row.staff_id)
    if not exporting.may_have(row, by) or by is None:
        return _stop(row, rules.LOST_RIGHT)
    if row.tries > MOST_TRIES:
        return _stop(row, rules.FAILED)
    if row.pieces and not row.cursor:
        return _finish(row)
    try:
        rows = listing.rows_of(row.kind, by, row.scope, row.given)
    except (Missing, Refused):
        return _stop(row, rules.LOST_RIGHT)
    found, after = listing.piece(rows, row.cursor, PIECE)
    count = row.row_count + len(found)
    if count > exporting.limit():
        return _stop(row, rules.TOO_MANY_ROWS.format(most=rules.rows_words(exporting.limit())))
    lines = listing.lines(row.kind, found, listing.Masks(row.is_whole, row.is_whole))
    pieces.keep(row.id, row.pieces, [listing.cells(row.kind, line) for line in lines])
    if row.is_whole:
        employees.note_looks(
            [line["employee_id"] for line in lines], "report", by, about=rules.TITLES[row.kind]
        )
    _go_on(row, pieces=row.pieces + 1, row_count=count, cursor=after, tries=0)
    return True


def _finish(row: ReportExport) -> bool:
    """Put the pieces together; the rights are weighed once more, at the last moment before it may leave."""
    titles = [column.label for column in listing.COLUMNS[row.kind]]
    with pieces.Parts(row.id) as out:
        rows = pieces.read(row.id, row.pieces)
        stream_xlsx(out, titles, rows, title=rules.TITLES[row.kind], above=watermark(row))
    parts = out.count
    if not exporting.may_have(row, staff.actor_at_work(row.staff_id)):
        return _stop(row, rules.LOST_RIGHT)
    _go_on(row, parts=parts)
    perform(rules.EXPORT, row, "prepare", pieces.SYSTEM, expires_at=exporting.until(), lease_until=None)
    pieces.erase_pieces(row.id, row.pieces)
    return False


def watermark(row: ReportExport) -> list[str]:
    """Who, when, why and what, above the headings: it stays with the table wherever it goes."""
    return [
        f"{rules.TITLES[row.kind]}　共 {row.row_count:,} 行",
        f"导出人：{row.staff_label}　导出时间：{shown(clock.now())}　编号：{row.id.hex[-12:]}",
        f"导出原因：{row.reason}",
        f"范围：{row.scope_words}",
        _masked_words(row),
    ]


def _masked_words(row: ReportExport) -> str:
    if row.kind == rules.ENROLMENTS:
        return "不含职工个人信息。"
    return ("姓名和证件号码为完整内容。" if row.is_whole else "姓名和证件号码已隐去部分内容。") + CARE


def _stop(row: ReportExport, why: str) -> bool:
    exporting.stop(row, why)
    return False


def _go_on(row: ReportExport, **progress: Any) -> None:
    """Extend the lease and keep how far it is. Raises `LeaseLost`: the transaction writes nothing."""
    done = db.session.execute(
        update(_TABLE)
        .where(_TABLE.c.id == row.id, _TABLE.c.lease_until == row.lease_until, _TABLE.c.state == "asked")
        .values(lease_until=clock.now() + LEASE, **progress)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost
    db.session.refresh(row)


def let_go(row_id: Any, held: Any) -> None:
    """Give the turn back at once."""
    mine = and_(_TABLE.c.id == row_id, _TABLE.c.state == "asked", _TABLE.c.lease_until == held)
    db.session.execute(update(_TABLE).where(mine).values(lease_until=None))


def turn(row_id: Any, held: Any) -> tuple[bool, Any]:
    """One step in a transaction of its own: (is there more to do, the lease that is held now).

    Raises `LeaseLost` to a worker that slept for so long that another one took over.
    """
    with transaction():
        row = db.session.get(ReportExport, row_id, populate_existing=True)
        if row is None or row.state != "asked" or row.lease_until != held:
            raise LeaseLost
        return gather_some(row), row.lease_until
