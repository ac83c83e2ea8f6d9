"""Mandates of bank debits, debits that came back, and what customers were told once."""

import json
from calendar import monthrange
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

METHODS = sa.table(
    "payment_methods",
    sa.column("id", sa.Integer()),
    sa.column("snapshot", sa.Text()),
    sa.column("expires_on", sa.Date()),
)
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
    op.create_table(
        "backups",
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_backups_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_backups")),
    )
    with op.batch_alter_table("payment_methods") as table:
        table.add_column(
            sa.Column("failure", sa.String(length=200), nullable=False, server_default="")
        )
        table.add_column(sa.Column("expires_on", sa.Date(), nullable=True))
        table.create_index("ix_payment_methods_expires_on", ["merchant_id", "expires_on"])
    _date_cards()
    with op.batch_alter_table("invoices") as table:
        table.create_index("ix_invoices_intent", ["merchant_id", "intent"])
    _rewrite(OLD, NEW)


def downgrade() -> None:
    """Go back to the version before."""
    _rewrite(NEW, OLD)
    with op.batch_alter_table("invoices") as table:
        table.drop_index("ix_invoices_intent")
    with op.batch_alter_table("payment_methods") as table:
        table.drop_index("ix_payment_methods_expires_on")
        table.drop_column("expires_on")
        table.drop_column("failure")
    op.drop_table("backups")
    op.drop_table("notices")
    with op.batch_alter_table("mandates") as table:
        table.drop_index("ix_mandates_method")
    op.drop_table("mandates")


def _date_cards() -> None:
    """Write down the last day of the cards that are known."""
    found = op.get_bind().execute(sa.select(METHODS.c.id, METHODS.c.snapshot)).all()
    for id, snapshot in found:
        told = json.loads(snapshot)
        year, month = told.get("exp_year") or 0, told.get("exp_month") or 0
        if year and month:
            last = date(year, month, monthrange(year, month)[1])
            op.execute(METHODS.update().where(METHODS.c.id == id).values(expires_on=last))


def _rewrite(old: str, new: str) -> None:
    """Write what methods say of their mandate anew: nothing, which was an empty text before."""
    snapshot = METHODS.c.snapshot
    op.execute(
        METHODS.update()
        .where(snapshot.contains(old, autoescape=True))
        .values(snapshot=sa.func.replace(snapshot, old, new))
    )
