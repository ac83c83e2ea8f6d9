"""Offers to stay, and who took one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Row, String, UniqueConstraint, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit
from portal.domain.merchants import Merchant


class OfferRow(Base):
    """A coupon a merchant offers to those who leave, in the order of `position`."""

    __tablename__ = "offers"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    account: Mapped[str] = mapped_column(String(64))
    livemode: Mapped[bool]
    coupon: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("merchant_id", "account", "livemode", "coupon"),)


class OfferTakenRow(Base):
    """An offer that was taken: once per subscription, held by its key."""

    __tablename__ = "offers_taken"

    merchant_id: Mapped[int] = mapped_column(
        ForeignKey("merchants.id", ondelete="CASCADE"), primary_key=True
    )
    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    livemode: Mapped[bool] = mapped_column(primary_key=True)
    subscription: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"))
    at: Mapped[datetime]


_OFFERS = (
    select(OfferRow.__table__)
    .where(
        OfferRow.merchant_id == bindparam("merchant"),
        OfferRow.account == bindparam("account"),
        OfferRow.livemode == bindparam("livemode"),
        OfferRow.is_active.is_(True),
    )
    .order_by(OfferRow.position, OfferRow.id)
)
_TAKEN = select(OfferTakenRow.subscription).where(
    OfferTakenRow.merchant_id == bindparam("merchant"),
    OfferTakenRow.customer_id == bindparam("customer"),
)


def list_offers(
    reader: Reader, merchant_id: int, account: str, *, livemode: bool
) -> Sequence[Row[Any]]:
    """Return a merchant's active offers in their order."""
    return reader.rows(_OFFERS, {"merchant": merchant_id, "account": account, "livemode": livemode})


def list_taken(reader: Reader, merchant_id: int, customer_id: int) -> frozenset[str]:
    """Return the ids of a customer's subscriptions that have had an offer."""
    rows = reader.rows(_TAKEN, {"merchant": merchant_id, "customer": customer_id})
    return frozenset(row.subscription for row in rows)


def add_taken(
    unit: Unit,
    merchant: Merchant,
    customer_id: int,
    subscription: str,
    offer: int,
    *,
    now: datetime,
) -> None:
    """Write that an offer was taken for a subscription."""
    unit.add(
        OfferTakenRow(
            merchant_id=merchant.id,
            account=merchant.stripe_account,
            livemode=merchant.livemode,
            subscription=subscription,
            customer_id=customer_id,
            offer_id=offer,
            at=now,
        )
    )


def give_back(
    unit: Unit, merchant_id: int, account: str, subscription: str, *, livemode: bool
) -> None:
    """Make the offer of a subscription count as not taken."""
    unit.execute(
        delete(OfferTakenRow).where(
            OfferTakenRow.merchant_id == merchant_id,
            OfferTakenRow.account == account,
            OfferTakenRow.livemode == livemode,
            OfferTakenRow.subscription == subscription,
        )
    )
