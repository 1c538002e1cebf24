"""Who did what, when, and can anybody have changed that afterwards? An append-only hash chain.

Rows are collected during the action and written as the transaction's last statements: the chain's lock is
held for two statements only. A row names which fields were touched, never their values. The database
refuses UPDATE and DELETE by trigger; `verify` finds an edited, removed or inserted row.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from typing import Any

from flask import has_request_context, request
from sqlalchemy import DDL, BigInteger, Identity, Index, LargeBinary, String, Uuid, event, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from core import clock
from core.access import Actor
from core.db import before_commit, column, db, moment

CHAIN_LOCK = 0x4855_5A48
GENESIS = b"\0" * 32


class AuditEntry(db.Model):
    """One thing somebody did. `seq` is the chain's order."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_actor", "actor_label", "seq"),
        Index("ix_audit_entry_action", "action", "seq"),
    )

    seq: Mapped[int] = column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[dt.datetime] = moment(nullable=False, index=True)
    actor_kind: Mapped[str] = column(String(16), nullable=False)
    actor_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    actor_label: Mapped[str] = column(String(64), nullable=False)
    action: Mapped[str] = column(String(64), nullable=False)
    object_kind: Mapped[str] = column(String(32), nullable=False)
    object_id: Mapped[str] = column(String(64), nullable=False, index=True)
    detail: Mapped[dict[str, Any]] = column(JSONB, nullable=False)
    ip: Mapped[str] = column(String(45), data="personal", nullable=False)
    previous: Mapped[bytes] = column(LargeBinary(32), nullable=False)
    digest: Mapped[bytes] = column(LargeBinary(32), nullable=False)


APPEND_ONLY = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit trail is append only'; END $$",
    "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
)
for _statement in APPEND_ONLY:
    event.listen(AuditEntry.__table__, "after_create", DDL(_statement.replace("%", "%%")))


def record(
    action: str, object_kind: str, object_id: object, by: Actor, fields: tuple[str, ...] = (), **detail: Any
) -> None:
    """Note that `by` did `action`; `detail` holds ids, states and field names, never personal values."""
    entry = {
        "at": clock.now(),
        "actor_kind": by.kind,
        "actor_id": by.id,
        "actor_label": by.label,
        "action": action,
        "object_kind": object_kind,
        "object_id": str(object_id),
        "detail": {**detail, **({"fields": list(fields)} if fields else {})},
        "ip": _masked_ip(),
    }
    db.session.info.setdefault("audit", []).append(entry)
    before_commit("audit", _write)


def _write() -> None:
    entries = db.session.info.pop("audit", [])
    db.session.flush()
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    previous = (
        db.session.scalar(select(AuditEntry.digest).order_by(AuditEntry.seq.desc()).limit(1)) or GENESIS
    )
    for entry in entries:
        digest = digest_of(entry, previous)
        db.session.execute(AuditEntry.__table__.insert().values(**entry, previous=previous, digest=digest))
        previous = digest


def digest_of(entry: dict[str, Any], previous: bytes) -> bytes:
    """SHA-256 over the row's content and the digest before it."""
    content = json.dumps(
        [
            entry["at"].astimezone(dt.UTC).isoformat(timespec="microseconds"),
            entry["actor_kind"],
            str(entry["actor_id"] or ""),
            entry["actor_label"],
            entry["action"],
            entry["object_kind"],
            entry["object_id"],
            entry["detail"],
            entry["ip"],
        ],
        ensure_ascii=False,
        sort_keys=True,
    )
    return hashlib.sha256(previous + content.encode()).digest()


def verify(after: int = 0, previous: bytes = GENESIS) -> int | None:
    """The `seq` of the first row that does not fit the chain, or None when all do."""
    rows = db.session.execute(
        select(AuditEntry.__table__).where(AuditEntry.seq > after).order_by(AuditEntry.seq)
    ).mappings()
    for row in rows:
        if row["previous"] != previous or digest_of(dict(row), previous) != row["digest"]:
            return int(row["seq"])
        previous = row["digest"]
    return None


def _masked_ip() -> str:
    """The network the request came from: enough to see a pattern, not a household."""
    if not has_request_context() or not request.remote_addr:
        return ""
    host = request.remote_addr
    separator, keep = (":", 4) if ":" in host else (".", 3)
    return separator.join(host.split(separator)[:keep]) + (
        separator + separator if separator == ":" else ".*"
    )
