"""The indexes of a customer's invoices hold hidden halves of sales as well.

Slips are asked for by Stripe's halves and statements by both; without them every invoice of the
merchant was read.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ALL = ["customer_id", "issued_key", "id"]
OPEN = ["customer_id", "due_key", "id", "currency", "due"]


def upgrade() -> None:
    """Go to this version."""
    _make("ix_invoices_all", ALL, "")
    _make("ix_invoices_open", OPEN, "is_open")


def downgrade() -> None:
    """Go back to the version before."""
    _make("ix_invoices_all", ALL, "shown")
    _make("ix_invoices_open", OPEN, "is_open AND shown")


def _make(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition) if condition else None
    op.drop_index(name, table_name="invoices")
    op.create_index(name, "invoices", columns, sqlite_where=where, postgresql_where=where)
