"""Which template carries a message? What staff chose (for the kind, else for its group), else the profile.

Every message asks, so the answers are kept for some seconds in each process.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from core import audit, clock, context
from core.access import Actor
from core.db import after_commit, db
from core.errors import Conflict
from wechat.models import TemplateMapping

KEPT_SECONDS = 3.0
TEMPLATE, SUBSCRIPTION, LONG_TERM = "template", "subscription", "long_term"
FIXED = "="  # a field's value that starts so is that very text
CHANGED = "{who} 刚刚改过这项配置，已为您保留所填内容，请核对后再保存。"
_TABLE = TemplateMapping.__table__
Rows = dict[str, dict[str, Any]]
_kept: dict[str, tuple[float, Rows]] = {}  # by database


@dataclass(frozen=True)
class Mapped:
    """How one message goes by WeChat; `source` is kind, group or profile."""

    key: str
    kind: str
    template_id: str
    fields: Mapping[str, str]
    source: str

    @property
    def needs_consent(self) -> bool:
        return self.kind != TEMPLATE


def filled(fields: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """The template's fields with their values; a fixed text stands for itself."""
    return {
        field: name[len(FIXED) :] if name.startswith(FIXED) else str(values.get(name, ""))
        for field, name in fields.items()
    }


def carrier(kind: str, group: str, connection: Connection | None = None) -> Mapped | None:
    """How messages of `kind` go; None when they do not go by WeChat."""
    known = _known(connection)
    for key, source in ((kind, "kind"), (group, "group")):
        if found := known.get(key):
            return _made(key, found, source) if found["id"] else None
    profile = context.scheme().wechat_templates.get(group)
    return _made(group, profile, "profile") if profile else None


def _made(key: str, row: Mapping[str, Any], source: str) -> Mapped:
    return Mapped(key, str(row["kind"]), str(row["id"]), dict(row["fields"]), source)


def in_use() -> list[Mapped]:
    """Every mapping that can carry something: what staff chose, and the profile's that nobody replaced."""
    known = _known(db.session.connection())
    own = [_made(key, row, "kind") for key, row in known.items() if row["id"]]
    rest = context.scheme().wechat_templates.items()
    return own + [_made(key, row, "profile") for key, row in rest if key not in known]


def _known(connection: Connection | None) -> Rows:
    """What staff chose, by key. The caller's own connection is used where there is one."""
    place = context.settings().database_url
    until, rows = _kept.get(place, (0.0, {}))
    if time.monotonic() > until:
        if connection is not None:
            rows = _read(connection)
        else:
            with db.engine.connect() as own:
                rows = _read(own)
        _kept[place] = (time.monotonic() + KEPT_SECONDS, rows)
    return rows


def _read(connection: Connection) -> Rows:
    table = _TABLE.c
    rows = connection.execute(select(table.key, table.kind, table.template_id, table.fields))
    return {
        row.key: {"kind": row.kind, "id": row.template_id, "fields": json.loads(row.fields)} for row in rows
    }


def forget() -> None:
    """Read again at the next question."""
    _kept.clear()


# --- what staff do -----------------------------------------------------------------------------------------


def chosen(key: str) -> TemplateMapping | None:
    return db.session.scalar(select(TemplateMapping).where(TemplateMapping.key == key))


def choose(key: str, kind: str, template_id: str, fields: Mapping[str, str], *, seen: int, by: Actor) -> None:
    """Carry messages of `key` so; an empty `template_id` means not by WeChat. Raises `Conflict`."""
    row = _locked(key, seen)
    if row is None:
        row = TemplateMapping(key=key, version=0)
        db.session.add(row)
    row.kind, row.template_id = kind, template_id
    row.fields = json.dumps(dict(fields), ensure_ascii=False)
    row.version, row.changed_by, row.changed_at = seen + 1, by.label, clock.now()
    audit.record("map_template", "message_kind", key, by, tuple(fields), template=template_id)
    after_commit(forget)


def give_back(key: str, *, seen: int, by: Actor) -> None:
    """Forget what staff chose, so that the profile counts again. Raises `Conflict`."""
    if _locked(key, seen) is not None:
        db.session.execute(delete(TemplateMapping).where(TemplateMapping.key == key))
        audit.record("unmap_template", "message_kind", key, by)
        after_commit(forget)


def _locked(key: str, seen: int) -> TemplateMapping | None:
    """The row as the caller saw it, nobody else's meanwhile."""
    lock = select(db.func.pg_advisory_xact_lock(db.func.hashtext(f"wechat_mapping:{key}")))
    db.session.execute(lock)
    query = select(TemplateMapping).where(TemplateMapping.key == key)
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if (row.version if row else 0) != seen:
        raise Conflict(CHANGED.format(who=row.changed_by if row else "别人"))
    return row
