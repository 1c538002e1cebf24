"""What is told to thousands at once has a pace of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_mass_messages"
down_revision = "0003_enrolment"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sending_pace",
        sa.Column("provider", sa.String(length=24), nullable=False),
        sa.Column(
            "free_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("holder", sa.String(length=36), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_sending_pace")),
    )


def downgrade() -> None:
    op.drop_table("sending_pace")
