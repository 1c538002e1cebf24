"""How does a table come in? Checked for being a table, sealed, queued; the rest is a worker's."""

from __future__ import annotations

import itertools
import re
import uuid

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from core import clock
from core.access import Actor
from core.bell import ring
from core.db import after_commit, db
from core.errors import Conflict, Refused
from core.history import begin
from core.sheets import read_rows
from roster import rules
from roster.models import OPEN, RosterImport
from roster.rules import states
from roster.rules.columns import ROWS_BEFORE_HEADER
from roster.service import keeping

NO_FILE = "请选择填好的表格再上传"
OPEN_ALREADY = "{who} 于 {when} 上传的《{name}》还没有处理完。请先确认或取消那一份，再上传新的。"
JOB = "roster.work"


def upload(union_id: uuid.UUID, content: bytes, file_name: str, by: Actor) -> RosterImport:
    """Keep an uploaded table and queue it. Raises `Refused` (no table), `Conflict` (one is open)."""
    if not content:
        raise Refused(NO_FILE, "file")
    if open_import(union_id):
        raise Conflict(_who_was_first(union_id))
    _check(content, file_name)
    work = RosterImport(
        union_id=union_id,
        file_id=keeping.keep(content, "roster"),
        file_name=_name(file_name),
        state=states.UPLOADED,
        uploaded_by_id=by.id,
        uploaded_by_label=by.label,
    )
    nested = db.session.begin_nested()
    db.session.add(work)
    try:
        db.session.flush()
    except IntegrityError:
        nested.rollback()
        raise Conflict(_who_was_first(union_id)) from None
    begin(states.WORKFLOW, work, by)
    after_commit(lambda: ring(JOB))
    return work


def _check(content: bytes, file_name: str) -> None:
    """What can be seen from the first rows is said at once: no table, not the template, an old one."""
    rows = read_rows(content, filename=file_name, field="file")
    layout = rules.find_layout(list(itertools.islice(rows, ROWS_BEFORE_HEADER)))
    if isinstance(layout, rules.WrongTemplate):
        raise Refused(layout.words, "file")


def open_import(union_id: uuid.UUID) -> RosterImport | None:
    """The import of a union that is not finished."""
    return db.session.scalars(
        select(RosterImport).where(RosterImport.union_id == union_id, text(OPEN))
    ).first()


def _who_was_first(union_id: uuid.UUID) -> str:
    first = open_import(union_id)
    if first is None:
        return "另一份名册刚刚上传，请刷新后再试"
    return OPEN_ALREADY.format(
        who=first.uploaded_by_label, when=clock.shown(first.uploaded_at), name=first.file_name
    )


def _name(file_name: str) -> str:
    """The name the operator knows it by; no path, no control characters."""
    bare = re.sub(r"[\x00-\x1f\x7f]", "", file_name.replace("\\", "/").rpartition("/")[2]).strip()
    return bare[:120] or "名册"
