"""What merchants decide for their portal."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    with op.batch_alter_table("merchants") as table:
        table.add_column(sa.Column("rules", sa.Text(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("merchants") as table:
        table.drop_column("rules")
