"""Enrolments of unions: the application, who is in it, what pays for it, which papers came with it."""

# ruff: noqa: E501
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_enrolment"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sa.String(length=32), nullable=False),
        sa.Column("plan_version", sa.String(length=16), nullable=False),
        sa.Column("supplement_of_id", sa.Uuid(), nullable=True),
        sa.Column("filed_by_id", sa.Uuid(), nullable=False),
        sa.Column("filed_by_label", sa.String(length=64), nullable=False),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("union_name", sa.String(length=80), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("industry", sa.String(length=80), nullable=False),
        sa.Column("nature", sa.String(length=16), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column("union_version", sa.Integer(), nullable=False),
        sa.Column("participant_count", sa.Integer(), nullable=False),
        sa.Column("fee_due_fen", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("first_reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("second_reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chair_name_ct", sa.LargeBinary(), nullable=True),
        sa.Column("contact_name_ct", sa.LargeBinary(), nullable=True),
        sa.Column("contact_phone_ct", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "fee_due_fen IS NULL OR fee_due_fen >= 0", name=op.f("ck_enrolment_fee_not_negative")
        ),
        sa.CheckConstraint("participant_count >= 0", name=op.f("ck_enrolment_count_not_negative")),
        sa.CheckConstraint(
            "supplement_of_id IS DISTINCT FROM id", name=op.f("ck_enrolment_no_supplement_of_itself")
        ),
        sa.ForeignKeyConstraint(
            ["supplement_of_id"], ["enrolment.id"], name=op.f("fk_enrolment_supplement_of_id")
        ),
        sa.ForeignKeyConstraint(["union_id"], ["trade_union.id"], name=op.f("fk_enrolment_union_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("number", name=op.f("uq_enrolment_number")),
    )
    op.create_index(
        "ix_enrolment_due",
        "enrolment",
        ["due_on", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'awaiting_voucher'"),
    )
    op.create_index("ix_enrolment_filer", "enrolment", ["filed_by_id", "id"], unique=False)
    op.create_index("ix_enrolment_plan", "enrolment", ["plan_code", "state", "id"], unique=False)
    op.create_index(op.f("ix_enrolment_supplement_of_id"), "enrolment", ["supplement_of_id"], unique=False)
    op.create_index("ix_enrolment_union", "enrolment", ["union_id", "id"], unique=False)
    op.create_index("ix_enrolment_work", "enrolment", ["state", "submitted_at", "id"], unique=False)
    op.create_index(
        "uq_enrolment_open",
        "enrolment",
        ["union_id", "plan_code"],
        unique=True,
        postgresql_where=sa.text(
            "state IN ('draft', 'first_review', 'second_review', 'awaiting_voucher', 'confirming')"
        ),
    )
    op.create_table(
        "enrolment_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_name_ct", sa.LargeBinary(), nullable=False),
        sa.Column("card_ct", sa.LargeBinary(), nullable=False),
        sa.Column("card_bi", sa.LargeBinary(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_account_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_account")),
    )
    op.create_index(op.f("ix_enrolment_account_card_bi"), "enrolment_account", ["card_bi"], unique=False)
    op.create_index(
        op.f("ix_enrolment_account_enrolment_id"), "enrolment_account", ["enrolment_id"], unique=False
    )
    op.create_table(
        "enrolment_material",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_material_enrolment_id")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_enrolment_material_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_material")),
    )
    op.create_index(
        "ix_enrolment_material_enrolment", "enrolment_material", ["enrolment_id", "kind", "id"], unique=False
    )
    op.create_index(op.f("ix_enrolment_material_file_id"), "enrolment_material", ["file_id"], unique=False)
    op.create_table(
        "enrolment_participant",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_enrolment_participant_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_participant_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "employee_id", name=op.f("pk_enrolment_participant")),
        sa.UniqueConstraint(
            "employee_id", "plan_code", name=op.f("uq_enrolment_participant_employee_id_plan_code")
        ),
    )


def downgrade() -> None:
    op.drop_table("enrolment_participant")
    op.drop_index(op.f("ix_enrolment_material_file_id"), table_name="enrolment_material")
    op.drop_index("ix_enrolment_material_enrolment", table_name="enrolment_material")
    op.drop_table("enrolment_material")
    op.drop_index(op.f("ix_enrolment_account_enrolment_id"), table_name="enrolment_account")
    op.drop_index(op.f("ix_enrolment_account_card_bi"), table_name="enrolment_account")
    op.drop_table("enrolment_account")
    op.drop_index(
        "uq_enrolment_open",
        table_name="enrolment",
        postgresql_where=sa.text(
            "state IN ('draft', 'first_review', 'second_review', 'awaiting_voucher', 'confirming')"
        ),
    )
    op.drop_index("ix_enrolment_work", table_name="enrolment")
    op.drop_index("ix_enrolment_union", table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_supplement_of_id"), table_name="enrolment")
    op.drop_index("ix_enrolment_plan", table_name="enrolment")
    op.drop_index("ix_enrolment_filer", table_name="enrolment")
    op.drop_index(
        "ix_enrolment_due", table_name="enrolment", postgresql_where=sa.text("state = 'awaiting_voucher'")
    )
    op.drop_table("enrolment")
