"""回头望: stays that nobody applied for, the looks they were found in, and who does not want to hear."""

# ruff: noqa: E501
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_finder"
down_revision = "0010_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finder_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("by_label", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("uncovered", sa.Integer(), nullable=False),
        sa.Column("outside", sa.Integer(), nullable=False),
        sa.Column("nothing_due", sa.Integer(), nullable=False),
        sa.Column("strangers", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_finder_run_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finder_run")),
    )
    op.create_table(
        "finder_fault",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["finder_run.id"], name=op.f("fk_finder_fault_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "row_number", name=op.f("pk_finder_fault")),
    )
    op.create_table(
        "finder_stay",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stay_bi", sa.LargeBinary(length=16), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sa.String(length=32), nullable=False),
        sa.Column("admitted_on", sa.Date(), nullable=False),
        sa.Column("discharged_on", sa.Date(), nullable=False),
        sa.Column("self_paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("apply_until", sa.Date(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hospital_ct", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_finder_stay_employee_id")),
        sa.ForeignKeyConstraint(["run_id"], ["finder_run.id"], name=op.f("fk_finder_stay_run_id")),
        sa.ForeignKeyConstraint(["union_id"], ["trade_union.id"], name=op.f("fk_finder_stay_union_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finder_stay")),
        sa.UniqueConstraint("stay_bi", name=op.f("uq_finder_stay_stay_bi")),
    )
    op.create_index("ix_finder_stay_due", "finder_stay", ["apply_until"], unique=False)
    op.create_index(op.f("ix_finder_stay_employee_id"), "finder_stay", ["employee_id"], unique=False)
    op.create_index(
        "ix_finder_stay_telling",
        "finder_stay",
        ["run_id", "employee_id"],
        unique=False,
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_index("ix_finder_stay_union", "finder_stay", ["union_id", "id"], unique=False)
    op.add_column(
        "employee", sa.Column("wants_hints", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )


def downgrade() -> None:
    raise NotImplementedError("go back by restoring a backup")
