"""What was changed on a union's record, by whom, when? Read from the audit chain, which nobody rewrites."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import NamedTuple

from sqlalchemy import select

from core.audit import AuditEntry
from core.db import db
from union.rules import LABELS

PAGE = 20
ACTIONS = {"union.edit": "修改", "union.move": "改变隶属", "union.create": "新建"}


class HistoryLine(NamedTuple):
    """One change; field names only, never what stood in them."""

    at: dt.datetime
    who: str
    what: str


def lines(union_id: uuid.UUID) -> list[HistoryLine]:
    """The latest changes first."""
    rows = db.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.object_id == str(union_id), AuditEntry.action.in_(ACTIONS))
        .order_by(AuditEntry.seq.desc())
        .limit(PAGE)
    )
    return [HistoryLine(row.at, row.actor_label, _what(row)) for row in rows]


def _what(row: AuditEntry) -> str:
    fields = "、".join(LABELS.get(name, name) for name in row.detail.get("fields", ()))
    return f"{ACTIONS[row.action]}：{fields}" if row.action == "union.edit" else ACTIONS[row.action]
