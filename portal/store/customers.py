"""Who is one payer: which Stripe customer and which Holded contact belong together.

The mirror can be deleted; this table cannot, since sessions, links and receipts name its ids.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, bindparam, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Unit, word
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant


class CustomerRow(Base):
    """One payer of one merchant; `locale` is what the customer chose, empty before."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    livemode: Mapped[bool]
    stripe_account: Mapped[str] = mapped_column(String(64), default="")
    stripe_customer: Mapped[str] = mapped_column(String(64), default="")
    holded_account: Mapped[str] = mapped_column(String(64), default="")
    holded_contact: Mapped[str] = mapped_column(String(64), default="")
    locale: Mapped[str] = mapped_column(String(16), default="")
    created_at: Mapped[datetime]

    __table_args__ = (
        Index(
            "uq_customers_stripe",
            "merchant_id",
            "livemode",
            "stripe_account",
            "stripe_customer",
            unique=True,
            sqlite_where=text("stripe_customer <> ''"),
            postgresql_where=text("stripe_customer <> ''"),
        ),
        Index(
            "uq_customers_holded",
            "merchant_id",
            "livemode",
            "holded_account",
            "holded_contact",
            unique=True,
            sqlite_where=text("holded_contact <> ''"),
            postgresql_where=text("holded_contact <> ''"),
        ),
    )


_IDS = {
    Origin.STRIPE: select(CustomerRow.id, CustomerRow.stripe_customer.label("told")).where(
        CustomerRow.merchant_id == bindparam("merchant"),
        CustomerRow.livemode == bindparam("livemode"),
        CustomerRow.stripe_account == bindparam("account"),
        CustomerRow.stripe_customer.in_(bindparam("ids", expanding=True)),
        CustomerRow.stripe_customer != word(""),
    ),
    Origin.HOLDED: select(CustomerRow.id, CustomerRow.holded_contact.label("told")).where(
        CustomerRow.merchant_id == bindparam("merchant"),
        CustomerRow.livemode == bindparam("livemode"),
        CustomerRow.holded_account == bindparam("account"),
        CustomerRow.holded_contact.in_(bindparam("ids", expanding=True)),
        CustomerRow.holded_contact != word(""),
    ),
}


def find_ids(
    unit: Unit, merchant: Merchant, origin: Origin, ids: Collection[str]
) -> dict[str, int]:
    """Return the payers that a provider's ids stand for, as far as they were met before."""
    if not ids:
        return {}
    account = merchant.stripe_account if origin is Origin.STRIPE else merchant.holded_account
    values = {
        "merchant": merchant.id,
        "livemode": merchant.livemode,
        "account": account,
        "ids": sorted(set(ids)),
    }
    return {row.told: row.id for row in unit.rows(_IDS[origin], values)}


def ids_of(
    unit: Unit, merchant: Merchant, origin: Origin, ids: Collection[str], *, now: datetime
) -> dict[str, int]:
    """Return the payers that a provider's ids stand for, making them at the first mention.

    An invoice may be told before its customer; the payer is then known by its id alone.
    """
    known = find_ids(unit, merchant, origin, ids)
    for id in sorted(set(ids) - known.keys()):
        row = CustomerRow(merchant_id=merchant.id, livemode=merchant.livemode, created_at=now)
        _name(row, merchant, origin, id)
        unit.add(row)
        unit.flush()
        known[id] = row.id
    return known


def join_stripe(unit: Unit, merchant: Merchant, customer_id: int, stripe_customer: str) -> None:
    """Give a payer that only Holded knew the Stripe customer that was made for it.

    One that was told of meanwhile is a payer already, and is joined by what its metadata says.
    """
    row = unit.get(CustomerRow, customer_id, with_for_update=True)
    known = find_ids(unit, merchant, Origin.STRIPE, [stripe_customer])
    if row is not None and not row.stripe_customer and not known:
        _name(row, merchant, Origin.STRIPE, stripe_customer)
        unit.flush()


def choose_locale(unit: Unit, customer_id: int, locale: str) -> None:
    """Remember the language a customer chose."""
    unit.execute(update(CustomerRow).where(CustomerRow.id == customer_id).values(locale=locale))


def _name(row: CustomerRow, merchant: Merchant, origin: Origin, id: str) -> None:
    if origin is Origin.STRIPE:
        row.stripe_account, row.stripe_customer = merchant.stripe_account, id
    else:
        row.holded_account, row.holded_contact = merchant.holded_account, id
