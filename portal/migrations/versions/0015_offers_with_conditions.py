"""Offers of several kinds with conditions, taken once by each customer, and what became of them.

An offer was a coupon for everybody, taken once for a subscription; of a customer with several the
last that was taken counts from now on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OLD_KEY = ("merchant_id", "account", "livemode", "subscription")
NEW_KEY = ("merchant_id", "account", "livemode", "customer_id")
MERCHANT = (("merchant_id", "merchants", "CASCADE"),)
OF_TAKEN = (("customer_id", "customers", None), *MERCHANT, ("offer_id", "offers", None))


def upgrade() -> None:
    """Go to this version."""
    offers, taken = _read("offers"), _read("offers_taken")
    op.drop_table("offers_taken")
    op.drop_table("offers")
    _create_offers()
    _create_taken(NEW_KEY)
    _write("offers", [{**row, "kind": "coupon", "price": "", "days": 0} for row in offers])
    last = {row["customer_id"]: row for row in sorted(taken, key=lambda row: str(row["at"]))}
    _write("offers_taken", list(last.values()))
    _create_visits()


def downgrade() -> None:
    """Go back to the version before: only coupons can stay."""
    offers, taken = _read("offers"), _read("offers_taken")
    for name in ("offer_visits", "offers_taken", "offers"):
        op.drop_table(name)
    _create_coupons()
    _create_taken(OLD_KEY)
    kept = {row["coupon"]: row for row in reversed(offers) if row["kind"] == "coupon"}
    for row in kept.values():
        for name in ("kind", "price", "days", "conditions"):
            row.pop(name)
    _write("offers", list(kept.values()))
    ids = {row["id"] for row in kept.values()}
    last = {row["subscription"]: row for row in taken if row["offer_id"] in ids}
    _write("offers_taken", list(last.values()))


def _read(name: str) -> list[dict[str, object]]:
    table = sa.Table(name, sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)
    return [dict(row) for row in op.get_bind().execute(sa.select(table)).mappings()]


def _write(name: str, rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    table = sa.Table(name, sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)
    given = [{"conditions": {}, **row} if name == "offers" else row for row in rows]
    known = {column.name for column in table.columns}
    op.bulk_insert(table, [{key: row[key] for key in row if key in known} for row in given])
    if name == "offers" and op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval('offers_id_seq', (SELECT max(id) FROM offers))")


def _references(
    table: str, columns: tuple[tuple[str, str, str | None], ...]
) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column],
            [f"{other}.id"],
            name=op.f(f"fk_{table}_{column}_{other}"),
            ondelete=on_delete,
        )
        for column, other, on_delete in columns
    ]


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_offers() -> None:
    op.create_table(
        "offers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        _text("account", 64),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        _text("kind", 16),
        _text("coupon", 80),
        _text("price", 80),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        _moment("created_at"),
        *_references("offers", MERCHANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index("ix_offers_merchant_id", "offers", ["merchant_id"])


def _create_coupons() -> None:
    op.create_table(
        "offers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        _text("account", 64),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        _text("coupon", 80),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        _moment("created_at"),
        *_references("offers", MERCHANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint(
            "merchant_id",
            "account",
            "livemode",
            "coupon",
            name=op.f("uq_offers_merchant_id_account_livemode_coupon"),
        ),
    )


def _create_taken(key: tuple[str, ...]) -> None:
    op.create_table(
        "offers_taken",
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        _text("account", 64),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        _text("subscription", 64),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        _moment("at"),
        *_references("offers_taken", OF_TAKEN),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_offers_taken")),
    )


def _create_visits() -> None:
    op.create_table(
        "offer_visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        _text("subscription", 64),
        sa.Column("is_control", sa.Boolean(), nullable=False),
        _text("reason", 40),
        _text("outcome", 10),
        _moment("shown_at"),
        _moment("accepted_at", nullable=True),
        _moment("changed_at"),
        *_references(
            "offer_visits",
            (("customer_id", "customers", None), *MERCHANT, ("offer_id", "offers", "CASCADE")),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_visits")),
        sa.UniqueConstraint(
            "merchant_id",
            "offer_id",
            "customer_id",
            "subscription",
            name=op.f("uq_offer_visits_merchant_id_offer_id_customer_id_subscription"),
        ),
    )
    op.create_index("ix_offer_visits_subscription", "offer_visits", ["merchant_id", "subscription"])
