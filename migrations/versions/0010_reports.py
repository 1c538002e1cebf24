"""Reports: tables that leave, figures worked out before anybody asks, and the indexes lists are read by."""

# ruff: noqa: E501
from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_reports"
down_revision = "0009_behalf"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_month",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("plan_code", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("submitted", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("approved", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("bounced", sa.Integer(), nullable=False),
        sa.Column("award_fen", sa.BigInteger(), nullable=False),
        sa.Column("days", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("paid", sa.Integer(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "month", "plan_code", "kind", name=op.f("pk_report_month")),
    )
    op.create_index("ix_report_month_month", "report_month", ["month"], unique=False)
    op.create_table(
        "report_stamp",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_report_stamp")),
    )
    op.create_table(
        "report_union",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sa.String(length=32), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "plan_code", name=op.f("pk_report_union")),
    )
    op.create_table(
        "report_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("staff_label", sa.String(length=64), nullable=False),
        sa.Column("given", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scope", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scope_words", sa.String(length=400), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.String(length=200), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("problem", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parts", sa.SmallInteger(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason_ct", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_user.id"], name=op.f("fk_report_export_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_export")),
    )
    op.create_index(
        "ix_report_export_due",
        "report_export",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index(
        "ix_report_export_kept",
        "report_export",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("erased_at IS NULL"),
    )
    op.create_index("ix_report_export_owner", "report_export", ["staff_id", "id"], unique=False)
    op.drop_index(op.f("ix_claim_decided"), table_name="claim", postgresql_where="(decided_at IS NOT NULL)")
    op.create_index(
        "ix_claim_decided",
        "claim",
        ["decided_at", "id"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_claim_submitted"), table_name="claim")
    op.create_index("ix_claim_submitted", "claim", ["submitted_at", "id"], unique=False)
    op.create_index("ix_claim_changed", "claim", ["state_at"], unique=False)
    op.create_index(
        "ix_claim_paid",
        "claim",
        ["paid_at", "id"],
        unique=False,
        postgresql_where=sa.text("paid_at IS NOT NULL"),
    )
    op.create_index("ix_coverage_plan", "coverage", ["plan_code", "starts_on", "id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("go back by restoring a backup")
