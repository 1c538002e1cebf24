"""方案测算: trials of other figures, whom they touch, and what differs from the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_what_if"
down_revision = "0007_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "what_if",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sa.String(length=32), nullable=False),
        sa.Column("plan_version", sa.String(length=16), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("by_label", sa.String(length=64), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.Column("claims_total", sa.Integer(), nullable=False),
        sa.Column("claims_done", sa.Integer(), nullable=False),
        sa.Column("last_person", sa.Uuid(), nullable=True),
        sa.Column("totals", postgresql.JSONB(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["staff_user.id"], name=op.f("fk_what_if_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_what_if")),
    )
    op.create_index(
        "ix_what_if_due",
        "what_if",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL AND failed_at IS NULL"),
    )
    op.create_table(
        "what_if_person",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("is_gain", sa.Boolean(), nullable=False),
        sa.Column("by_fen", sa.BigInteger(), nullable=False),
        sa.Column("was_fen", sa.BigInteger(), nullable=False),
        sa.Column("now_fen", sa.BigInteger(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.CheckConstraint("by_fen > 0", name=op.f("ck_what_if_person_differs")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["what_if.id"], name=op.f("fk_what_if_person_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_what_if_person_employee_id")),
        sa.ForeignKeyConstraint(["union_id"], ["trade_union.id"], name=op.f("fk_what_if_person_union_id")),
        sa.PrimaryKeyConstraint("run_id", "employee_id", name=op.f("pk_what_if_person")),
    )
    op.create_index(
        "ix_what_if_person_list",
        "what_if_person",
        ["run_id", "is_gain", "by_fen", "employee_id"],
        unique=False,
    )
    op.create_table(
        "what_if_difference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("ledger_fen", sa.BigInteger(), nullable=False),
        sa.Column("replayed_fen", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["what_if.id"], name=op.f("fk_what_if_difference_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_what_if_difference")),
    )
    op.create_index("ix_what_if_difference_list", "what_if_difference", ["run_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("what_if_difference")
    op.drop_table("what_if_person")
    op.drop_table("what_if")
