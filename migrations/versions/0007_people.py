"""The union's people: reminders by WeChat, forms kept at the door, the dead."""

# ruff: noqa: E501
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_people"
down_revision = "0006_vouchers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_wechat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("openid_ct", sa.LargeBinary(), nullable=True),
        sa.Column("openid_bi", sa.LargeBinary(length=16), nullable=True),
        sa.Column("tied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=24), nullable=False),
        sa.Column("wants_digest", sa.Boolean(), nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_user.id"], name=op.f("fk_staff_wechat_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_wechat")),
    )
    op.create_index(op.f("ix_staff_wechat_staff_id"), "staff_wechat", ["staff_id"], unique=False)
    op.create_index(op.f("ix_staff_wechat_openid_bi"), "staff_wechat", ["openid_bi"], unique=False)
    op.create_index(
        "uq_staff_wechat_live_staff",
        "staff_wechat",
        ["staff_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_staff_wechat_live_openid",
        "staff_wechat",
        ["openid_bi"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "staff_wechat_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_user.id"], name=op.f("fk_staff_wechat_offer_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_wechat_offer")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_staff_wechat_offer_code_hash")),
    )
    op.create_index(op.f("ix_staff_wechat_offer_staff_id"), "staff_wechat_offer", ["staff_id"], unique=False)
    op.create_table(
        "kept_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("area", sa.String(length=16), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("came_from", sa.String(length=300), nullable=False),
        sa.Column("content_ct", sa.LargeBinary(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_form")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_kept_form_token_hash")),
    )
    op.create_index(op.f("ix_kept_form_owner_id"), "kept_form", ["owner_id"], unique=False)
    op.create_index(op.f("ix_kept_form_kept_at"), "kept_form", ["kept_at"], unique=False)
    op.create_table(
        "employee_death",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=False),
        sa.Column("was_active", sa.Boolean(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_employee_death_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employee_death")),
    )
    op.create_index(op.f("ix_employee_death_employee_id"), "employee_death", ["employee_id"], unique=False)
    op.create_index(
        "uq_employee_death_noted",
        "employee_death",
        ["employee_id"],
        unique=True,
        postgresql_where=sa.text("state = 'noted'"),
    )


def downgrade() -> None:
    for table in ("employee_death", "kept_form", "staff_wechat_offer", "staff_wechat"):
        op.drop_table(table)
