"""Documents the merchant asks us to collect, proformas, recurring invoices, consents by method."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "collections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("payment", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_collections_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchants.id"],
            name=op.f("fk_collections_merchant_id_merchants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
        sa.UniqueConstraint(
            "merchant_id",
            "livemode",
            "account",
            "document",
            name=op.f("uq_collections_merchant_id_livemode_account_document"),
        ),
    )
    with op.batch_alter_table("collections") as table:
        table.create_index("ix_collections_customer_id", ["customer_id", "state"])
        table.create_index("ix_collections_payment", ["payment"])
    op.create_table(
        "recurrences",
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurrences")),
        sa.UniqueConstraint(
            "merchant_id",
            "livemode",
            "account",
            "provider_id",
            name=op.f("uq_recurrences_merchant_id_livemode_account_provider_id"),
        ),
    )
    with op.batch_alter_table("recurrences") as table:
        table.create_index("ix_recurrences_customer_id", ["customer_id", "id"])
    with op.batch_alter_table("invoices") as table:
        table.add_column(
            sa.Column("made_from", sa.String(length=64), nullable=False, server_default="")
        )
        table.create_index("ix_invoices_made_from", ["merchant_id", "made_from"])
    with op.batch_alter_table("consents") as table:
        table.add_column(
            sa.Column("method", sa.String(length=64), nullable=False, server_default="")
        )


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("consents") as table:
        table.drop_column("method")
    with op.batch_alter_table("invoices") as table:
        table.drop_index("ix_invoices_made_from")
        table.drop_column("made_from")
    with op.batch_alter_table("recurrences") as table:
        table.drop_index("ix_recurrences_customer_id")
    op.drop_table("recurrences")
    with op.batch_alter_table("collections") as table:
        table.drop_index("ix_collections_payment")
        table.drop_index("ix_collections_customer_id")
    op.drop_table("collections")
