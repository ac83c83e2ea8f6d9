"""Mandates of bank debits, debits that came back, and what customers were told once."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0002"
branch_labels = None
depends_on = None

METHODS = sa.table("payment_methods", sa.column("snapshot", sa.Text()))
OLD, NEW = '"mandate":""', '"mandate":null'


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "mandates",
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("is_single_use", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandates")),
        sa.UniqueConstraint(
            "merchant_id",
            "livemode",
            "account",
            "provider_id",
            name=op.f("uq_mandates_merchant_id_livemode_account_provider_id"),
        ),
    )
    with op.batch_alter_table("mandates") as table:
        table.create_index("ix_mandates_method", ["merchant_id", "method"])
    op.create_table(
        "notices",
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchants.id"],
            name=op.f("fk_notices_merchant_id_merchants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "kind", "subject", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("payment_methods") as table:
        table.add_column(
            sa.Column("failure", sa.String(length=200), nullable=False, server_default="")
        )
    with op.batch_alter_table("invoices") as table:
        table.create_index("ix_invoices_intent", ["merchant_id", "intent"])
    _rewrite(OLD, NEW)


def downgrade() -> None:
    """Go back to the version before."""
    _rewrite(NEW, OLD)
    with op.batch_alter_table("invoices") as table:
        table.drop_index("ix_invoices_intent")
    with op.batch_alter_table("payment_methods") as table:
        table.drop_column("failure")
    op.drop_table("notices")
    with op.batch_alter_table("mandates") as table:
        table.drop_index("ix_mandates_method")
    op.drop_table("mandates")


def _rewrite(old: str, new: str) -> None:
    """Write what methods say of their mandate anew: nothing, which was an empty text before."""
    snapshot = METHODS.c.snapshot
    op.execute(
        METHODS.update()
        .where(snapshot.contains(old, autoescape=True))
        .values(snapshot=sa.func.replace(snapshot, old, new))
    )
