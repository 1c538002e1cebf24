"""Which tables were uploaded, and what becomes of each of their rows?"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import cast

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Integer, LargeBinary, String, Uuid, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed
from core.history import Stateful

OPEN = "state IN ('uploaded', 'reading', 'preview', 'applying')"


class RosterImport(Stateful, db.Model):
    """One uploaded table (XM-33). A union has one open import at a time: two would undo each other."""

    __tablename__ = "roster_import"
    __table_args__ = (
        Index("uq_roster_import_open", "union_id", unique=True, postgresql_where=text(OPEN)),
        Index("ix_roster_import_union", "union_id", "uploaded_at", "id"),
        Index("ix_roster_import_mine", "uploaded_by_id", "uploaded_at", "id"),
        Index("ix_roster_import_due", "uploaded_at", postgresql_where=text(OPEN)),
        Index("ix_roster_import_kept", "state_at", postgresql_where=text("is_kept")),
    )

    id: Mapped[uuid.UUID] = primary_key()
    union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), nullable=False)
    file_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("stored_file.id"), nullable=False)
    result_file_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("stored_file.id"), nullable=True)
    file_name: Mapped[str] = column(String(120), nullable=False)
    uploaded_by_id: Mapped[uuid.UUID] = column(Uuid, nullable=False)
    uploaded_by_label: Mapped[str] = column(String(64), nullable=False)
    uploaded_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    problem: Mapped[str] = column(String(400), nullable=False, default="")
    tries: Mapped[int] = column(Integer, nullable=False, default=0, server_default="0")
    header: Mapped[int] = column(Integer, nullable=False, default=0)
    rows_read: Mapped[int] = column(Integer, nullable=False, default=0)
    new_count: Mapped[int] = column(Integer, nullable=False, default=0)
    changed_count: Mapped[int] = column(Integer, nullable=False, default=0)
    unchanged_count: Mapped[int] = column(Integer, nullable=False, default=0)
    moved_count: Mapped[int] = column(Integer, nullable=False, default=0)
    wrong_count: Mapped[int] = column(Integer, nullable=False, default=0)
    missing_count: Mapped[int] = column(Integer, nullable=False, default=0)
    applied_count: Mapped[int] = column(Integer, nullable=False, default=0)
    lease_until: Mapped[dt.datetime | None] = moment(nullable=True)
    ask_at: Mapped[dt.datetime | None] = moment(nullable=True)
    # Rows and files are kept for a month after the end.
    is_kept: Mapped[bool] = column(Boolean, nullable=False, default=True, server_default=text("true"))
    # The lease that this process was given; not a column. Whoever lost it may write nothing more.
    held = cast("dt.datetime | None", None)


class RosterImportRow(db.Model):
    """One row that needs something: what to write, under the person's own seals, or why it may not be.

    Rows that change nothing are only counted. `employee_id` is the person on file or, for a new one, the id
    they will get: the seals of the `_ct` columns name it, so a row can be merged without being opened.
    """

    __tablename__ = "roster_import_row"
    __table_args__ = (
        Index("uq_roster_import_row_number", "import_id", "row_number", unique=True),
        Index("ix_roster_import_row_verdict", "import_id", "verdict", "row_number"),
        Index(
            "ix_roster_import_row_open", "import_id", "row_number", postgresql_where=text("NOT is_applied")
        ),
        Index(
            "ix_roster_import_row_waiting",
            "import_id",
            "ask_at",
            postgresql_where=text("identity = 'waiting' AND NOT is_applied"),
        ),
    )

    id: Mapped[uuid.UUID] = primary_key()
    import_id: Mapped[uuid.UUID] = column(
        Uuid, ForeignKey("roster_import.id", ondelete="CASCADE"), nullable=False
    )
    row_number: Mapped[int] = column(Integer, nullable=False)
    verdict: Mapped[str] = column(String(12), nullable=False)
    findings = Sealed("personal")
    changed: Mapped[str] = column(String(120), nullable=False, default="")
    employee_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    seen_xmin: Mapped[int | None] = column(BigInteger, nullable=True)
    identity: Mapped[str] = column(String(10), nullable=False, default="")
    identity_bi: Mapped[bytes | None] = column(LargeBinary(16), data="identifier", nullable=True)
    ask_at: Mapped[dt.datetime | None] = moment(nullable=True)
    tries: Mapped[int] = column(Integer, nullable=False, default=0)
    is_applied: Mapped[bool] = column(Boolean, nullable=False, default=False)
    wants_move: Mapped[bool] = column(Boolean, nullable=False, default=False)
    name_ct: Mapped[bytes | None] = column(LargeBinary, data="personal", nullable=True)
    id_type: Mapped[str] = column(String(32), nullable=False, default="")
    id_number_ct: Mapped[bytes | None] = column(LargeBinary, data="identifier", nullable=True)
    id_number_bi: Mapped[bytes | None] = column(LargeBinary(16), data="identifier", nullable=True)
    sex: Mapped[str] = column(String(8), data="personal", nullable=False, default="")
    born_on_ct: Mapped[bytes | None] = column(LargeBinary, data="personal", nullable=True)
    phone_ct: Mapped[bytes | None] = column(LargeBinary, data="identifier", nullable=True)
    phone_shared: Mapped[int] = column(Integer, nullable=False, default=0, server_default="0")
    phone_bi: Mapped[bytes | None] = column(LargeBinary(16), data="identifier", nullable=True)
    insurance_type: Mapped[str] = column(String(40), data="personal", nullable=False, default="")
    insurance_card_ct: Mapped[bytes | None] = column(LargeBinary, data="identifier", nullable=True)
    hired_on: Mapped[dt.date | None] = column(Date, data="personal", nullable=True)
    note_ct: Mapped[bytes | None] = column(LargeBinary, data="personal", nullable=True)


class RosterCheck(db.Model):
    """What the identity check says of somebody entered by hand (XM-36): one row a person, the last question.

    `key_bi` is the question: when name or number have changed since, the answer is about something else.
    """

    __tablename__ = "roster_check"
    __table_args__ = (
        Index("ix_roster_check_waiting", "ask_at", postgresql_where=text("verdict = 'waiting'")),
    )

    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), primary_key=True)
    key_bi: Mapped[bytes] = column(LargeBinary(16), data="identifier", nullable=False)
    verdict: Mapped[str] = column(String(10), nullable=False)
    tries: Mapped[int] = column(Integer, nullable=False, default=0)
    ask_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    asked_at: Mapped[dt.datetime | None] = moment(nullable=True)
