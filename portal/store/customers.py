"""Who is one payer: which Stripe customer and which Holded contact belong together.

The mirror can be deleted; this table cannot, since sessions, links and receipts name its ids.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Unit
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


def find_by_provider(unit: Unit, merchant: Merchant, origin: Origin, id: str) -> CustomerRow | None:
    """Return the payer a provider's id stands for, None if it was never met."""
    query = select(CustomerRow).where(
        CustomerRow.merchant_id == merchant.id, CustomerRow.livemode == merchant.livemode
    )
    if origin is Origin.STRIPE:
        query = query.where(
            CustomerRow.stripe_account == merchant.stripe_account,
            CustomerRow.stripe_customer == id,
        )
    else:
        query = query.where(
            CustomerRow.holded_account == merchant.holded_account,
            CustomerRow.holded_contact == id,
        )
    return unit.scalars(query).one_or_none()


def get_or_add(
    unit: Unit, merchant: Merchant, origin: Origin, id: str, *, now: datetime
) -> CustomerRow:
    """Return the payer a provider's id stands for, making one at the first mention.

    An invoice may be told before its customer; the payer is then known by its id alone.
    """
    found = find_by_provider(unit, merchant, origin, id)
    if found is not None:
        return found
    row = CustomerRow(merchant_id=merchant.id, livemode=merchant.livemode, created_at=now)
    _name(row, merchant, origin, id)
    unit.add(row)
    unit.flush()
    return row


def choose_locale(unit: Unit, customer_id: int, locale: str) -> None:
    """Remember the language a customer chose."""
    unit.execute(update(CustomerRow).where(CustomerRow.id == customer_id).values(locale=locale))


def _name(row: CustomerRow, merchant: Merchant, origin: Origin, id: str) -> None:
    if origin is Origin.STRIPE:
        row.stripe_account, row.stripe_customer = merchant.stripe_account, id
    else:
        row.holded_account, row.holded_contact = merchant.holded_account, id
