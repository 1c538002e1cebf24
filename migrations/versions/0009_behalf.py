"""Claims that a union files for somebody: injuries, deaths, other payees."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_behalf"
down_revision = "0008_what_if"
branch_labels = None
depends_on = None

SEALED = ("cause", "payee_id_number", "contact_phone", "why_other")


def upgrade() -> None:
    op.add_column(
        "claim", sa.Column("is_by_agent", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("claim", sa.Column("event_on", sa.Date(), nullable=True))
    op.add_column("claim", sa.Column("recognised_on", sa.Date(), nullable=True))
    op.add_column("claim", sa.Column("injury_grade", sa.SmallInteger(), nullable=True))
    for name in SEALED:
        op.add_column("claim", sa.Column(f"{name}_ct", sa.LargeBinary(), nullable=True))
    op.create_check_constraint(op.f("ck_claim_grade_known"), "claim", "injury_grade BETWEEN 1 AND 10")
    op.create_index(
        "ix_claim_filer",
        "claim",
        ["filed_by_id", "id"],
        unique=False,
        postgresql_where=sa.text("filed_by_kind = 'staff'"),
    )


def downgrade() -> None:
    op.drop_index("ix_claim_filer", table_name="claim", postgresql_where=sa.text("filed_by_kind = 'staff'"))
    op.drop_constraint(op.f("ck_claim_grade_known"), "claim", type_="check")
    for name in reversed(SEALED):
        op.drop_column("claim", f"{name}_ct")
    for name in ("injury_grade", "recognised_on", "event_on", "is_by_agent"):
        op.drop_column("claim", name)
