"""How does a table of settled stays come in, or what is known get looked at again? The rest is a worker's."""

from __future__ import annotations

import hashlib
import itertools
import re

from sqlalchemy import exists, func, select, text

from core import bell
from core.access import Actor
from core.db import after_commit, db
from core.errors import Conflict, Refused
from core.files.documents import store_document
from core.history import begin
from core.sheets import read_rows, write_xlsx
from finder import rules
from finder.models import OPEN, FinderRun, FinderStay

JOB = "finder.work"
MEDIA = "application/xlsx"
LOCK = 0x4649_4E44


def template() -> bytes:
    """The table to fill in, with its explanation above the headings."""
    return write_xlsx(rules.TITLES, (), title="结算数据", above=rules.instructions())


def upload(content: bytes, file_name: str, by: Actor) -> FinderRun:
    """Keep an uploaded table, sealed, and queue it. Raises `Refused` (no table), `Conflict` (one is open)."""
    if not content:
        raise Refused(rules.NO_FILE, "file")
    _must_be_alone()
    rows = read_rows(content, filename=file_name, field="file")
    layout = rules.find_layout(list(itertools.islice(rows, rules.ROWS_BEFORE_HEADER)))
    if isinstance(layout, str):
        raise Refused(layout, "file")
    media = MEDIA if content.startswith(b"PK") else "text/csv"
    file = store_document(content, "finder", media, hashlib.sha256(content).hexdigest())
    bare = re.sub(r"[\x00-\x1f\x7f]", "", file_name.replace("\\", "/").rpartition("/")[2]).strip()
    return _begun(FinderRun(file_id=file.id, file_name=bare[:120] or "结算数据"), by)


def again(by: Actor) -> FinderRun:
    """Look at the stays that are known and nobody was told of once more. Raises `Refused`, `Conflict`."""
    _must_be_alone()
    if not db.session.scalar(select(exists().where(FinderStay.told_at.is_(None)))):
        raise Refused(rules.NOTHING_KEPT)
    return _begun(FinderRun(file_name="以前上传的数据"), by)


def _must_be_alone() -> None:
    """One at a time in the whole scheme, also against somebody as quick: two would tell the same people."""
    db.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    if db.session.scalar(select(FinderRun.id).where(text(OPEN)).limit(1)):
        raise Conflict(rules.OPEN_ALREADY)


def _begun(run: FinderRun, by: Actor) -> FinderRun:
    assert by.id  # noqa: S101 - staff
    run.by_id, run.by_label, run.state, run.version = by.id, by.label, "uploaded", 0
    db.session.add(run)
    db.session.flush()
    begin(rules.RUN, run, by)
    after_commit(lambda: bell.ring(JOB))
    return run
