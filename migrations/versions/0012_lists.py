"""Indexes that hold the reports' lists in their order: of a union, of a period, of a kind."""

# ruff: noqa: E501
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_lists"
down_revision = "0011_finder"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_claim_union_order",
        "claim",
        ["union_id", "submitted_at", "id"],
        unique=False,
        postgresql_include=["state", "kind", "plan_code", "award_fen"],
    )
    op.create_index(
        "ix_claim_plan",
        "claim",
        ["plan_code", "submitted_at", "id"],
        unique=False,
        postgresql_include=["state"],
    )
    op.create_index(
        "ix_claim_kind", "claim", ["kind", "submitted_at", "id"], unique=False, postgresql_include=["state"]
    )
    op.drop_index("ix_coverage_union", table_name="coverage")
    op.create_index(
        "ix_coverage_union", "coverage", ["union_id", "plan_code", "starts_on", "id"], unique=False
    )
    op.create_index(
        "ix_coverage_union_first",
        "coverage",
        ["union_id", "plan_code", "starts_on", "id"],
        unique=False,
        postgresql_where=sa.text("is_first_time IS true"),
    )
    op.create_index(
        "ix_coverage_first",
        "coverage",
        ["plan_code", "starts_on", "id"],
        unique=False,
        postgresql_where=sa.text("is_first_time IS true"),
    )


def downgrade() -> None:
    raise NotImplementedError("go back by restoring a backup")
