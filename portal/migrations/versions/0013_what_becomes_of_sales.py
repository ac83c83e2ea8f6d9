"""What becomes of sales: matched halves, credit notes, refunds, disputes; purchase orders.

Pairs are joined here as far as their rows tell; the next full sync does the rest.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXTS = {"via": 64, "twin": 64, "corrects": 64, "contested": 8}
SUMS = ("credited", "refunded")
OTHER_HALF = """
    UPDATE invoices SET {column} = coalesce((
        SELECT {other}.provider_id FROM invoices AS {other}
        WHERE {other}.merchant_id = invoices.merchant_id
        AND {other}.livemode = invoices.livemode
        AND {other}.customer_id = invoices.customer_id
        AND {other}.matches = invoices.matches
        AND {other}.origin <> invoices.origin
        AND {other}.state NOT IN ('draft'{unless}) AND {condition} LIMIT 1
    ), '')
    WHERE matches <> '' AND kind = 'invoice' AND {own}
"""


def upgrade() -> None:
    """Go to this version."""
    for name, length in TEXTS.items():
        op.add_column(
            "invoices",
            sa.Column(name, sa.String(length=length), nullable=False, server_default=""),
        )
    for name in SUMS:
        op.add_column(
            "invoices", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        )
    op.execute("UPDATE invoices SET matches = lower(provider_id) WHERE origin = 'stripe'")
    _note_what_is_corrected()
    _join_halves()
    for name in ("intent", "corrects"):
        is_told = sa.text(f"{name} <> ''")
        op.create_index(
            f"ix_invoices_{name}",
            "invoices",
            ["merchant_id", name],
            sqlite_where=is_told,
            postgresql_where=is_told,
        )
    is_draft = sa.text("state = 'draft'")
    op.create_index(
        "ix_invoices_drafts",
        "invoices",
        ["customer_id"],
        sqlite_where=is_draft,
        postgresql_where=is_draft,
    )
    op.create_index("ix_payment_shares_invoice", "payment_shares", ["invoice"])
    _create_disputes()
    _create_purchase_orders()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("purchase_orders")
    op.drop_table("disputes")
    op.drop_index("ix_payment_shares_invoice", table_name="payment_shares")
    op.drop_index("ix_invoices_drafts", table_name="invoices")
    op.drop_index("ix_invoices_corrects", table_name="invoices")
    op.drop_index("ix_invoices_intent", table_name="invoices")
    op.execute("UPDATE invoices SET matches = '' WHERE origin = 'stripe'")
    for name in (*SUMS, *TEXTS):
        op.drop_column("invoices", name)


def _note_what_is_corrected() -> None:
    connection = op.get_bind()
    found = connection.execute(
        sa.text("SELECT id, snapshot FROM invoices WHERE kind = 'credit_note'")
    )
    for id, snapshot in found.all():
        connection.execute(
            sa.text("UPDATE invoices SET corrects = :corrects WHERE id = :id"),
            {"corrects": json.loads(snapshot).get("corrects", "")[:64], "id": id},
        )


def _join_halves() -> None:
    of_holded, of_stripe = "origin = 'holded'", "origin = 'stripe' AND NOT shown"
    counts = "state NOT IN ('draft', 'void')"
    for column, own, unless, condition in (
        ("twin", f"{of_holded} AND {counts}", "", "other.origin = 'stripe'"),
        ("via", f"{of_holded} AND {counts}", "", "other.is_open"),
        ("twin", of_stripe, ", 'void'", "other.origin = 'holded'"),
    ):
        statement = OTHER_HALF.format(
            column=column, other="other", own=own, unless=unless, condition=condition
        )
        op.execute(statement)


def _create_disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("intent", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint(
            "merchant_id",
            "livemode",
            "account",
            "provider_id",
            name=op.f("uq_disputes_merchant_id_livemode_account_provider_id"),
        ),
    )
    op.create_index("ix_disputes_intent", "disputes", ["merchant_id", "intent"])


def _create_purchase_orders() -> None:
    op.create_table(
        "purchase_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("span", sa.String(length=8), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_purchase_orders_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchants.id"],
            name=op.f("fk_purchase_orders_merchant_id_merchants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_orders")),
    )
    op.create_index("ix_purchase_orders_customer_id", "purchase_orders", ["customer_id", "span"])
