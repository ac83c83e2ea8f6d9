"""Which kinds of payment methods an account at Stripe takes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "method_settings",
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_method_settings")),
        sa.UniqueConstraint(
            "merchant_id",
            "livemode",
            "account",
            "provider_id",
            name=op.f("uq_method_settings_merchant_id_livemode_account_provider_id"),
        ),
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("method_settings")
