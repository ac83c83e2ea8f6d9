"""Presses that pay several invoices with several charges."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "presses",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("receipt", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_presses_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchants.id"],
            name=op.f("fk_presses_merchant_id_merchants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presses")),
    )
    op.create_index(op.f("ix_presses_customer_id"), "presses", ["customer_id"])
    with op.batch_alter_table("payments") as table:
        table.add_column(
            sa.Column("press", sa.String(length=32), nullable=False, server_default="")
        )
        table.add_column(sa.Column("receipt", sa.Integer(), nullable=True))
        table.create_index("ix_payments_press", ["press"])


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("payments") as table:
        table.drop_index("ix_payments_press")
        table.drop_column("receipt")
        table.drop_column("press")
    op.drop_index(op.f("ix_presses_customer_id"), table_name="presses")
    op.drop_table("presses")
