"""What was paid before a booking, and how far looking for changes at Holded has come."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    with op.batch_alter_table("settlements") as table:
        table.add_column(sa.Column("paid_before", sa.BigInteger(), nullable=True))
    op.create_table(
        "polls",
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("listing", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cursor", sa.String(length=200), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchants.id"],
            name=op.f("fk_polls_merchant_id_merchants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "listing", name=op.f("pk_polls")),
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("polls")
    with op.batch_alter_table("settlements") as table:
        table.drop_column("paid_before")
