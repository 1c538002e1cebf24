"""免申即享: which payment gave rise to which automatic benefit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_automatic"
down_revision = "0004_mass_messages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "automatic_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("trigger_id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sa.String(length=32), nullable=False),
        sa.Column("benefit", sa.String(length=40), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_automatic_grant_amount_positive")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_automatic_grant_claim_id")),
        sa.ForeignKeyConstraint(["trigger_id"], ["claim.id"], name=op.f("fk_automatic_grant_trigger_id")),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_automatic_grant_employee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automatic_grant")),
        sa.UniqueConstraint("trigger_id", "benefit", name=op.f("uq_automatic_grant_trigger_id_benefit")),
    )
    op.create_index(op.f("ix_automatic_grant_claim_id"), "automatic_grant", ["claim_id"], unique=False)
    op.create_index(
        "ix_automatic_grant_person", "automatic_grant", ["employee_id", "plan_code"], unique=False
    )


def downgrade() -> None:
    op.drop_table("automatic_grant")
