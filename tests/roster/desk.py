"""How does a test import a roster? Upload, read, look, confirm, apply: what an operator and a worker do."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import select, update

from core.access import Actor
from core.db import db, transaction
from core.sheets import read_rows
from employee.models import Employee
from roster import jobs, service
from roster.models import RosterImport, RosterImportRow
from roster.rules.columns import REASON, RESULT
from roster.service import keeping
from union.models import Union

BY = Actor("staff", uuid.UUID(int=7), "王经办", frozenset({"operator"}))


def upload(union: Union, content: bytes, name: str = "名册.xlsx") -> RosterImport:
    with transaction():
        return service.upload(union.id, content, name, BY)


def worked(work: RosterImport) -> RosterImport:
    """A worker does what is due."""
    jobs.work()
    db.session.refresh(work)
    return work


def read(union: Union, content: bytes, name: str = "名册.xlsx") -> RosterImport:
    """Up to the preview, or the refusal."""
    return worked(upload(union, content, name))


def confirm(work: RosterImport, *moves: int) -> RosterImport:
    with transaction():
        service.confirm(work, BY, work.version, list(moves))
    return work


def imported(union: Union, content: bytes, name: str = "名册.xlsx") -> RosterImport:
    """The whole way."""
    work = read(union, content, name)
    assert work.state == "preview", work.problem
    return worked(confirm(work))


def wait_over(work: RosterImport) -> None:
    """As if the pause were over: everything that waits is due now."""
    past = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    with transaction():
        db.session.execute(update(RosterImport).where(RosterImport.id == work.id).values(ask_at=past))
        is_waiting = RosterImportRow.identity == "waiting"
        db.session.execute(update(RosterImportRow).where(is_waiting).values(ask_at=past))


def rows_of(work: RosterImport) -> dict[int, RosterImportRow]:
    """The staged rows by their number in the sheet."""
    query = select(RosterImportRow).where(
        RosterImportRow.import_id == work.id, RosterImportRow.row_number > 0
    )
    return {row.row_number: row for row in db.session.scalars(query)}


def result_of(work: RosterImport) -> list[dict[str, Any]]:
    """The result file as the operator opens it: a dictionary of headings a row."""
    assert work.result_file_id is not None
    rows = list(read_rows(keeping.content_of(work.result_file_id)))
    top = next(n for n, row in enumerate(rows) if RESULT in row)
    titles = [str(title) for title in rows[top]]
    assert titles[-2:] == [RESULT, REASON]
    return [dict.fromkeys(titles) | dict(zip(titles, row, strict=False)) for row in rows[top + 1 :]]


def roster() -> dict[str, tuple[Any, ...]]:
    """Everybody on every roster, opened, by number; with the number of the write, so that a touch shows."""
    db.session.expire_all()
    return {
        str(one.id_number): (
            one.name, one.phone, one.born_on, one.sex, one.insurance_card, one.note, one.hired_on,
            one.union_id, one.is_active, xmin,
        )
        for one, xmin in db.session.execute(select(Employee, _xmin()))
    }  # fmt: skip


def _xmin() -> Any:
    from employee.service import bulk

    return bulk.version()
