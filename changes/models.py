"""What is kept of a change of personal data? The request, and the photos that prove it."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed
from core.history import Stateful


class ChangeRequest(Stateful, db.Model):
    """One 个人信息变更. `old_values` is what was on file when it was handed in, `new_values` only what is
    to be changed; both are sealed JSON of `changes.rules.FIELDS`. `note` is the reviewer's 备注.

    The database itself keeps the manual's two hard rules: one open request a person (GX-44), and never name
    and certificate together (GX-43).
    """

    __tablename__ = "change_request"
    __table_args__ = (
        Index(
            "uq_change_request_open",
            "employee_id",
            unique=True,
            postgresql_where=text("state IN ('draft', 'first_review', 'second_review')"),
        ),
        Index("ix_change_request_employee", "employee_id", "id"),
        Index("ix_change_request_work", "state", "id"),
        Index("ix_change_request_union", "union_id", "state", "id"),
        Index(
            "ix_change_request_photos_due",
            "state_at",
            postgresql_where=text("photos_erased_at IS NULL AND state = 'done'"),
        ),
        Index(
            "ix_change_request_contents_due",
            "state_at",
            postgresql_where=text("contents_erased_at IS NULL AND state = 'done'"),
        ),
        CheckConstraint("NOT (changes_name AND changes_certificate)", name="name_or_certificate"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    number: Mapped[str] = column(String(32), nullable=False, unique=True)
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False)
    union_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("trade_union.id"), nullable=False)
    old_values = Sealed("identifier")
    new_values = Sealed("identifier")
    changes_name: Mapped[bool] = column(Boolean, nullable=False, default=False)
    changes_certificate: Mapped[bool] = column(Boolean, nullable=False, default=False)
    note = Sealed("personal")
    first_reviewer_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    second_reviewer_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    submitted_at: Mapped[dt.datetime | None] = moment(nullable=True)
    decided_at: Mapped[dt.datetime | None] = moment(nullable=True)
    # When the published terms were carried out (`changes.rules.KEEP`).
    photos_erased_at: Mapped[dt.datetime | None] = moment(nullable=True)
    contents_erased_at: Mapped[dt.datetime | None] = moment(nullable=True)


class ChangeDocument(db.Model):
    """One photo of 证件凭证. Without a request it waits for the form it was taken for."""

    __tablename__ = "change_document"
    __table_args__ = (
        Index("ix_change_document_request", "request_id", "id"),
        Index("ix_change_document_waiting", "employee_id", postgresql_where=text("request_id IS NULL")),
    )

    id: Mapped[uuid.UUID] = primary_key()
    employee_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("employee.id"), nullable=False)
    request_id: Mapped[uuid.UUID | None] = column(Uuid, ForeignKey("change_request.id"), nullable=True)
    file_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("stored_file.id"), nullable=False, index=True)
    added_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    removed_at: Mapped[dt.datetime | None] = moment(nullable=True)
