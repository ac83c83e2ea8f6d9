"""Why a question had to be asked, or why somebody wants to leave."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    with op.batch_alter_table("enquiries") as table:
        table.add_column(sa.Column("why", sa.String(length=40), nullable=False, server_default=""))


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("enquiries") as table:
        table.drop_column("why")
