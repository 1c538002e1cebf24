"""Vouchers, bank transfers and their shares, confirmations, invoices."""

# ruff: noqa: E501
from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_vouchers"
down_revision = "0005_automatic"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("shared_fen", sa.BigInteger(), nullable=False),
        sa.Column("named", postgresql.ARRAY(sa.String(length=32)), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=False),
        sa.Column("entered_by_label", sa.String(length=64), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payer_ct", sa.LargeBinary(), nullable=True),
        sa.Column("payer_bi", sa.LargeBinary(length=16), nullable=True),
        sa.Column("memo_ct", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_bank_receipt_amount_positive")),
        sa.CheckConstraint(
            "shared_fen >= 0 AND shared_fen <= amount_fen", name=op.f("ck_bank_receipt_shared_within")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_receipt")),
        sa.UniqueConstraint("reference", name=op.f("uq_bank_receipt_reference")),
    )
    op.create_index("ix_bank_receipt_list", "bank_receipt", ["received_on", "id"], unique=False)
    op.create_index("ix_bank_receipt_named", "bank_receipt", ["named"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_bank_receipt_open",
        "bank_receipt",
        ["received_on", "id"],
        unique=False,
        postgresql_where=sa.text("shared_fen < amount_fen"),
    )
    op.create_index(op.f("ix_bank_receipt_payer_bi"), "bank_receipt", ["payer_bi"], unique=False)
    op.create_index(
        "ix_bank_receipt_sum",
        "bank_receipt",
        ["amount_fen"],
        unique=False,
        postgresql_where=sa.text("shared_fen < amount_fen"),
    )
    op.create_table(
        "enrolment_confirmation",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("by_label", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("covered_count", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("told_until_id", sa.Uuid(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_confirmation_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_enrolment_confirmation")),
    )
    op.create_index(
        "ix_enrolment_confirmation_untold",
        "enrolment_confirmation",
        ["at"],
        unique=False,
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_table(
        "enrolment_voucher",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("added_by_id", sa.Uuid(), nullable=False),
        sa.Column("added_by_label", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payer_ct", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_enrolment_voucher_amount_positive")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_voucher_enrolment_id")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_enrolment_voucher_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_voucher")),
    )
    op.create_index(op.f("ix_enrolment_voucher_file_id"), "enrolment_voucher", ["file_id"], unique=False)
    op.create_index(
        "ix_enrolment_voucher_live",
        "enrolment_voucher",
        ["enrolment_id", "id"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("by_label", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by_label", sa.String(length=64), nullable=False),
        sa.Column("void_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_invoice_amount_positive")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_invoice_enrolment_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_invoice_file_id")),
        sa.ForeignKeyConstraint(["union_id"], ["trade_union.id"], name=op.f("fk_invoice_union_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
    )
    op.create_index(op.f("ix_invoice_file_id"), "invoice", ["file_id"], unique=False)
    op.create_index("ix_invoice_list", "invoice", ["issued_on", "id"], unique=False)
    op.create_index("ix_invoice_of", "invoice", ["enrolment_id"], unique=False)
    op.create_index("ix_invoice_union", "invoice", ["union_id", "issued_on", "id"], unique=False)
    op.create_index(
        "uq_invoice_enrolment",
        "invoice",
        ["enrolment_id"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    op.create_index(
        "uq_invoice_number", "invoice", ["number"], unique=True, postgresql_where=sa.text("voided_at IS NULL")
    )
    op.create_table(
        "receipt_share",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("by_label", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_receipt_share_amount_positive")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_receipt_share_enrolment_id")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["bank_receipt.id"], name=op.f("fk_receipt_share_receipt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_share")),
    )
    op.create_index("ix_receipt_share_enrolment", "receipt_share", ["enrolment_id"], unique=False)
    op.create_index("uq_receipt_share_once", "receipt_share", ["receipt_id", "enrolment_id"], unique=True)
    op.add_column("enrolment", sa.Column("fee_paid_fen", sa.BigInteger(), nullable=True))


def downgrade() -> None:

    op.drop_column("enrolment", "fee_paid_fen")
    op.drop_index("uq_receipt_share_once", table_name="receipt_share")
    op.drop_index("ix_receipt_share_enrolment", table_name="receipt_share")
    op.drop_table("receipt_share")
    op.drop_index("uq_invoice_number", table_name="invoice", postgresql_where=sa.text("voided_at IS NULL"))
    op.drop_index("uq_invoice_enrolment", table_name="invoice", postgresql_where=sa.text("voided_at IS NULL"))
    op.drop_index("ix_invoice_union", table_name="invoice")
    op.drop_index("ix_invoice_of", table_name="invoice")
    op.drop_index("ix_invoice_list", table_name="invoice")
    op.drop_index(op.f("ix_invoice_file_id"), table_name="invoice")
    op.drop_table("invoice")
    op.drop_index(
        "ix_enrolment_voucher_live",
        table_name="enrolment_voucher",
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.drop_index(op.f("ix_enrolment_voucher_file_id"), table_name="enrolment_voucher")
    op.drop_table("enrolment_voucher")
    op.drop_index(
        "ix_enrolment_confirmation_untold",
        table_name="enrolment_confirmation",
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.drop_table("enrolment_confirmation")
    op.drop_index(
        "ix_bank_receipt_sum", table_name="bank_receipt", postgresql_where=sa.text("shared_fen < amount_fen")
    )
    op.drop_index(op.f("ix_bank_receipt_payer_bi"), table_name="bank_receipt")
    op.drop_index(
        "ix_bank_receipt_open", table_name="bank_receipt", postgresql_where=sa.text("shared_fen < amount_fen")
    )
    op.drop_index("ix_bank_receipt_named", table_name="bank_receipt", postgresql_using="gin")
    op.drop_index("ix_bank_receipt_list", table_name="bank_receipt")
    op.drop_table("bank_receipt")
